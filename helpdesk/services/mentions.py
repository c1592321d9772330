"""Colleagues whom a note names by @login: who they are, and whether they may see it at all."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import selectinload

from helpdesk.errors import Conflict
from helpdesk.people.models import Membership, Person
from helpdesk.people.roles import may
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket

NAMED = re.compile(r"(?<![\w@.+-])@([\w.+-]{1,100}(?:@[\w.-]{1,100})?)")
MOST = 20
CHOICES = 500


class Unseen(Conflict):
    """A note names people who may not see its ticket; *logins* says whom."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.logins = " ".join(str(one.login) for one in people)
        names = ", ".join(one.name for one in people)
        text = "{names} may not see this ticket and would be told nothing. Add the note again if it is meant."
        super().__init__(text, names=names)


def named_in(text: str) -> Sequence[Person]:
    """The staff whom a text names; whoever is not known is just text."""
    logins = {login.casefold() for found in NAMED.findall(text) for login in (found, found.rstrip(".-+"))}
    if not logins:
        return ()
    query = select(Person).where(Person.login.in_(sorted(logins)[: 4 * MOST]), Person.role.is_not(None), Person.active)
    people = db.session.scalars(query.options(selectinload(Person.memberships)).order_by(Person.name)).all()
    if len(people) > MOST or len(logins) > 4 * MOST:
        raise Conflict("This names too many; name {most} at most.", most=MOST)
    return people


def told(ticket: Ticket, text: str, known: Collection[str], by: Person) -> list[Person]:
    """Whom a note tells. Raises Unseen for those who may not see the ticket, unless that is *known*, by login."""
    people = [one for one in named_in(text) if one.id != by.id]
    unseen = [one for one in people if not sees(one, ticket)]
    if {one.login for one in unseen} - set(known):
        raise Unseen(unseen)
    return [one for one in people if one not in unseen]


def sees(person: Person, ticket: Ticket) -> bool:
    """Whether this person may see the ticket."""
    return may(person.role, "see", person.team_ids, ticket.team_id)


def choices(ticket: Ticket, by: Person) -> list[tuple[str, str, bool]]:
    """Whom a note can name: login, name, and whether they may see the ticket; those who may come first."""
    team = ticket.team_id
    member = exists().where(Membership.person_id == Person.id, Membership.team_id == team)
    query = select(Person.login, Person.name, Person.role, member)
    staff = query.where(Person.role.is_not(None), Person.active, Person.login.is_not(None), Person.id != by.id)
    people = db.session.execute(staff.order_by(Person.name, Person.id).limit(CHOICES))
    found = [(str(login), name, may(role, "see", [team] * here, team)) for login, name, role, here in people]
    return sorted(found, key=lambda one: not one[2])
