"""How soon another person's change shows in the open queues of three hundred people: each hears of it and asks for its rows anew."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bench.figures import Figure, Tell, spread
from bench.places import Place, desk
from bench.visiting import CSRF, Visitor
from helpdesk.people.models import Person
from helpdesk.services.database import db
from tests.processes import begun, free_port, process

PEOPLE = 300
CHANGES, BETWEEN, LONGEST = 20, 1.0, 60.0
DEBOUNCE = 0.15  # as long as an open page waits for more
FRAGMENT = "/queue/rows?view=team"
TARGETS = [(0.5, ""), (0.95, "≤ 1000"), (1.0, "")]
VERSION = re.compile(rb'name="version_(\d+)" value="(\d+)"')


@dataclass
class Page:
    """One open queue: whether it listens, and when it showed the change that is waited for."""

    port: int
    cookie: str
    team_id: int
    listening: bool = False
    wanted: tuple[int, int] = (0, 0)
    shown_at: float | None = None

    async def live(self) -> None:
        """Listen, and ask for what is shown when there are news, as the page's script does."""
        lines, writer = await self._asked("/live")
        waiting: asyncio.Task[None] | None = None
        try:
            async for line in lines:
                self.listening = True
                if line.startswith(b"event: ticket"):
                    if waiting is not None and not waiting.done():
                        waiting.cancel()
                    waiting = asyncio.create_task(self._soon())
        finally:
            writer.close()

    async def _soon(self) -> None:
        await asyncio.sleep(DEBOUNCE)
        await asyncio.shield(self._fetch())

    async def _fetch(self) -> None:
        lines, writer = await self._asked(FRAGMENT, "Connection: close\r\n")
        body, at = await lines.read(), time.perf_counter()
        writer.close()
        assert body.startswith(b"HTTP/1.1 200"), body[:200]
        number, version = self.wanted
        if self.shown_at is None and _versions(body).get(number, 0) >= version:
            self.shown_at = at

    async def _asked(self, path: str, more: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        lines, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{more}\r\n".encode())
        return lines, writer


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database: staff with six open queues each, in five teams, and a colleague who tags a ticket every second or two."""
    for place in places.values():
        tell(f"watching on {place.database} with {size:,} open tickets")
        config = place.copy(size)
        with desk(config):
            agents = db.session.scalars(select(Person).where(Person.login.like("t%a%")).order_by(Person.id)).all()
            port = free_port()
            with process(config, "helpdesk", "web", HELPDESK_PORT=str(port)) as web:
                begun(web)
                pages = [_page(agents[number % len(agents)], port) for number in range(PEOPLE)]
                changer = Visitor(port)
                changer.sign_in(agents[1])
                seconds = asyncio.run(_watched(pages, changer, agents[1].team_ids[0]))
        place.drop(config)
        note = f"{PEOPLE} open queues, of {len(agents)} people"
        what = "another person's change until it is in an open queue"
        yield from spread(what, seconds, TARGETS, note=note, database=place.database, size=size)


def _page(person: Person, port: int) -> Page:
    visitor = Visitor(port)
    visitor.sign_in(person)
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return Page(port, cookie, person.team_ids[0])


async def _watched(pages: Sequence[Page], changer: Visitor, team_id: int) -> list[float]:
    live = [asyncio.create_task(page.live()) for page in pages]
    while not all(page.listening for page in pages):
        await asyncio.sleep(0.1)
    mine = [page for page in pages if page.team_id == team_id]
    found: list[float] = []
    number = await asyncio.to_thread(_staying, changer)
    for turn in range(CHANGES):
        versions, token = await asyncio.to_thread(_rows, changer)
        for page in mine:
            page.wanted, page.shown_at = (number, versions[number] + 1), None
        begun_at = time.perf_counter()
        await asyncio.to_thread(_tag, changer, number, f"turn{turn}", versions[number], token)
        while any(page.shown_at is None for page in mine):
            assert time.perf_counter() < begun_at + LONGEST, "Some open queues do not show a change."
            await asyncio.sleep(0.1)
        found += [page.shown_at - begun_at for page in mine if page.shown_at]
        await asyncio.sleep(BETWEEN)
    for one in live:
        one.cancel()
    await asyncio.gather(*live, return_exceptions=True)
    return found


def _staying(changer: Visitor) -> int:
    """A ticket that stays in sight when it is changed: what is late by the tables may not be late by its history."""
    for number in _rows(changer)[0]:
        versions, token = _rows(changer)
        if number in versions:
            _tag(changer, number, "before", versions[number], token)
        if number in _rows(changer)[0]:
            return number
    raise LookupError("No ticket stays where it is.")


def _rows(changer: Visitor) -> tuple[dict[int, int], str]:
    """The versions of the tickets in the queue by their numbers, and what a form has to bear."""
    body = changer.ask("/queue?view=team")
    token = CSRF.search(body)
    assert token, "The queue has no form."
    return _versions(body.encode()), token[1]


def _versions(body: bytes) -> dict[int, int]:
    return {int(number): int(version) for number, version in VERSION.findall(body)}


def _tag(changer: Visitor, number: int, tag: str, version: int, token: str) -> None:
    changer.ask(f"/tickets/{number}/tags", f"csrf_token={token}&to={tag}&version={version}")
