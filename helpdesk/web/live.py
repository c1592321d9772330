"""Live news: a stream that says what changed, never what it says now; the page asks for that behind its own guard."""

import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user

from helpdesk.people.roles import Role
from helpdesk.services import sign_in
from helpdesk.services.instant import now
from helpdesk.web.format import iso
from helpdesk.web.hub import Ear, Hub, Missed, Reader

bp = Blueprint("live", __name__)

BEAT = 5.0
CHECK = 50.0  # looked at on the next beat: whoever is out hears nothing after a minute
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@bp.get("/live")
def stream() -> Response:
    """Events "ticket", "notice" and "board" as they happen, and the server's time every five seconds.

    A ticket is told of to whoever sees its team, a notice to whom it is for. With `here=all`, or a ticket's number,
    "presence" too: the number, and who else is at it.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    news = _news(app, str(current_user.id), request.args.get("here", ""))
    return Response(news, mimetype="text/event-stream", headers=HEADERS)


def _news(app: Flask, token: str, here: str = "") -> Iterator[str]:
    """Until the session ends, or what was said while Redis was away has to be asked for anew."""
    hub: Hub = app.extensions["hub"]
    reader = _reader(app, token)
    if reader is None:
        return
    with hub.listening(reader, here) as ear:
        checked = time.monotonic()
        while reader is not None:
            ear.reader = reader
            yield _event("beat", iso(now()))
            try:
                yield from _until(time.monotonic() + BEAT, ear)
            except Missed:
                return
            if time.monotonic() - checked >= CHECK:
                checked, reader = time.monotonic(), _reader(app, token)


def _until(end: float, ear: Ear) -> Iterator[str]:
    while (left := end - time.monotonic()) > 0:
        news = ear.next(left)
        if news is not None:
            yield _event(*news)


def _reader(app: Flask, token: str) -> Reader | None:
    """Who is signed in by now."""
    with app.app_context():
        person = sign_in.person_of(token)
        if person is None:
            return None
        return Reader(person.id, None if person.role == Role.ADMINISTRATOR else frozenset(person.team_ids))


def _event(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"
