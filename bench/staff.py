"""The staff of a desk that is measured: five teams of ten, all on duty, and a promise with long targets."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.orm import Json
from helpdesk.people.models import ContactPoint, Membership, Person, Shift, Team
from helpdesk.services import first
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import newest_versions
from helpdesk.services.store import transaction
from helpdesk.sla.models import PolicyRow, PolicyVersion

TEAMS, AGENTS = 5, 10
HOUR = 3600
TARGETS = {"*": {"first_response": 80 * HOUR, "answer": 80 * HOUR, "resolution": 300 * HOUR}}
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Desk:
    """Copies, which no session knows, of the teams and of those who work in each."""

    teams: list[Team]
    agents: dict[int, list[Person]]


def hire() -> None:
    """Fill an empty database with staff."""
    first.administrator()
    with transaction():
        db.session.add_all(Team(name=f"Team {number}", time_zone="UTC") for number in range(2, TEAMS + 1))
        db.session.flush()
        teams = list(db.session.scalars(select(Team).order_by(Team.id)))
        for team in teams:
            for number in range(AGENTS):
                _member(team, number, now())
        _everywhere(teams, now())
        promise("Long", TARGETS)


def desk() -> Desk:
    """Who works here."""
    query = select(Membership.team_id, Person).join(Person).where(Person.login.startswith("t"))
    agents: dict[int, list[Person]] = {}
    for team, one in db.session.execute(query.order_by(Membership.team_id, Person.id)):
        agents.setdefault(team, []).append(Person(id=one.id, name=one.name, role=one.role))
    return Desk([Team(id=team.id, name=team.name) for team in db.session.scalars(select(Team))], agents)


def _member(team: Team, number: int, at: datetime) -> Person:
    """The first leads the team; each has an address, so that notices are mailed."""
    login = f"t{team.id}a{number}"
    person = Person(
        name=f"Agent {login}", role="agent" if number else "supervisor", login=login, locale="en", created_at=at
    )
    address = f"{login}@staff.example"
    person.memberships = [Membership(team=team)]
    person.contacts = [ContactPoint(kind="email", value=address, shown=address, created_at=at)]
    db.session.add(person)
    db.session.flush()
    db.session.add(Shift(person_id=person.id, team_id=team.id, starts_at=at, ends_at=at + MONTH))
    return person


def _everywhere(teams: list[Team], at: datetime) -> None:
    """An agent of all teams, who sees all tickets."""
    person = Person(name="Everywhere", role="agent", login="everywhere", locale="en", created_at=at)
    person.memberships = [Membership(team=team) for team in teams]
    db.session.add(person)


def promise(name: str, targets: Json, *, time: str = "working") -> int:
    """Put a promise for every ticket in place of the one before; the id of its version."""
    (before,) = newest_versions()
    before.policy.active = False
    version = PolicyVersion(
        policy=PolicyRow(name=name, position=1), version=1, calendar_version_id=before.calendar_version_id,
        definition={**before.definition, "name": name, "targets": targets, "time": time}, made_at=now(),
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    return version.id
