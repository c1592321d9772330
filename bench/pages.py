"""How long a page takes over HTTP, one client, signed in: the queue of an agent who sees all tickets, and a ticket."""

from collections.abc import Iterator

from sqlalchemy import select

from bench import words
from bench.figures import Figure, Tell, spread
from bench.places import Place, desk
from bench.visiting import Visitor
from helpdesk.config import Config
from helpdesk.people.models import Person
from helpdesk.services import desk as work
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.processes import begun, free_port, process

PAGES = 300
MESSAGES = 20
QUEUE = [(0.5, "≤ 15"), (0.95, "≤ 40")]
TICKET = [(0.5, "≤ 15"), (0.95, "")]
BARE = [(0.5, ""), (0.95, "")]


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database, with the bare page of the same run beside it."""
    for place in places.values():
        tell(f"pages on {place.database} with {size:,} open tickets")
        config = place.copy(size)
        with desk(config):
            agent = db.session.scalars(select(Person).where(Person.login == "everywhere")).one()
            number = _talk(agent)
            yield from _product(config, agent, number, place, size)
            yield from _bare(config)
        place.drop(config)


def _talk(agent: Person) -> int:
    """A ticket with twenty messages; its number."""
    number = db.session.scalars(select(Ticket.number).where(Ticket.status == "new").order_by(Ticket.id.desc())).first()
    assert number, "There is no ticket."
    for said in range(MESSAGES - 1):
        (work.reply if said % 2 else work.note)(number, text=words.text(said), by=agent)
    return number


def _product(config: Config, agent: Person, number: int, place: Place, size: int) -> Iterator[Figure]:
    port = free_port()
    with process(config, "helpdesk", "web", HELPDESK_PORT=str(port)) as web:
        begun(web)
        visitor = Visitor(port)
        visitor.sign_in(agent)
        rows, said = (
            visitor.ask("/queue").count('<li class="trow'),
            visitor.ask(f"/tickets/{number}").count('<article class="msg'),
        )
        where = {"database": place.database, "size": size}
        yield from spread("queue page", visitor.seconds("/queue", PAGES), QUEUE, note=f"{rows} rows", **where)
        yield from spread(
            "ticket page", visitor.seconds(f"/tickets/{number}", PAGES), TICKET, note=f"{said} messages", **where
        )


def _bare(config: Config) -> Iterator[Figure]:
    port = free_port()
    with process(config, "bench.bare_page", str(port)) as server:
        begun(server)
        yield from spread("bare Flask page (floor)", Visitor(port).seconds("/", PAGES), BARE)
