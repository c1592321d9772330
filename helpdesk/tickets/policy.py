"""The verb by which a ticket that is there comes under another version of its policy."""

from datetime import datetime

from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket


def apply_policy(
    ticket: Ticket, *, version: int, name: str, number: int, treatment: str, by: Person | None, at: datetime
) -> None:
    """Bind it to version *number* of a policy; *by* ordered that for many tickets, and nobody's form grows old by it."""
    if ticket.policy_version_id != version:
        old, ticket.policy_version_id = ticket.policy_version_id, version
        ticket.record(
            "policy_applied", by=None, at=at, old=old, new=version, policy=name, version=number, treatment=treatment,
            ordered_by=by and by.name, ordered_by_id=by and by.id,
        )  # fmt: skip
