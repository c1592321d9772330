"""How long it takes from a mail's arrival in an IDLE mailbox until its ticket is a page: the page hears of it and asks for it."""

import http.client
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from imapclient import IMAPClient
from sqlalchemy import select

from bench import posting
from bench.figures import Figure, Tell, spread
from bench.places import Place, desk
from bench.visiting import Visitor
from helpdesk.config import Config
from helpdesk.people.models import Person
from helpdesk.services.database import db
from tests.processes import begun, free_port, process

MAILS, WARM = 60, 5
BETWEEN = (0.2, 1.0)  # seconds between two mails
TARGETS = [(0.5, ""), (0.95, "≤ 2000")]


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database, everything running as on a desk: listener, two workers, tick and pages."""
    for place in places.values():
        tell(f"arriving on {place.database} with {size:,} tickets")
        config = place.copy(size)
        with desk(config), posting.account(config.var) as account:
            agent = db.session.scalars(select(Person).where(Person.login == "everywhere")).one()
            posting.connect(account, "bench")
            with _house(config) as port, account.client() as client:
                visitor = Visitor(port)
                visitor.sign_in(agent)
                seconds = list(_arrivals(client, visitor, port))
        place.drop(config)
        what = "mail in an IDLE mailbox until its ticket is a page"
        yield from spread(what, seconds[WARM:], TARGETS, database=place.database, size=size)


@contextmanager
def _house(config: Config) -> Iterator[int]:
    port, mail_port = free_port(), free_port()
    own = {"HELPDESK_PORT": str(port), "HELPDESK_MAIL_PORT": str(mail_port)}
    parts = [("helpdesk", "web"), ("workers.run",), ("workers.run",), ("workers.schedule",), ("workers.listen",)]
    with ExitStack() as stack:
        for words in parts:
            begun(stack.enter_context(process(config, *words, **own)))
        yield port


def _arrivals(client: IMAPClient, visitor: Visitor, port: int) -> Iterator[float]:
    """How long each mail took."""
    chance, stream = random.Random(1), _live(visitor, port)
    for number in range(WARM + MAILS):
        time.sleep(chance.uniform(*BETWEEN))
        arrived = time.perf_counter()
        client.append("INBOX", posting.mail(number))
        while f"Arrival {number}" not in visitor.ask(f"/tickets/{_told(stream)}"):
            pass
        yield time.perf_counter() - arrived


def _live(visitor: Visitor, port: int) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection.request("GET", "/live", headers={"Cookie": cookie})
    return connection.getresponse()


def _told(stream: http.client.HTTPResponse) -> int:
    """The number of the ticket that is told of next."""
    kind = b""
    for line in stream:
        name, _, value = line.strip().partition(b": ")
        kind = value if name == b"event" else kind
        if name == b"data" and kind == b"ticket":
            return int(value)
    raise ConnectionError("The stream of news has ended.")
