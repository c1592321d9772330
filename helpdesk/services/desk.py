"""What staff do to a ticket: find it, act, bring its clocks in line, save."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sqlalchemy import select

from helpdesk import blobs
from helpdesk.channels.incoming import File, Named
from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services import (
    asides,
    customers,
    deadlines,
    drafts,
    duty,
    following,
    lookup,
    mentions,
    policies,
    reasons,
    sending,
    solving,
    undo,
)
from helpdesk.services.customers import Asker
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.news import guard
from helpdesk.services.numbers import next_number
from helpdesk.services.participants import name_approved
from helpdesk.services.policies import Pinned
from helpdesk.services.sending import USUAL, Manner
from helpdesk.services.solving import ASKING, Ending
from helpdesk.services.store import again, get, permit, settings, ticket_for, transaction
from helpdesk.tickets import actions, handover, ladder, participants, voiding, withdrawing
from helpdesk.tickets.actions import Said
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.history import GENESIS
from helpdesk.tickets.models import Attachment, Message, Priority, Ticket
from helpdesk.tickets.tokens import fresh_secret

NOTHING: Json = {}


def reply(
    number: int, *, text: str, by: Person, files: Iterable[File] = (), seen: int | None = None,
    heard: int | None = None, then: str = "", manner: Manner = USUAL, ending: Ending = ASKING,
) -> Message:  # fmt: skip
    """Answer the customer and, if *then* says so, pend, hold or solve: parts that are solved as well get the same answer.

    Raises News when something was said after *seen*, the last message the writer had read, or after the event *heard*.
    """
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        guard(ticket, seen, heard)
        files = tuple(files)
        reasons.give_along(ticket, ending.reason, by=by)
        parts = solving.solved_with(ticket, ending, by=by) if then == "solve" else ()
        message = answer(ticket, text=text, by=by, files=files, then=then, manner=manner)
        drafts.forget(ticket, "reply", by)
        for part in parts:
            _answer_part(part, text, files, by)
        deadlines.refresh_all([ticket, *parts])
    return message


def _answer_part(part: Ticket, text: str, files: tuple[File, ...], by: Person) -> None:
    """Solve a part of what is solved, with the same answer if its customer can be written to."""
    if sending.recipient_of(part) is None:
        actions.solve(part, by=by, at=now())
        settle_offer(part, by)
    else:
        answer(part, text=text, by=by, files=files, then="solve")


def answer(
    ticket: Ticket, *, text: str, by: Person, files: Iterable[File] = (), then: str = "", manner: Manner = USUAL
) -> Message:
    """The same within a transaction that has the ticket and brings its clocks in line."""
    files, before = tuple(files), withdrawing.state_before(ticket)
    message = actions.reply(ticket, said_with(text, ticket.channel, files), by=by, at=now())
    keep_message(ticket, message, files)
    sending.promise_reply(ticket, message, manner)
    if then:
        THEN[then](ticket, by=by, at=now())
    settle_offer(ticket, by)
    undo.remember(message, before)
    return message


THEN: dict[str, Callable[..., None]] = {"pend": actions.pend, "hold": actions.hold, "solve": actions.solve}


def note(number: int, *, text: str, by: Person, files: Iterable[File] = (), unseen: Collection[str] = ()) -> Message:
    """Write what only staff see; whom it names by @login is told, but for those *unseen* who may not see it."""
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        files = tuple(files)
        people = mentions.told(ticket, text, unseen, by)
        said = said_with(text, ticket.channel, files, {"mentioned": [one.name for one in people] or None})
        message = actions.note(ticket, said, by=by, at=now())
        keep_message(ticket, message, files)
        following.mention(ticket, people, by=by)
        drafts.forget(ticket, "note", by)
        deadlines.refresh(ticket)
    return message


def said_with(text: str, channel: str, files: Iterable[File], told: Json = NOTHING) -> Said:
    """What staff said, with their files and what the history is to know of it."""
    return Said(_said(text), channel, files=tuple(file.sha256 for file in files), facts={"history": told})


def _said(text: str) -> str:
    if not text.strip():
        raise Conflict("There is no text yet; write something first.")
    return text.strip()


def keep_message(ticket: Ticket, message: Message, files: Iterable[File]) -> None:
    """Keep what was said with its files, and let it be found."""
    for file in files:
        message.attachments.append(attachment(file))
    db.session.add(message)
    db.session.flush()
    lookup.index(message, ticket.subject)


def attachment(file: File) -> Attachment:
    """Store a file's content, where it has one, and describe it."""
    return Attachment(
        filename=file.filename[:255],
        content_type=file.content_type[:200],
        size=len(file.content),
        sha256=file.sha256 if isinstance(file, Named) else blobs.put(settings().blobs, file.content),
        cid=file.cid[:400] or None,
        inline=file.inline,
    )


@again
def open_ticket(
    *, customer: Person | Asker, team_id: int, subject: str, text: str, by: Person, priority: str = Priority.NORMAL
) -> Ticket:
    """Open a ticket for a customer who asked in a way that no channel records; who is not known yet becomes one."""
    permit(by, "work", team_id)
    with transaction():
        customer = customers.found_or_made(customer, by) if isinstance(customer, Asker) else customer
        ticket = new_ticket(
            number=next_number("ticket"), promises=policies.active(), customer=customer, team=get(Team, team_id),
            subject=subject, channel="desk", at=now(), priority=priority,
        )  # fmt: skip
        message = actions.open_by_staff(ticket, Said(_said(text), "desk"), by=by, at=now())
        keep_message(ticket, message, ())
        deadlines.refresh(ticket)
    return ticket


def new_ticket(
    *, number: int, promises: Iterable[Pinned], customer: Person, team: Team, subject: str, channel: str, at: datetime,
    priority: str = Priority.NORMAL, channel_id: int | None = None, language: str = "ru", demo: bool = False,
) -> Ticket:  # fmt: skip
    """A ticket with its number, secret and policy, before anything was said in it."""
    ticket = Ticket(
        number=number, secret=fresh_secret(), subject=subject[:500], status="new", open=True,
        priority=Priority(priority).value, channel=channel, channel_id=channel_id, team=team, customer=customer,
        tags=[], language=language, opened_at=at, changed_at=at, sort_at=at, demo=demo, version=1, event_count=0,
        head=GENESIS,
    )  # fmt: skip
    policies.pin(ticket, promises)
    db.session.add(ticket)
    return ticket


def take(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Make oneself the owner."""
    return _act(number, lambda ticket: actions.take(ticket, by=by, at=now()), by=by, version=version)


def assign(number: int, *, to: int | None, by: Person, version: int | None = None) -> Ticket:
    """Make a member of the ticket's team its owner, or nobody."""

    def act(ticket: Ticket) -> None:
        owner = get(Person, to) if to is not None else None
        if owner != by:
            permit(by, "assign_others", ticket.team_id)
        actions.assign(ticket, to=owner, by=by, at=now())

    return _act(number, act, by=by, version=version)


def pend(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Wait for the customer."""
    return _act(number, lambda ticket: actions.pend(ticket, by=by, at=now()), by=by, version=version)


def hold(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Wait for a third party."""
    return _act(number, lambda ticket: actions.hold(ticket, by=by, at=now()), by=by, version=version)


def resume(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Go on with a ticket that was waiting."""
    return _act(number, lambda ticket: actions.resume(ticket, by=by, at=now()), by=by, version=version)


def solve(number: int, *, by: Person, version: int | None = None, ending: Ending = ASKING) -> Ticket:
    """Say that the matter is solved, and the open parts too if *ending* says so."""
    return _end(actions.solve, number, ending, by=by, version=version)


def reopen(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Take a solved ticket up again."""
    return _act(number, lambda ticket: actions.reopen(ticket, by=by, at=now()), by=by, version=version)


def close(number: int, *, by: Person, version: int | None = None, ending: Ending = ASKING) -> Ticket:
    """Close for good; open parts are solved, not closed, if *ending* says so."""
    return _end(actions.close, number, ending, by=by, version=version)


def _end(verb: Callable[..., None], number: int, ending: Ending, *, by: Person, version: int | None) -> Ticket:
    def act(ticket: Ticket) -> None:
        reasons.give_along(ticket, ending.reason, by=by)
        parts = solving.solved_with(ticket, ending, by=by)
        verb(ticket, by=by, at=now())
        for part in parts:
            actions.solve(part, by=by, at=now())
            settle_offer(part, by)
        deadlines.refresh_all(parts)

    return _act(number, act, by=by, version=version)


def junk(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Throw it away: it counts nowhere any more."""
    return _act(number, lambda ticket: voiding.junk(ticket, by=by, at=now()), by=by, version=version)


def unjunk(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Take it back, as if it had never been junk."""
    return _act(number, lambda ticket: voiding.unjunk(ticket, by=by, at=now()), by=by, version=version)


def change_priority(number: int, *, to: str, by: Person, version: int | None = None) -> Ticket:
    """Make it more or less urgent."""
    return _act(
        number, lambda ticket: actions.change_priority(ticket, to=Priority(to), by=by, at=now()), by=by, version=version
    )


def change_subject(number: int, *, to: str, by: Person, version: int | None = None) -> Ticket:
    """Give it a better name."""
    return _act(
        number, lambda ticket: actions.change_subject(ticket, to=to[:500], by=by, at=now()), by=by, version=version
    )


def change_tags(number: int, *, to: list[str], by: Person, version: int | None = None) -> Ticket:
    """Replace its tags."""
    return _act(number, lambda ticket: actions.change_tags(ticket, to=to, by=by, at=now()), by=by, version=version)


def change_team(number: int, *, to: int, by: Person, version: int | None = None) -> Ticket:
    """Hand it to another team's queue."""
    return _act(
        number, lambda ticket: actions.change_team(ticket, to=get(Team, to), by=by, at=now()), by=by, version=version
    )


def waive_answer(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Say that the customer's last message wants no answer."""
    return _act(number, lambda ticket: actions.waive_answer(ticket, by=by, at=now()), by=by, version=version)


def stop_ladder(number: int, *, clock: str, started_seq: int, by: Person, version: int | None = None) -> Ticket:
    """Take a deadline in hand that has warned: whoever would be told next is spared."""

    def act(ticket: Ticket) -> None:
        found = deadlines.warning(ticket, clock, started_seq)
        ladder.stop_ladder(ticket, clock=found, by=by, at=now())

    return _act(number, act, by=by, version=version)


def approve(number: int, message_id: int, *, by: Person) -> Ticket:
    """Let a stranger's follow-up count as the customer's message."""

    def act(ticket: Ticket) -> None:
        message = _message(ticket, message_id)
        if message.kind == "unapproved":
            if asides.ASIDE in message.facts:
                asides.approve(ticket, message, by=by)
                return
            actions.approve(ticket, message, by=by, at=now())
            name_approved(message)

    return _act(number, act, by=by, version=None)


def decline(number: int, message_id: int, *, by: Person) -> Ticket:
    """Let a stranger's follow-up never count."""

    def act(ticket: Ticket) -> None:
        message = _message(ticket, message_id)
        if message.kind == "unapproved":
            participants.decline(ticket, message, by=by, at=now())

    return _act(number, act, by=by, version=None)


def _message(ticket: Ticket, message_id: int) -> Message:
    found: Message = get(Message, message_id)
    if found.ticket_id != ticket.id:
        raise NotFound("There is no such message.")
    return found


def _act(number: int, act: Callable[[Ticket], None], *, by: Person, version: int | None) -> Ticket:
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        with duty.nobody_absent(ticket):
            act(ticket)
        settle_offer(ticket, by)
        deadlines.refresh(ticket)
    return ticket


def settle_offer(ticket: Ticket, by: Person | None) -> None:
    """What was offered and has gone another way meanwhile is no longer offered."""
    query = select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "offered")
    offer = db.session.scalar(query)
    if offer is not None and not handover.stands(offer):
        handover.withdraw(offer, by=by, at=now(), why="settled otherwise")
