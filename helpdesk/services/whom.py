"""Who is there to be told of a ticket at one instant: looked up once a team, and for all teams of a batch together."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, select
from sqlalchemy.orm import selectinload

from helpdesk.orm import Instant
from helpdesk.people.models import Person
from helpdesk.people.roles import LEADS, Role
from helpdesk.people.roster import duty_by_team, members
from helpdesk.services.database import db

People = dict[int | None, Person]
TEAMS, ROLES = bindparam("teams", type_=Integer, expanding=True), bindparam("roles", type_=String, expanding=True)
ON_DUTY = duty_by_team(bindparam("at", type_=Instant), TEAMS).options(selectinload(Person.contacts))
MEMBERS = members(TEAMS, ROLES).options(selectinload(Person.contacts))


class Whom:
    """The people of the teams that are *expected*, and of any other. A ticket is anything with a team_id and an owner_id."""

    def __init__(self, at: datetime, expected: Iterable[int] = ()) -> None:
        self.at = at
        self._expected = frozenset(expected)
        self._duty: dict[int, People] = {}
        self._stand_ins: dict[int, list[Person]] = {}
        self._roles: dict[frozenset[str], dict[int, People]] = {}
        self._everywhere: dict[str, list[Person]] = {}

    def owner_on_duty(self, ticket: Any) -> Person | None:
        """The owner, if they are at work."""
        return self._on_duty(ticket.team_id).get(ticket.owner_id)

    def stand_ins(self, ticket: Any) -> list[Person]:
        """Who leads the team on duty; all its leads when none of them is."""
        if ticket.team_id not in self._stand_ins:
            here = [person for person in self._on_duty(ticket.team_id).values() if person.supervises]
            self._stand_ins[ticket.team_id] = here or self.leads(ticket)
        return self._stand_ins[ticket.team_id]

    def leads(self, ticket: Any) -> list[Person]:
        """All who lead the ticket's team."""
        return self._members(ticket.team_id, LEADS)

    def of_role(self, ticket: Any, role: str) -> list[Person]:
        """Everybody of this role in the ticket's team; administrators are at home in all of them."""
        if role != Role.ADMINISTRATOR:
            return self._members(ticket.team_id, frozenset([role]))
        if role not in self._everywhere:
            query = select(Person).where(Person.role == role, Person.active).order_by(Person.name, Person.id)
            self._everywhere[role] = list(db.session.scalars(query.options(selectinload(Person.contacts))))
        return self._everywhere[role]

    def _on_duty(self, team_id: int) -> People:
        if team_id not in self._duty:
            teams = self._expected | {team_id}
            self._duty |= _by_team(ON_DUTY, teams, at=self.at)
        return self._duty[team_id]

    def _members(self, team_id: int, roles: frozenset[str]) -> list[Person]:
        known = self._roles.setdefault(roles, {})
        if team_id not in known:
            teams = self._expected | {team_id}
            known |= _by_team(MEMBERS, teams, roles=list(roles))
        return list(known[team_id].values())


def _by_team(query: Select[int, Person], team_ids: Iterable[int], **more: Any) -> dict[int, People]:
    found: dict[int, People] = {team_id: {} for team_id in team_ids}
    for team_id, person in db.session.execute(query, {"teams": list(found), **more}):
        found[team_id][person.id] = person
    return found
