"""A desk with many open tickets, put straight into the tables: some thousand are lived through, the others are copies.

A copy has a number, a secret and a customer of its own, and so a hash chain of its own: `helpdesk history verify` holds.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, delete, func, select

from bench import staff, words
from bench.inserting import as_row, count_on, look_around, put
from bench.living import Life, World, lived
from helpdesk.channels.ledger import Inbox
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services import lookup
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import newest_versions
from helpdesk.sla.models import Clock, Firing
from helpdesk.tickets import search
from helpdesk.tickets.history import GENESIS, digest
from helpdesk.tickets.models import Counter, Event, Message, Ticket
from helpdesk.tickets.tokens import fresh_secret

FIRST_CUSTOMER = 1001
SPAN = timedelta(days=10)  # so long ago, at most, an open ticket came; one in fifty is older, and late
OLDER, YOUNGEST = timedelta(days=14), timedelta(hours=1)
AT_ONCE = 2000

Row = dict[str, Any]
Rows = dict[type[Any], list[Row]]


def fill(size: int) -> None:
    """Fill a migrated, empty database with *size* open tickets, in five teams of ten, for a fifth as many customers."""
    staff.hire()
    _customers(max(size // 5, 10))
    here, version = world(), newest_versions()[0].id
    ages = [_age(number, min(size, AT_ONCE)) for number in range(1, min(size, AT_ONCE) + 1)]
    add([lived(here, number, here.at - age, version) for number, age in enumerate(ages, 1)], size)
    look_around()


def world() -> World:
    """Who is there now."""
    customers = db.session.execute(select(Person.id, Person.name).where(Person.id >= FIRST_CUSTOMER))
    return World(staff.desk(), [Person(id=id, name=name) for id, name in customers], now(), random.Random(1))


def add(lives: list[Life], count: int) -> None:
    """Put *count* more tickets into the tables: those that were lived through, over and over again."""
    with db.engine.begin() as connection:
        copier = Copier([rows_of(life) for life in lives], *last_ids(connection))
    for begun in range(0, count, AT_ONCE):
        with db.engine.begin() as connection:
            copier.put(connection, min(AT_ONCE, count - begun))
    with db.engine.begin() as connection:
        connection.execute(delete(Counter))
        put(connection, Counter, [{"name": "ticket", "value": copier.ids[Ticket]}])
        count_on(connection)


def last_ids(connection: Connection) -> tuple[dict[type[Any], int], int]:
    """The last id of each table, and how many customers there are."""
    ids = {kind: connection.scalar(select(func.max(kind.id))) or 0 for kind in (Ticket, *KINDS)}
    return ids, connection.scalar(select(func.count()).where(Person.id >= FIRST_CUSTOMER)) or 0


def _age(number: int, size: int) -> timedelta:
    return SPAN * (1 - number / size) + (OLDER if number % 50 == 0 else YOUNGEST)


def _customers(count: int) -> None:
    people = [
        Person(id=FIRST_CUSTOMER + number, name=words.name(number), locale="ru", created_at=now())
        for number in range(count)
    ]
    points = [
        ContactPoint(
            id=person.id, person_id=person.id, kind="email", value=words.address(person.id),
            shown=words.address(person.id), created_at=person.created_at,
        )
        for person in people
    ]  # fmt: skip
    with db.engine.begin() as connection:
        put(connection, Person, [as_row(person) for person in people])
        put(connection, ContactPoint, [as_row(point) for point in points])


KINDS = (Inbox, Event, Message, Clock, Firing)


def rows_of(life: Life) -> Rows:
    hanging = (life.inbox, life.events, life.messages, life.clocks, life.firings)
    return {
        Ticket: [as_row(life.ticket)],
        **dict(zip(KINDS, ([as_row(one) for one in some] for some in hanging), strict=True)),
    }


class Copier:
    """Puts copies of some tickets into the tables; *ids* are the last ones of each."""

    def __init__(self, patterns: list[Rows], ids: dict[type[Any], int], customers: int) -> None:
        self.patterns, self.ids, self.customers = patterns, ids, customers

    def put(self, connection: Connection, count: int) -> None:
        """Some more copies."""
        made: Rows = {Ticket: [], **{kind: [] for kind in KINDS}}
        for _ in range(count):
            self.ids[Ticket] += 1
            number = self.ids[Ticket]
            for kind, rows in self._copy(self.patterns[number % len(self.patterns)], number).items():
                made[kind] += rows
        for kind, rows in made.items():
            put(connection, kind, rows)
        subjects = {row["id"]: row["subject"] for row in made[Ticket]}
        index(connection, [(row["id"], subjects[row["ticket_id"]], row["text"]) for row in made[Message]])

    def _copy(self, pattern: Rows, number: int) -> Rows:
        before = pattern[Ticket][0]["customer_id"]
        customer = FIRST_CUSTOMER + (before - FIRST_CUSTOMER + number) % self.customers
        found = {kind: list(self._hung(kind, pattern[kind], number)) for kind in KINDS}
        for row in (*found[Event], *found[Message]):
            author = "actor_id" if "actor_id" in row else "author_id"
            row[author] = customer if row[author] == before else row[author]
        for message, arrived in zip(
            (row for row in found[Message] if row["direction"] == "in"), found[Inbox], strict=True
        ):
            message["inbox_id"], arrived["key"] = arrived["id"], f"{number}:{arrived['key']}"
            message["reference"] = f"{arrived['key']}@customer.example"
        fresh = {"id": number, "number": number, "secret": fresh_secret(), "customer_id": customer}
        return {Ticket: [{**pattern[Ticket][0], **fresh, "head": chain(number, found[Event])}], **found}

    def _hung(self, kind: type[Any], rows: list[Row], number: int) -> Iterator[Row]:
        for row in rows:
            self.ids[kind] += 1
            yield {**row, "id": self.ids[kind], "ticket_id": number}


def chain(number: int, events: list[Row]) -> str:
    """Chain these events by their hashes; the last one."""
    head = GENESIS
    for row in events:
        head = row["hash"] = digest(head, number, SimpleNamespace(**row))
    return head


def index(connection: Connection, said: list[tuple[int, str, str]]) -> None:
    """Make messages findable: id, subject and text of each."""
    rows = [{"id": id, "stems": f"{_stems(subject)} {_stems(text)}"} for id, subject, text in said]
    connection.execute(lookup.INSERT[connection.dialect.name], rows)


@lru_cache(maxsize=20_000)
def _stems(text: str) -> str:
    return search.stems(text)
