"""Look-up over all history: by number, phone, address, name or words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select, text

from helpdesk.people.contacts import last_ten
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.store import visible
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.search import stems, wanted

MOST = 50

INSERT = {
    "sqlite": text("INSERT INTO words (rowid, stems) VALUES (:id, :stems)"),
    "postgresql": text("INSERT INTO words (message_id, stems) VALUES (:id, to_tsvector('simple', :stems))"),
}
MATCH = {
    "sqlite": text("SELECT rowid FROM words WHERE words MATCH :query ORDER BY rowid DESC LIMIT :most"),
    "postgresql": text(
        "SELECT message_id FROM words WHERE stems @@ to_tsquery('simple', :query) ORDER BY message_id DESC LIMIT :most"
    ),
}


@dataclass(frozen=True)
class Found:
    """A ticket that matches, with the words around the first match."""

    ticket: Ticket
    snippet: str


def index(message: Message, subject: str) -> None:
    """Make a message findable by its words."""
    words = stems(subject, message.text, message.quoted)
    db.session.execute(INSERT[db.session.get_bind().dialect.name], {"id": message.id, "stems": words})


def search(query: str, *, by: Person) -> list[Found]:
    """What matches a number, a phone, an address, a name or words; newest first, at most fifty."""
    query = query.strip()[:400]
    if not query:
        return []
    ids = _by_number(query) or _by_person(query) or []
    ids = list(dict.fromkeys([*ids, *_by_words(query)]))[:MOST]
    rows = db.session.scalars(select(Ticket).where(Ticket.id.in_(ids), visible(by))).all()
    return [Found(row, snippet(row, query)) for row in sorted(rows, key=lambda row: row.opened_at, reverse=True)]


def _by_number(query: str) -> Sequence[int]:
    digits = re.fullmatch(r"[#№\s]*(\d{1,9})", query.replace("\u00a0", "").replace(" ", ""))
    return db.session.scalars(select(Ticket.id).where(Ticket.number == int(digits[1]))).all() if digits else []


def _by_person(query: str) -> Sequence[int]:
    people = _people(query)
    return db.session.scalars(
        select(Ticket.id).where(Ticket.customer_id.in_(people)).order_by(Ticket.id.desc()).limit(MOST)
    ).all()


def _people(query: str) -> Select[int]:
    digits = last_ten(query)
    if "@" in query:
        return select(ContactPoint.person_id).where(ContactPoint.value == query.casefold())
    if len(digits) == 10 and re.fullmatch(r"[\d\s()+.-]+", query):
        endings = [f"+{code}{digits}" for code in ("7", "1", "44", "49", "90", "375", "380", "996", "998", "992")] + [
            digits
        ]
        return select(ContactPoint.person_id).where(ContactPoint.value.in_(endings))
    return (
        select(Person.id)
        .where(or_(Person.name == query, Person.name.like(f"{_escaped(query)}%", escape="\\")))
        .limit(MOST)
    )


def _escaped(query: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", query)


def _by_words(query: str) -> list[int]:
    words = wanted(query)
    if not words:
        return []
    dialect = db.session.get_bind().dialect.name
    asked = " AND ".join(f'"{word}"' for word in words) if dialect == "sqlite" else " & ".join(words)
    found = list(db.session.scalars(MATCH[dialect], {"query": asked, "most": MOST * 4}))
    return list(db.session.scalars(select(Message.ticket_id).where(Message.id.in_(found)).order_by(Message.id.desc())))


def snippet(ticket: Ticket, query: str) -> str:
    """A line of the ticket with the first word of the query in it, or its newest words."""
    first = re.sub(r"\W+", " ", query).strip().split(" ")[0].casefold()
    texts = db.session.scalars(select(Message.text).where(Message.ticket_id == ticket.id).order_by(Message.id))
    for said in texts:
        place = said.casefold().find(first[:6]) if first else -1
        if place >= 0:
            return " ".join(said[max(0, place - 60) : place + 140].split())
    return ticket.preview
