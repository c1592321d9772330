"""What stands around a ticket: what its customer asked before, and what is perhaps the same matter. One statement for both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import BindParameter, Row, Select, bindparam, column, func, select, text, union_all

from helpdesk.orm import Instant
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.views import OPEN
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.search import stems

PAST, ALIKE, NEWEST = 5, 5, 100
NEAR = timedelta(days=7)
ORDER = re.compile(r"\d{5,}")  # an order, a contract, a coupon: what is that long and stands in a subject
MATCH = {
    "sqlite": "SELECT rowid AS id FROM words WHERE words MATCH :asked ORDER BY rowid DESC LIMIT :newest",
    "postgresql": "SELECT message_id AS id FROM words WHERE stems @@ to_tsquery('simple', :asked)"
    " ORDER BY message_id + 0 DESC LIMIT :newest",  # + 0: never by walking through all messages from the newest
}
SINCE: BindParameter[datetime] = bindparam("since", type_=Instant)
UNTIL: BindParameter[datetime] = bindparam("until", type_=Instant)
OR = {"sqlite": " OR ", "postgresql": " | "}

Other = Row[int, str, datetime, str, bool, int]


@dataclass(frozen=True)
class Around:
    """Other tickets: the last ones of the customer, and open ones within a week that are perhaps the same matter."""

    past: list[Other]
    alike: list[Other]


def around(ticket: Ticket, *, by: Person) -> Around:
    """Those of them that this person sees."""
    dialect, asked = db.session.get_bind().dialect.name, sorted(set(_asked(ticket)))
    near = {"since": ticket.opened_at - NEAR, "until": ticket.opened_at + NEAR}
    known = {"ticket": ticket.id, "customer": ticket.customer_id, "teams": by.team_ids, "newest": NEWEST}
    query = _query(dialect, by.role == Role.ADMINISTRATOR, bool(asked))
    found = db.session.execute(query, {**near, **known, "asked": OR[dialect].join(asked)}).all()
    mine = [row for row in found if row.customer_id == ticket.customer_id]
    alike = [row for row in found if row.open and abs(row.opened_at - ticket.opened_at) <= NEAR]
    return Around(past=mine[:PAST], alike=alike[:ALIKE] if ticket.voided_at is None else [])


@lru_cache
def _query(dialect: str, everywhere: bool, named: bool) -> Select[int, str, datetime, str, bool, int]:
    """The customer's last tickets, their open ones of this week, and open ones that name the same phone, address or order."""
    others = select(Ticket.id).where(Ticket.id != bindparam("ticket"))
    if not everywhere:
        others = others.where(Ticket.team_id.in_(bindparam("teams", expanding=True)))
    theirs = others.where(Ticket.customer_id == bindparam("customer")).order_by(Ticket.id.desc())
    alike = _alike(everywhere).order_by(Ticket.id.desc()).limit(ALIKE)
    parts = [theirs.limit(PAST), alike.where(Ticket.customer_id == bindparam("customer"))]
    if named:
        hits = text(MATCH[dialect]).columns(column("id")).subquery()
        naming = select(Message.ticket_id).where(Message.id.in_(select(hits.c.id)))
        parts.append(alike.where(Ticket.id.in_(naming)))
    ids = union_all(*[select(part.subquery().c.id) for part in parts])
    query = select(
        Ticket.number, Ticket.subject, Ticket.opened_at, Ticket.status, Ticket.open, Ticket.customer_id
    )  # fmt: skip
    return query.where(Ticket.id.in_(ids)).order_by(Ticket.id.desc())


def _alike(everywhere: bool) -> Select[int]:
    """Other open tickets of the week: what was found otherwise is judged by it, nothing is looked for by team or by age."""
    near = func.coalesce(Ticket.opened_at, SINCE).between(SINCE, UNTIL)
    others = select(Ticket.id).where(Ticket.id != bindparam("ticket"), OPEN, near)
    if everywhere:
        return others
    return others.where(func.coalesce(Ticket.team_id, 0).in_(bindparam("teams", expanding=True)))


def _asked(ticket: Ticket) -> Iterator[str]:
    """The words by which another customer's ticket is about the same."""
    for point in ticket.customer.contacts:
        if point.kind in ("email", "phone"):
            yield from map(_quoted, stems(point.value).split()[:1])
    yield from (_quoted(number[-10:]) for number in ORDER.findall(ticket.subject)[:3])


def _quoted(word: str) -> str:
    """The word as both engines read it as such."""
    return f'"{word}"' if db.session.get_bind().dialect.name == "sqlite" else word
