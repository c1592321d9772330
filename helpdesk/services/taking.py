"""Taking the next ticket: what burns most of what fits somebody, and why it is this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, cast, exists, func, not_, select
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import contains_eager, joinedload

from helpdesk.errors import Conflict
from helpdesk.people.models import Membership, Person, Team
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, ticket_for, transaction, visible
from helpdesk.services.views import OPEN
from helpdesk.sla.clock import PAUSES
from helpdesk.tickets import taking as verbs
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.taking import Skip

REST, LOOK_BACK, MOST = timedelta(hours=1), timedelta(days=7), 200
UNOWNED = (OPEN, Ticket.owner_id.is_(None))


@dataclass(frozen=True)
class Taken:
    """What was taken, and what of it fits its owner: the language, if they were asked for any, and skills."""

    ticket: Ticket
    language: str | None
    skills: tuple[str, ...]


def take_next(*, by: Person) -> Taken | None:
    """Claim what burns most among the unowned tickets that fit; two people never get the same one.

    Conflict when they hold as many as they may.
    """
    with transaction():
        teams = _with_room(by, _teams(by))
        query = _fitting(by, teams).order_by(Ticket.sort_at, Ticket.id).limit(1)
        locked = query.with_for_update(skip_locked=True, of=Ticket).execution_options(populate_existing=True)
        ticket = db.session.scalar(locked)
        if ticket is None:
            return None
        found = _taken(ticket, by, teams)
        verbs.take_next(ticket, by=by, at=now(), language=found.language, skills=found.skills)
        settle_offer(ticket, by)
        deadlines.refresh(ticket)
    return found


def skip(number: int, *, reason: str, by: Person, version: int | None = None) -> Taken | None:
    """Put back what one was given, say why, and take the next one; for an hour it is not given to them again."""
    if not reason.strip():
        raise Conflict("Say why, so that the supervisor can find somebody else.")
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        db.session.add(verbs.skip(ticket, reason=reason.strip()[:1000], by=by, at=now()))
        settle_offer(ticket, by)
        deadlines.refresh(ticket)
    return take_next(by=by)


def skips(by: Person) -> Sequence[Skip]:
    """What was put back in the teams that this person leads, newest first."""
    permit(by, "assign_others")
    query = select(Skip).join(Ticket).where(visible(by), Skip.at > now() - LOOK_BACK)
    loaded = (contains_eager(Skip.ticket).joinedload(Ticket.owner), joinedload(Skip.person))
    return db.session.scalars(query.options(*loaded).order_by(Skip.at.desc(), Skip.id.desc()).limit(MOST)).all()


def anything_waits(by: Person) -> bool:
    """Whether the teams of somebody have tickets without an owner, be they theirs to take or not."""
    query = select(Ticket.id).where(*UNOWNED, Ticket.team_id.in_(by.team_ids)).limit(1)
    return db.session.scalar(query) is not None


def _teams(by: Person) -> Sequence[Any]:
    most_open = func.coalesce(Membership.most_open, Team.most_open).label("most_open")
    query = select(Team.id, Team.name, Team.skill_tags, most_open).join(Membership)
    return db.session.execute(query.where(Membership.person_id == by.id).order_by(Team.id)).all()


def _with_room(by: Person, teams: Sequence[Any]) -> Sequence[Any]:
    """The teams that let this person hold one ticket more; whoever presses twice at once is counted twice."""
    limits = [team.most_open for team in teams if team.most_open is not None]
    if not limits:
        return teams
    db.session.execute(select(Person.id).where(Person.id == by.id).with_for_update(key_share=True))
    held = db.session.scalar(_held(by)) or 0
    found = [team for team in teams if team.most_open is None or held < team.most_open]
    if not found:
        raise Conflict(
            "You hold {count} open tickets; more than {most} are not given out. Solve one, let one wait or hand one over.",
            count=held, most=max(limits),
        )  # fmt: skip
    return found


def _held(by: Person) -> Select[int]:
    """How many tickets somebody works on; what waits for others is not counted."""
    return select(func.count()).where(Ticket.open, Ticket.owner_id == by.id, Ticket.status.not_in(PAUSES))


def _fitting(by: Person, teams: Sequence[Any]) -> Select[Ticket]:
    """What has no owner, asks for no language or skill that somebody lacks, and was not put back by them just now."""
    skipped = exists().where(Skip.ticket_id == Ticket.id, Skip.person_id == by.id, Skip.at > now() - REST)
    query = select(Ticket).where(*UNOWNED, Ticket.team_id.in_([team.id for team in teams]), ~skipped)
    if by.languages:
        query = query.where(Ticket.language.in_(by.languages))
    for team in teams:
        lacking = sorted(set(team.skill_tags) - set(by.skills))
        if lacking:
            query = query.where(not_(and_(Ticket.team_id == team.id, bears(lacking))))
    return query


def bears(tags: Sequence[str]) -> Any:
    """That a ticket bears one of these tags."""
    if db.engine.dialect.name == "postgresql":
        return cast(Ticket.tags, JSONB).has_any(array(tags))
    borne = func.json_each(Ticket.tags).table_valued("value")
    return select(borne.c.value).where(borne.c.value.in_(tags)).exists()


def _taken(ticket: Ticket, by: Person, teams: Sequence[Any]) -> Taken:
    wanted = next(set(team.skill_tags) for team in teams if team.id == ticket.team_id)
    return Taken(ticket, ticket.language if by.languages else None, tuple(sorted(wanted & set(ticket.tags))))


def rule(team_id: int, *, skill_tags: Sequence[str], most_open: int | None, idle_minutes: int = 15, by: Person) -> None:
    """Say how tickets of a team are given: which tags ask for a skill of that name, how many to one, for how long."""
    permit(by, "administer")
    with transaction():
        team: Team = get(Team, team_id)
        team.skill_tags, team.most_open = sorted(set(skill_tags)), most_open
        team.idle_minutes = idle_minutes


def fit(person_id: int, *, languages: Sequence[str], skills: Sequence[str], by: Person) -> None:
    """Say which tickets are given to a person: those in these languages, and those that ask for these skills."""
    permit(by, "administer")
    with transaction():
        person: Person = get(Person, person_id)
        person.languages, person.skills = sorted(set(languages)), sorted(set(skills))
