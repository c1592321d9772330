"""Live news: a stream that says what changed, never what it says now; the page asks for that behind its own guard."""

import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app
from flask_login import current_user
from redis import Redis, RedisError
from redis.client import PubSub

from helpdesk.services import sign_in
from helpdesk.services.bell import LIVE, connection
from helpdesk.services.instant import now
from helpdesk.web.format import iso

bp = Blueprint("live", __name__)

BEAT = 5.0
CHECK = 60.0
PATIENCE = 5.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@bp.get("/live")
def stream() -> Response:
    """Events "ticket" and "board" as they happen, and the server's time every five seconds."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    news = _news(app, connection(), str(current_user.id))
    return Response(news, mimetype="text/event-stream", headers=HEADERS)


def _news(app: Flask, bell: Redis, token: str) -> Iterator[str]:
    """Until the session ends, or what was said while Redis was away has to be asked for anew."""
    ears = _listen(bell)
    checked = beaten = time.monotonic()
    yield _event("beat", iso(now()))
    try:
        while time.monotonic() - checked < CHECK or _signed_in(app, token):
            if time.monotonic() - checked >= CHECK:
                checked = time.monotonic()
            said, deaf = _heard(ears, BEAT - (time.monotonic() - beaten))
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


def _heard(ears: PubSub | None, patience: float) -> tuple[list[str], bool]:
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
    kind, _blank, what = bytes(message["data"]).decode("utf-8", "replace").partition(" ")
    known = kind in ("ticket", "board") and what.isprintable()
    return ([_event(kind, what)] if known else []), False


def _leave(ears: PubSub | None) -> None:
    if ears is not None:
        ears.close()


def _signed_in(app: Flask, token: str) -> bool:
    with app.app_context():
        return sign_in.person_of(token) is not None


def _event(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"
