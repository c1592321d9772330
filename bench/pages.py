"""How long a page takes over HTTP, one client, signed in: the queue of an agent who sees all tickets, a ticket, taking the next.

Nine tickets in ten are solved. All is measured in a house of a hundredth of the size, too: a page takes no longer in a large one.
"""

import time
from collections.abc import Iterator

from sqlalchemy import select

from bench import words
from bench.figures import Figure, Tell, spread
from bench.places import Place, desk
from bench.visiting import CSRF, Visitor
from helpdesk.config import Config
from helpdesk.people.models import Person
from helpdesk.services import desk as work
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.processes import begun, free_port, process

PAGES, TAKEN, FRESH = 300, 100, 100
FIRST = 10**9  # no message has such an id; what is kept is kept by the message whose pictures are asked for, too
SMALL, FEW, SOLVED = 100, 1_000, 9
MESSAGES, MANY = 20, 200
QUEUE = [(0.5, "≤ 12"), (0.95, "≤ 30")]
TICKET = [(0.5, "≤ 10"), (0.95, "")]
LONG = [(0.5, ""), (0.95, "≤ 60")]
TAKING = [(0.5, ""), (0.95, "≤ 20")]
BARE = [(0.5, ""), (0.95, "")]


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database, with the bare page of the same run beside it."""
    for place in places.values():
        for open_ in dict.fromkeys((max(size // SMALL, FEW), size)):
            tell(f"pages on {place.database} with {open_ * (1 + SOLVED):,} tickets, {open_:,} of them open")
            config = place.copy(open_, SOLVED)
            with desk(config):
                agent = db.session.scalars(select(Person).where(Person.login == "everywhere")).one()
                yield from _product(config, agent, place, open_)
                yield from _bare(config)
            place.drop(config)


def _talk(agent: Person, messages: int) -> int:
    """A ticket with so many messages; its number."""
    fresh = select(Ticket.number).where(Ticket.status == "new").order_by(Ticket.id.desc())
    number = db.session.scalars(fresh).first()
    assert number, "There is no ticket."
    for said in range(messages - 1):
        (work.reply if said % 2 else work.note)(number, text=words.text(said), by=agent)
    return number


def _product(config: Config, agent: Person, place: Place, size: int) -> Iterator[Figure]:
    number, long = _talk(agent, MESSAGES), _talk(agent, MANY)
    port = free_port()
    with process(config, "helpdesk", "web", HELPDESK_PORT=str(port)) as web:
        begun(web)
        visitor = Visitor(port)
        visitor.sign_in(agent)
        where = {"database": place.database, "size": size * (1 + SOLVED)}
        rows = visitor.ask("/queue").count('<li class="trow')
        yield from spread("queue page", visitor.seconds("/queue", PAGES), QUEUE, note=f"{rows} rows", **where)
        for one, shares in ((number, TICKET), (long, LONG)):
            said = visitor.ask(f"/tickets/{one}").count('<article class="msg')
            seconds = visitor.seconds(f"/tickets/{one}", PAGES)
            yield from spread(f"ticket page of {said} messages", seconds, shares, note="looked at again", **where)
            fresh = [visitor.seconds(f"/tickets/{one}?images={FIRST + turn}", 1, warm=0)[0] for turn in range(FRESH)]
            yield from spread(f"ticket page of {said} messages", fresh, shares, note="nothing kept of it", **where)
        yield from spread("take-next", list(_takings(visitor)), TAKING, note="claimed and committed", **where)


def _takings(visitor: Visitor) -> Iterator[float]:
    token = CSRF.search(visitor.ask("/queue"))
    assert token, "The queue has no form."
    for _ in range(TAKEN):
        begun = time.perf_counter()
        answer = visitor.ask("/queue/next", f"csrf_token={token[1]}")
        yield time.perf_counter() - begun
        assert "/tickets/" in answer, "Nothing was taken."


def _bare(config: Config) -> Iterator[Figure]:
    port = free_port()
    with process(config, "bench.bare_page", str(port)) as server:
        begun(server)
        yield from spread("bare Flask page (floor)", Visitor(port).seconds("/", PAGES), BARE)
