"""Staff and teams as the administrator sets them up."""

from collections.abc import Sequence
from zoneinfo import available_timezones

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Membership, Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import sign_in
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, transaction

log = structlog.get_logger()


def changed(what: str, by: Person, **facts: object) -> None:
    """Say in the log who changed which setting."""
    log.info("settings.changed", what=what, by=by.login, by_id=by.id, **facts)


def staff(by: Person) -> Sequence[Person]:
    """Everybody who works here or did, the active first, by name."""
    permit(by, "administer")
    query = select(Person).where(Person.role.is_not(None)).order_by(Person.active.desc(), Person.name, Person.id)
    loaded = (selectinload(Person.memberships).selectinload(Membership.team), selectinload(Person.contacts))
    return db.session.scalars(query.options(*loaded)).all()


def person(person_id: int, by: Person) -> Person:
    """One member of staff."""
    permit(by, "administer")
    found: Person = get(Person, person_id)
    if not found.staff:
        raise NotFound("There is no such person.")
    return found


def add_person(
    *, name: str, login: str, role: str, locale: str, time_zone: str, email: str, teams: Sequence[int], by: Person,
    languages: Sequence[str] = (), skills: Sequence[str] = (),
) -> Person:  # fmt: skip
    """Somebody new; they sign in with a link."""
    permit(by, "administer")
    login = login.strip().casefold()
    with transaction():
        _free(login)
        made = Person(name=name, login=login, role=role, locale=locale, time_zone=_zone(time_zone), created_at=now())
        made.languages, made.skills = list(languages), list(skills)
        made.memberships = [Membership(team_id=team.id) for team in _teams(teams)]
        db.session.add(made)
        db.session.flush()
        _mail(made, email)
    changed("person.added", by, person=made.id, role=role)
    return made


def change_person(
    person_id: int, *, name: str, login: str, role: str, locale: str, time_zone: str, email: str, teams: Sequence[int],
    by: Person, languages: Sequence[str] = (), skills: Sequence[str] = (),
) -> None:  # fmt: skip
    """Change what is known of somebody and what they may do."""
    permit(by, "administer")
    login = login.strip().casefold()
    with transaction():
        known = person(person_id, by)
        if known.login != login:
            _free(login)
        if known.role != role:
            _not_the_last(known)
        known.name, known.login, known.role = name, login, role
        known.locale, known.time_zone = locale, _zone(time_zone)
        known.languages, known.skills = list(languages), list(skills)
        _belong(known, teams)
        _mail(known, email)
    changed("person.changed", by, person=person_id, role=role, teams=sorted(teams))


def change_profile(*, locale: str, time_zone: str, by: Person) -> None:
    """Change one's own language and time zone."""
    with transaction():
        known = db.session.get_one(Person, by.id)
        known.locale, known.time_zone = locale, _zone(time_zone)


def switch_keys(*, on: bool, by: Person) -> None:
    """Have one's pages answer to keys without Ctrl, or no more."""
    with transaction():
        db.session.get_one(Person, by.id).single_keys = on


def choose_way(way: str, *, by: Person) -> None:
    """Note what somebody chose to become of a ticket that they answer, so that it is offered first."""
    if by.usual_way != way:
        with transaction():
            db.session.get_one(Person, by.id).usual_way = way


def choose_columns(columns: Sequence[str], *, by: Person) -> None:
    """Choose what one's rows of the queue show."""
    with transaction():
        db.session.get_one(Person, by.id).queue_columns = list(columns)


def put_hints_away(*, by: Person) -> None:
    """Never show the first hints to this person again."""
    with transaction():
        db.session.get_one(Person, by.id).hints_away = True


def read_news(number: int, *, by: Person) -> None:
    """Note up to where this person has read what is new."""
    with transaction():
        db.session.get_one(Person, by.id).news_read = number


def _belong(known: Person, teams: Sequence[int]) -> None:
    wanted = {team.id for team in _teams(teams)}
    for membership in list(known.memberships):
        if membership.team_id not in wanted:
            db.session.delete(membership)
    db.session.add_all(Membership(person_id=known.id, team_id=team) for team in wanted - set(known.team_ids))
    db.session.flush()
    db.session.expire(known, ["memberships"])


def switch_person(person_id: int, *, active: bool, by: Person) -> None:
    """Let somebody in again, or no more: then their sessions end at once."""
    with transaction():
        known = person(person_id, by)
        if not active:
            _not_the_last(known)
        known.active = active
    if not active:
        sign_in.end_sessions(person_id)
    changed("person.activated" if active else "person.deactivated", by, person=person_id)


def link_for(person_id: int, *, by: Person) -> str:
    """A link by which somebody signs in once."""
    known = person(person_id, by)
    if not known.active:
        raise Conflict("{name} is switched off; switch them on first.", name=known.name)
    changed("person.link", by, person=person_id)
    return sign_in.issue_link(known)


def end_sessions(person_id: int, *, by: Person) -> None:
    """Sign somebody out everywhere."""
    sign_in.end_sessions(person(person_id, by).id)
    changed("person.signed_out", by, person=person_id)


def _free(login: str) -> None:
    if db.session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict("Somebody has the login {login} already; choose another.", login=login)


def _not_the_last(known: Person) -> None:
    """There is always somebody who may administer."""
    others = select(func.count()).where(Person.role == Role.ADMINISTRATOR, Person.active, Person.id != known.id)
    if known.role == Role.ADMINISTRATOR and known.active and not db.session.scalar(others):
        raise Conflict("{name} is the only administrator; make somebody else one first.", name=known.name)


def _teams(ids: Sequence[int]) -> list[Team]:
    return [get(Team, team) for team in ids]


def _zone(name: str) -> str | None:
    if name and name not in available_timezones():
        raise Conflict("{zone} is not a time zone; write one such as Asia/Almaty.", zone=name)
    return name or None


def _mail(known: Person, email: str) -> None:
    """Where this person is mailed; the newest address counts."""
    value, point = normal("email", email), known.contact("email")
    if not value or (point is not None and point.value == value):
        return
    taken = db.session.scalar(select(ContactPoint).where(ContactPoint.kind == "email", ContactPoint.value == value))
    if taken is not None and taken.person_id != known.id:
        raise Conflict("{email} belongs to somebody else already.", email=email)
    if taken is not None:
        db.session.delete(taken)
        db.session.flush()
    db.session.add(
        ContactPoint(person_id=known.id, kind="email", value=value, shown=email.strip()[:400], created_at=now())
    )


def teams(by: Person) -> Sequence[Team]:
    """Every team, by name."""
    permit(by, "administer")
    loaded = selectinload(Team.memberships).selectinload(Membership.person)
    return db.session.scalars(select(Team).options(loaded).order_by(Team.active.desc(), Team.name)).all()


def team(team_id: int, by: Person) -> Team:
    """One team."""
    permit(by, "administer")
    found: Team = get(Team, team_id)
    return found


def save_team(
    team_id: int | None, *, name: str, time_zone: str, active: bool, by: Person, **settings: int
) -> Team:  # fmt: skip
    """A new team, or a change of one; *settings* are those of handing over."""
    permit(by, "administer")
    with transaction():
        same = db.session.scalar(select(Team.id).where(Team.name == name))
        if same is not None and same != team_id:
            raise Conflict("There is a team {name} already; choose another name.", name=name)
        known: Team = Team() if team_id is None else get(Team, team_id)
        known.name, known.active = name, active
        known.time_zone = _zone(time_zone) or "UTC"
        for setting, minutes in settings.items():
            setattr(known, setting, minutes)
        db.session.add(known)
    changed("team.saved", by, team=known.id)
    return known
