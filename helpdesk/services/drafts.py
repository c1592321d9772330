"""Drafts of replies and notes: kept while one types, given back with what is taken back, forgotten when they are sent."""

import secrets

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services import pace
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.quoting import FORWARDED, NONE
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets.drafts import Draft
from helpdesk.tickets.models import Message, Ticket

MOST = 500
A_MINUTE = 120
SAID = {"reply": ("reply", "scheduled", "withdrawn"), "note": ("note",)}
LISTS = ("to", "cc", "bcc")
BEGUN = (
    select(Draft)
    .where(
        Draft.person_id == bindparam("person"), Draft.ticket_id == bindparam("ticket"), Draft.kind == bindparam("kind")
    )
    .execution_options(populate_existing=True)
)


class Overtaken(Conflict):
    """Another window has written, sent or thrown away this draft; *there* is what it left, *said* the last thing said."""

    def __init__(self, there: Draft | None, said: int) -> None:
        super().__init__("Another window has saved, sent or discarded this draft; choose which text stays.")
        self.there, self.said = there, said


def of(ticket: Ticket, kind: str, by: Person) -> Draft | None:
    """What this person has begun to write there."""
    return db.session.scalar(BEGUN, {"person": by.id, "ticket": ticket.id, "kind": kind})


def mine(by: Person) -> list[tuple[Draft, bool]]:
    """All that this person has begun to write, the newest first, and whether they may still see its ticket."""
    query = select(Draft).where(Draft.person_id == by.id).options(joinedload(Draft.ticket))
    found = db.session.scalars(query.order_by(Draft.saved_at.desc(), Draft.id.desc()))
    return [(one, may(by.role, "work", by.team_ids, one.ticket.team_id)) for one in found]


def keep(
    number: int, kind: str, *, text: str, way: Json, base: str = "", mark: str = "", said: int = 0, by: Person
) -> Draft | None:
    """Keep what was typed so far; an empty text keeps nothing.

    *base* is the mark of the draft that the window knows, *mark* the one it gives now, *said* the last thing that the
    person had said when it was opened. Raises Overtaken when that is not how things stand.
    """
    pace.hold("draft", by, A_MINUTE)
    mark = mark or fresh_mark()
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        found, newest = of(ticket, kind, by), _last_said(ticket, kind, by)
        if newest > said or not _follows(found, base, mark):
            raise Overtaken(found, newest)
        if not text.strip():
            forget(ticket, kind, by)
            return None
        draft = _write(found or _begun(ticket, kind, by), text, way, mark)
        db.session.add(draft)
    return draft


def fresh_mark() -> str:
    """The mark of what no window wrote by itself."""
    return f"{secrets.token_hex(8)}:1"


def _follows(found: Draft | None, base: str, mark: str) -> bool:
    """Whether what a window saves comes after what is there: its own last word, or what it knows of."""
    window, _colon, turn = mark.rpartition(":")
    if found is None:
        return not base or base.rpartition(":")[0] == window
    last, _colon, before = found.mark.rpartition(":")
    return found.mark == base or (last == window and int(turn) > int(before))


def _last_said(ticket: Ticket, kind: str, by: Person) -> int:
    query = select(func.max(Message.id)).where(Message.ticket_id == ticket.id, Message.author_id == by.id)
    return db.session.scalar(query.where(Message.kind.in_(SAID[kind]))) or 0


def _begun(ticket: Ticket, kind: str, by: Person) -> Draft:
    held = db.session.scalar(select(func.count()).where(Draft.person_id == by.id)) or 0
    if held >= MOST:
        raise Conflict("You keep {most} drafts already; send or discard one first.", most=MOST)
    return Draft(person_id=by.id, ticket_id=ticket.id, kind=kind)


def _write(draft: Draft, text: str, way: Json, mark: str) -> Draft:
    draft.text, draft.way, draft.mark, draft.saved_at = text, way, mark, now()
    return draft


def forget(ticket: Ticket, kind: str, by: Person) -> None:
    """It was sent or is empty; within the caller's transaction."""
    query = delete(Draft).where(Draft.person_id == by.id, Draft.ticket_id == ticket.id, Draft.kind == kind)
    db.session.execute(query)


def give_back(message: Message, by: Person) -> None:
    """An answer taken back is a draft again, before what was begun since; within the caller's transaction."""
    if message.author_id != by.id or FORWARDED in message.facts:
        return
    found, way = of(message.ticket, "reply", by), way_of(message)
    text = "\n\n".join(filter(None, [message.text, found.text if found else ""]))
    draft = found or Draft(person_id=by.id, ticket_id=message.ticket_id, kind="reply")
    db.session.add(_write(draft, text, way, fresh_mark()))


def way_of(message: Message) -> Json:
    """How an answer would have gone: as it was promised, or as it was typed when it was to be said later; its files."""
    facts = message.facts
    files = [file.id for file in message.attachments]
    if "manner" in facts and not facts.get("to"):
        return {"cc": "", "bcc": "", **facts["manner"], "again": files}
    known = {name: ", ".join(facts.get(name) or []) for name in LISTS if facts.get("to")}
    return {**known, "quote": facts.get("quote") or NONE, "again": files}


def discard(number: int, kind: str, *, by: Person) -> None:
    """Throw away what one has begun to write in a ticket."""
    with transaction():
        forget(ticket_for(by, number, lock=True), kind, by)


def remove(draft_id: int, *, by: Person) -> None:
    """Throw away one's own draft, even of a ticket that one may see no longer; another's is not found."""
    with transaction():
        draft = db.session.get(Draft, draft_id)
        if draft is None or draft.person_id != by.id:
            raise NotFound("There is no such thing, or it belongs to another team.")
        db.session.delete(draft)
