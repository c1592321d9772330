"""Staff as the command line sees them."""

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Membership, Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import sign_in
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction


def add(login: str, *, name: str, role: str, teams: Sequence[str]) -> Person:
    """A new member of staff; a login that looks like an address is also where they get their mail."""
    login = login.strip().casefold()
    with transaction():
        if db.session.scalar(select(Person.id).where(Person.login == login)) is not None:
            raise Conflict("There is a person with the login {login} already.", login=login)
        person = Person(name=name, role=role, login=login, created_at=now())
        person.memberships = [Membership(team=_team(team)) for team in teams]
        if "@" in login:
            person.contacts = [ContactPoint(kind="email", value=normal("email", login), shown=login, created_at=now())]
        db.session.add(person)
        return person


def everybody() -> Sequence[Person]:
    """All staff, by login."""
    return db.session.scalars(select(Person).where(Person.role.is_not(None)).order_by(Person.login)).all()


def with_login(login: str) -> Person:
    """The active member of staff with this login."""
    query = select(Person).where(Person.login == login.strip().casefold(), Person.role.is_not(None), Person.active)
    found = db.session.scalars(query).first()
    if found is None:
        raise NotFound("No active member of staff has the login {login}.", login=login)
    return found


def deactivate(login: str) -> Person:
    """Let somebody in no more, and end their sessions."""
    with transaction():
        person = with_login(login)
        person.active = False
    sign_in.end_sessions(person.id)
    return person


def _team(name: str) -> Team:
    found = db.session.scalars(select(Team).where(Team.name == name)).first()
    if found is None:
        raise NotFound("There is no team {name}.", name=name)
    return found


def teams_of(person: Person) -> Sequence[Team]:
    """The teams that take tickets and in which this person works, by name; an administrator works in all."""
    query = select(Team).where(Team.active).order_by(Team.name, Team.id)
    mine = query if person.role == Role.ADMINISTRATOR else query.where(Team.id.in_(person.team_ids))
    return db.session.scalars(mine).all()
