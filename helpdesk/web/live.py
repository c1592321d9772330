"""Live news: a stream that says what changed, never what it says now; the page asks for that behind its own guard."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app
from flask_login import current_user
from redis import Redis, RedisError
from redis.client import PubSub

from helpdesk.people.roles import Role
from helpdesk.services import sign_in
from helpdesk.services.bell import LIVE, connection
from helpdesk.services.instant import now
from helpdesk.web.format import iso

bp = Blueprint("live", __name__)

BEAT = 5.0
CHECK = 60.0
PATIENCE = 5.0
WORDS = re.compile(r"ticket (?P<number>\d+) ?(?P<teams>[\d,]*)|notice (?P<people>[\d,]+)|board (?P<name>\w+)")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@bp.get("/live")
def stream() -> Response:
    """Events "ticket", "notice" and "board" as they happen, and the server's time every five seconds.

    A ticket is told of to whoever sees its team, a notice to whom it is for.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    news = _news(app, connection(), str(current_user.id))
    return Response(news, mimetype="text/event-stream", headers=HEADERS)


@dataclass(frozen=True)
class Reader:
    """Whom a stream is for; *teams* is None for somebody who sees all of them."""

    id: int
    teams: frozenset[int] | None

    def sees(self, ids: str) -> bool:
        """Whether one of these teams is theirs; of no team is what everybody may know."""
        return self.teams is None or not ids or not self.teams.isdisjoint(map(int, ids.split(",")))


def _news(app: Flask, bell: Redis, token: str) -> Iterator[str]:
    """Until the session ends, or what was said while Redis was away has to be asked for anew."""
    ears = _listen(bell)
    checked = beaten = time.monotonic()
    yield _event("beat", iso(now()))
    reader = _reader(app, token)
    try:
        while reader is not None:
            if time.monotonic() - checked >= CHECK:
                checked = time.monotonic()
                reader = _reader(app, token)
                continue
            said, deaf = _heard(ears, reader, BEAT - (time.monotonic() - beaten))
            yield from said
            if time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                yield _event("beat", iso(now()))
            if deaf:
                _leave(ears)
                ears = _listen(bell)
                if ears is not None:
                    return
    finally:
        _leave(ears)


def _listen(bell: Redis) -> PubSub | None:
    ears = PubSub(bell.connection_pool, ignore_subscribe_messages=True)
    try:
        ears.subscribe(LIVE)
        ears.get_message(timeout=PATIENCE)  # the confirmation: what is said from now on is heard
    except RedisError:
        ears.close()
        return None
    return ears


def _heard(ears: PubSub | None, reader: Reader, patience: float) -> tuple[list[str], bool]:
    """What is said next, waiting no longer than *patience*; and whether nothing can be heard."""
    wait = max(patience, 0.01)
    if ears is None:
        time.sleep(min(wait, 1.0))
        return [], True
    try:
        message = ears.get_message(timeout=wait)
    except RedisError:
        return [], True
    if message is None or message["type"] != "message":
        return [], False
    return list(_told(bytes(message["data"]).decode("utf-8", "replace"), reader)), False


def _told(said: str, reader: Reader) -> Iterator[str]:
    """What this reader is told of it: nothing of foreign tickets, nor of what nobody of us says."""
    match WORDS.fullmatch(said):
        case re.Match(lastgroup="teams") as found if reader.sees(found["teams"]):
            yield _event("ticket", found["number"])
        case re.Match(lastgroup="people") as found if str(reader.id) in found["people"].split(","):
            yield _event("notice", "")
        case re.Match(lastgroup="name") as found:
            yield _event("board", found["name"])


def _leave(ears: PubSub | None) -> None:
    if ears is not None:
        ears.close()


def _reader(app: Flask, token: str) -> Reader | None:
    """Who is signed in by now."""
    with app.app_context():
        person = sign_in.person_of(token)
        if person is None:
            return None
        return Reader(person.id, None if person.role == Role.ADMINISTRATOR else frozenset(person.team_ids))


def _event(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"
