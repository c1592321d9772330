"""Takes the demo away again: every marked row and what hangs on it, and nothing else."""

from sqlalchemy import ColumnElement, Select, delete, or_, select, text, update

from helpdesk.channels.blocks import Block
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.orm import Lease
from helpdesk.people.models import (
    Absence,
    Break,
    ContactPoint,
    Membership,
    Pattern,
    Person,
    Shift,
    SignIn,
    SignInLink,
    Team,
)
from helpdesk.people.notes import CustomerNote
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import (
    CalendarRow,
    CalendarVersion,
    Clock,
    Firing,
    PolicyRow,
    PolicyVersion,
    SimulatedClock,
    Simulation,
    Treatment,
)  # fmt: skip
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.drafts import Draft
from helpdesk.tickets.following import Following
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.hanging import Hanging
from helpdesk.tickets.linking import Link
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Notice, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.redacting import Redaction
from helpdesk.tickets.saving import SavedView
from helpdesk.tickets.scheduling import Scheduled
from helpdesk.tickets.selecting import Selection
from helpdesk.tickets.stints import Stint
from helpdesk.tickets.taking import Skip
from helpdesk.tickets.triggers import Trigger, TriggerEvent, TriggerRun

REMOVED = "demo removed"
QUIET = {"synchronize_session": False}
WORDS = {
    "sqlite": "DELETE FROM words WHERE rowid IN (SELECT m.id FROM message m JOIN ticket t ON t.id = m.ticket_id WHERE t.demo)",
    "postgresql": "DELETE FROM words USING message m, ticket t WHERE words.message_id = m.id AND t.id = m.ticket_id AND t.demo",
}


def remove() -> None:
    """Delete the demo in one transaction. Demo people who worked on real tickets stay, signed out and inactive.

    That it was removed is remembered, so that it does not come back by itself.
    """
    with transaction():
        db.session.merge(Lease(name=REMOVED, holder="removed", until=now()))
        _tickets()
        _rules()
        _channels()
        _people()
        _reasons()
        _promises()


def removed() -> bool:
    """Whether somebody has taken the demo away."""
    return db.session.get(Lease, REMOVED) is not None


def _tickets() -> None:
    tickets = select(Ticket.id).where(Ticket.demo)
    messages = select(Message.id).where(Message.ticket_id.in_(tickets))
    db.session.execute(text(WORDS[db.engine.dialect.name]))
    db.session.execute(delete(Attachment).where(Attachment.message_id.in_(messages)))
    db.session.execute(delete(Belonging).where(or_(Belonging.ticket_id.in_(tickets), Belonging.other_id.in_(tickets))))
    db.session.execute(delete(Link).where(or_(Link.ticket_id.in_(tickets), Link.other_id.in_(tickets))))
    for kind in (
        Participant, Scheduled, Draft, Following, Skip, Redaction, Delivery, Notice, Offer, Hanging, Firing, Clock, Stint, TriggerEvent,
        TriggerRun, Event, Message,
    ):  # fmt: skip
        db.session.execute(delete(kind).where(kind.ticket_id.in_(tickets)))
    db.session.execute(delete(Ticket).where(Ticket.demo))


def _rules() -> None:
    """What they did to tickets that stay is in the history of those."""
    demo = select(Trigger.id).where(Trigger.demo)
    db.session.execute(delete(TriggerRun).where(TriggerRun.trigger_id.in_(demo)))
    db.session.execute(delete(Trigger).where(Trigger.demo))


def _reasons() -> None:
    """Reasons that a ticket or macro that stays names, or that real ones lie under, stay, retired."""
    named = {macro.actions.get("reason") for macro in db.session.scalars(select(Macro))}
    named |= set(db.session.scalars(select(Ticket.reason_id).where(Ticket.reason_id.is_not(None)).distinct()))
    used = or_(Reason.id.in_(named - {None}), ~Reason.demo)
    named |= set(db.session.scalars(select(Reason.parent_id).where(used, Reason.parent_id.is_not(None))))
    for below in (Reason.parent_id.is_not(None), Reason.parent_id.is_(None)):
        going = delete(Reason).where(Reason.demo, below, Reason.id.not_in(named - {None}))
        db.session.execute(going, execution_options=QUIET)
    db.session.execute(update(Reason).where(Reason.demo).values(active=False), execution_options=QUIET)


def _channels() -> None:
    demo = select(Channel.id).where(Channel.demo)
    db.session.execute(delete(Block).where(Block.channel_id.in_(demo)))
    db.session.execute(delete(Inbox).where(Inbox.channel_id.in_(demo)))
    db.session.execute(delete(Channel).where(Channel.demo))


def _people() -> None:
    customers = select(Person.id).where(Person.demo)
    db.session.execute(delete(CustomerNote).where(CustomerNote.person_id.in_(customers)), execution_options=QUIET)
    demo = select(Person.id).where(Person.demo, ~_busy())
    for kind in (
        Shift,
        Pattern,
        Break,
        Absence,
        ContactPoint,
        Membership,
        SignIn,
        SignInLink,
        Notice,
        Draft,
        Following,
        Selection,
        SavedView,
    ):
        db.session.execute(delete(kind).where(kind.person_id.in_(demo)), execution_options=QUIET)
    db.session.execute(delete(Block).where(Block.by_id.in_(demo)), execution_options=QUIET)
    _replaced(demo)
    db.session.execute(delete(Person).where(Person.demo, ~_busy()), execution_options=QUIET)
    kept = select(Person.id).where(Person.demo)
    for kind in (Shift, Pattern, Membership, SignIn, SignInLink, Selection, SavedView):
        db.session.execute(delete(kind).where(kind.person_id.in_(kept)), execution_options=QUIET)
    db.session.execute(update(Person).where(Person.demo).values(active=False))
    _teams()


def _replaced(going: Select[int]) -> None:
    """Nobody who goes stands in for somebody who stays."""
    for column in (Absence.substitute_id, Person.forwarded_to_id):
        change = update(column.class_).where(column.in_(going)).values({column: None})
        db.session.execute(change, execution_options=QUIET)


def _busy() -> ColumnElement[bool]:
    """Whether somebody is part of a ticket that stays, or noted something on a customer who is no demo."""
    return or_(
        Person.id.in_(_named(Event.actor_id)),
        Person.id.in_(_named(Message.author_id)),
        Person.id.in_(_named(Ticket.owner_id)),
        Person.id.in_(_named(Ticket.customer_id)),
        Person.id.in_(_named(Offer.from_id)),
        Person.id.in_(_named(Offer.to_id)),
        Person.id.in_(_named(Stint.owner_id)),
        Person.id.in_(select(CustomerNote.author_id)),
    )


def _named(column: object) -> Select[int]:
    return select(column).where(column.is_not(None))  # type: ignore[call-overload,attr-defined,no-any-return]


def _teams() -> None:
    """Demo teams go when nothing real hangs on them; administrators are in them only to look on."""
    members = select(Membership.team_id).join(Person, Person.id == Membership.person_id)
    used = or_(
        Team.id.in_(select(Ticket.team_id)),
        Team.id.in_(select(Stint.team_id)),
        Team.id.in_(select(Channel.team_id)),
        Team.id.in_(members.where(Person.role != Role.ADMINISTRATOR)),
    )
    going = select(Team.id).where(Team.demo, ~used)
    for kind in (Shift, Pattern, Membership, SavedView, Macro):
        db.session.execute(delete(kind).where(kind.team_id.in_(going)), execution_options=QUIET)
    db.session.execute(delete(Team).where(Team.demo, ~used), execution_options=QUIET)


def _drafts(going: Select[int]) -> None:
    """Drafts were counted over demo tickets, and beside demo policies; orders of versions that go have nobody to reach."""
    for kind in (SimulatedClock, Simulation):
        db.session.execute(delete(kind), execution_options=QUIET)
    db.session.execute(delete(Treatment).where(Treatment.version_id.in_(going)), execution_options=QUIET)


def _promises() -> None:
    """Demo policies and calendars stay only as far as a real ticket is bound to them; then they are switched off."""
    bound = select(Ticket.policy_version_id).where(Ticket.policy_version_id.is_not(None))
    kept = select(PolicyVersion.policy_id).where(PolicyVersion.id.in_(bound))
    going = select(PolicyRow.id).where(PolicyRow.demo, PolicyRow.id.not_in(kept))
    _drafts(select(PolicyVersion.id).where(PolicyVersion.policy_id.in_(going)))
    db.session.execute(delete(PolicyVersion).where(PolicyVersion.policy_id.in_(going)))
    db.session.execute(delete(PolicyRow).where(PolicyRow.demo, PolicyRow.id.not_in(kept)), execution_options=QUIET)
    db.session.execute(update(PolicyRow).where(PolicyRow.demo).values(active=False))
    calendars = select(CalendarVersion.calendar_id).join(
        PolicyVersion, PolicyVersion.calendar_version_id == CalendarVersion.id
    )
    going = select(CalendarRow.id).where(CalendarRow.demo, CalendarRow.id.not_in(calendars))
    db.session.execute(delete(CalendarVersion).where(CalendarVersion.calendar_id.in_(going)), execution_options=QUIET)
    db.session.execute(
        delete(CalendarRow).where(CalendarRow.demo, CalendarRow.id.not_in(calendars)), execution_options=QUIET
    )
