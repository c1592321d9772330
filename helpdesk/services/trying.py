"""Which policy a ticket has, which one a new ticket like it would get today, and what stands against the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.policies import facts_of, newest_versions, version
from helpdesk.services.store import permit, ticket_for
from helpdesk.sla.models import PolicyVersion
from helpdesk.sla.policy import Policy
from helpdesk.tickets.models import Ticket


@dataclass(frozen=True)
class Unmet:
    """A condition of a policy, by name, that a ticket does not meet: what it wants, and what the ticket has."""

    name: str
    wanted: Sequence[str]
    has: Sequence[str]


@dataclass(frozen=True)
class Tried:
    """The newest version of an active policy, held against a ticket: it fits when nothing is *unmet*."""

    version: PolicyVersion
    unmet: list[Unmet]


@dataclass(frozen=True)
class Trial:
    """A ticket with the policy version pinned on it, and those of today in the order in which they are tried."""

    ticket: Ticket
    pinned: PolicyVersion | None
    tried: list[Tried]

    @property
    def taken(self) -> Tried | None:
        """The first that fits."""
        return next((one for one in self.tried if not one.unmet), None)


def tried(number: int, *, by: Person) -> Trial:
    """The policies held against a ticket, for whoever may see it."""
    permit(by, "see_rules")
    return _of(ticket_for(by, number))


def of_number(number: int) -> Trial:
    """The same for whoever has the command line."""
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is None:
        raise NotFound("There is no ticket #{number}.", number=number)
    return _of(ticket)


def _of(ticket: Ticket) -> Trial:
    facts, pinned = facts_of(ticket), ticket.policy_version_id
    return Trial(ticket, version(pinned) if pinned else None, [_try(one, facts) for one in newest_versions()])


def _try(one: PolicyVersion, facts: dict[str, Any]) -> Tried:
    policy = Policy.from_definition(one.definition)
    return Tried(one, [Unmet(name, policy.when[name], _listed(facts[name])) for name in policy.unmet(facts)])


def _listed(fact: str | list[str] | None) -> list[str]:
    return fact if isinstance(fact, list) else [fact] if fact is not None else []
