"""Look-up over all history: by number, phone, address, name or words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.orm import Json
from helpdesk.people.contacts import last_ten
from helpdesk.people.models import ContactPoint, Person
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import permit, visible
from helpdesk.sla.clock import MISSED, RUNNING
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.search import marked, stems, swapped, wanted

MOST = 50
NEAREST = 2000  # newest messages with the words, among which those of the person's teams are looked for
READ = 4000  # characters of a message that are looked through for an excerpt
PHONE = re.compile(r"[\d\s()+.\-\u2010-\u2015\u00a0]{10,30}")

INSERT = {
    "sqlite": text("INSERT INTO words (rowid, stems) VALUES (:id, :stems)"),
    "postgresql": text("INSERT INTO words (message_id, stems) VALUES (:id, to_tsvector('simple', :stems))"),
}
DELETE = {
    "sqlite": text("DELETE FROM words WHERE rowid = :id"),
    "postgresql": text("DELETE FROM words WHERE message_id = :id"),
}
MATCH = {
    "sqlite": "SELECT rowid AS id FROM words WHERE words MATCH :query ORDER BY rowid DESC LIMIT :nearest",
    "postgresql": "SELECT message_id AS id FROM words WHERE stems @@ to_tsquery('simple', :query)"
    " ORDER BY message_id DESC LIMIT :nearest",
}
AND = {"sqlite": " AND ", "postgresql": " & "}
SEEN = """
    SELECT message.ticket_id, message.id FROM ({match}) AS hit
    JOIN message ON message.id = hit.id JOIN ticket ON ticket.id = message.ticket_id
    {teams} ORDER BY message.id DESC LIMIT :most
"""

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True)
class Found:
    """A ticket that matches. *excerpt*: pieces of text, each with whether it is a match; *verdict*: late, ok or met."""

    ticket: Ticket
    excerpt: Pieces
    verdict: str


@dataclass(frozen=True)
class Result:
    """What was found for *query*; *corrected* is what it was searched as when the keyboard had the wrong language."""

    query: str
    corrected: str
    people: list[tuple[Person, int]]
    found: list[Found]


def index(message: Message, subject: str) -> None:
    """Make a message findable by its words, its subject and the customer's name."""
    put(words([(message, subject)]))


def put_again(message: Message) -> None:
    """The same of a message whose words have changed."""
    db.session.execute(DELETE[_dialect()], {"id": message.id})
    index(message, message.ticket.subject)


def words(said: Sequence[tuple[Message, str]]) -> list[Json]:
    """What is stored to make messages findable, each with its subject."""
    return [
        {"id": message.id, "stems": stems(subject, message.ticket.customer.name, *_parts(message))}
        for message, subject in said
    ]


def _parts(message: Message) -> tuple[str, str, str]:
    return message.text, message.quoted, message.signature


def put(rows: Sequence[Json]) -> None:
    """Store it, once the messages are."""
    if rows:
        db.session.execute(INSERT[_dialect()], rows)


def search(query: str, *, by: Person) -> Result:
    """What *by* may see of what matches a number, a phone, an address, a name or words: newest first, at most fifty."""
    permit(by, "look_up")
    query = " ".join(query.split())[:400]
    other = swapped(query)
    result = _search(query, by)
    if result.found or not query or other == query.casefold():
        return result
    second = _search(other, by)
    return Result(query, other, second.people, second.found) if second.found else result


def _search(query: str, by: Person) -> Result:
    people = list(db.session.scalars(_people(query))) if query else []
    asked = _asked(query)
    hits = dict(reversed(_by_words(asked, by)))
    ids = {*_by_number(query), *_of_people(people, by), *hits}
    rows = db.session.scalars(
        select(Ticket).where(Ticket.id.in_(ids), visible(by)).order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(MOST).options(selectinload(Ticket.customer), joinedload(Ticket.reason))
    ).all()  # fmt: skip
    texts, verdicts = _texts([hits[row.id] for row in rows if row.id in hits]), _verdicts([row.id for row in rows])
    return Result(
        query=query,
        corrected="",
        people=_counted(people, by),
        found=[
            Found(row, _excerpt(row, texts.get(hits.get(row.id, 0), ""), asked), verdicts.get(row.id, ""))
            for row in rows
        ],
    )


def _asked(query: str) -> list[str]:
    """The stems to look for; a phone is one word however it is written."""
    return [last_ten(query)] if PHONE.fullmatch(query) and len(last_ten(query)) == 10 else wanted(query)


def _by_number(query: str) -> Sequence[int]:
    digits = re.fullmatch(r"[#№]?(\d{1,9})", re.sub(r"[\s,]", "", query))
    return db.session.scalars(select(Ticket.id).where(Ticket.number == int(digits[1]))).all() if digits else []


def _people(query: str) -> Select[Person]:
    """Customers and staff reached at this phone, address or handle."""
    values = {query.casefold(), query, query.removeprefix("@")}
    digits = last_ten(query)
    if PHONE.fullmatch(query) and len(digits) == 10:
        values = {digits, *(f"+{code}{digits}" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)}
        values.add("+" + re.sub(r"\D", "", query))
    point = select(ContactPoint.person_id).where(ContactPoint.value.in_(values))
    return select(Person).where(Person.id.in_(point)).order_by(Person.id).limit(5)


def _of_people(people: Sequence[Person], by: Person) -> Iterator[int]:
    for person in people:
        theirs = select(Ticket.id).where(Ticket.customer_id == person.id, visible(by))
        yield from db.session.scalars(theirs.order_by(Ticket.id.desc()).limit(MOST))


def _counted(people: Sequence[Person], by: Person) -> list[tuple[Person, int]]:
    """Customers with how many of their tickets *by* may see; others are not shown."""
    counts = [
        (person, db.session.scalar(select(func.count()).where(Ticket.customer_id == person.id, visible(by))) or 0)
        for person in people
    ]
    return [(person, count) for person, count in counts if count]


def _by_words(asked: Sequence[str], by: Person) -> list[tuple[int, int]]:
    """Tickets and messages with all the words, newest message first."""
    if not asked:
        return []
    everywhere = by.role == Role.ADMINISTRATOR
    statement: Any = text(
        SEEN.format(match=MATCH[_dialect()], teams="" if everywhere else "WHERE ticket.team_id IN :teams")
    )
    values: dict[str, Any] = {
        "query": AND[_dialect()].join(f'"{word}"' if _dialect() == "sqlite" else word for word in asked),
        "nearest": 4 * MOST if everywhere else NEAREST,
        "most": 4 * MOST,
    }
    if not everywhere:
        statement = statement.bindparams(bindparam("teams", expanding=True))
        values["teams"] = by.team_ids
    return [(ticket, message) for ticket, message in db.session.execute(statement, values)]


def _texts(messages: Sequence[int]) -> dict[int, str]:
    query = select(Message.id, func.substr(Message.text, 1, READ).label("said")).where(Message.id.in_(messages))
    return {row.id: row.said for row in db.session.execute(query)}


def _verdicts(tickets: Sequence[int]) -> dict[int, str]:
    """late when a promise was missed, ok while one runs, met when all were kept."""
    query = select(Clock.ticket_id, Clock.state, Clock.due_at).where(Clock.ticket_id.in_(tickets))
    verdicts: dict[int, str] = {}
    for ticket, state, due_at in db.session.execute(query):
        late = state == MISSED or (state == RUNNING and due_at and due_at < now())
        mark = "late" if late else "ok" if state in (RUNNING, "paused") else "met"
        verdicts[ticket] = min(mark, verdicts.get(ticket, mark), key=("late", "ok", "met").index)
    return verdicts


def _excerpt(ticket: Ticket, said: str, asked: Sequence[str]) -> Pieces:
    """The words around the first match in the message, else in the ticket's preview, else its newest words."""
    words = frozenset(asked)
    return marked(" ".join(said.split()), words) or marked(ticket.preview, words) or [(ticket.preview[:140], False)]


def _dialect() -> str:
    return db.session.get_bind().dialect.name
