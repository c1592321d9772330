"""Refusals become pages: the only place that knows status codes."""

import secrets

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from helpdesk.blobs import Unkept
from helpdesk.errors import Conflict, HelpdeskError, NotAllowed, NotFound
from helpdesk.services.guesses import Throttled
from helpdesk.services.store import Unanswered
from helpdesk.sla.refusal import Refusal

STATUS: dict[type[HelpdeskError], int] = {
    NotFound: 404,
    Throttled: 429,
    NotAllowed: 403,
    Conflict: 409,
    HelpdeskError: 400,
}
log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Hang the answers to everything that is refused or breaks."""
    app.register_error_handler(HelpdeskError, refused)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(Unanswered, unanswered)
    app.register_error_handler(Unkept, unkept)
    app.register_error_handler(HTTPException, plain)
    app.register_error_handler(InternalServerError, broken)


def refused(error: HelpdeskError) -> ResponseReturnValue:
    """What the desk refuses, in its own words."""
    return _page(status_of(error), told(error))


def status_of(error: HelpdeskError) -> int:
    """The number by which a refusal is known on the wire."""
    return next(code for kind, code in STATUS.items() if isinstance(error, kind))


def told(error: HelpdeskError | Refusal) -> str:
    """A refusal in the reader's language."""
    text = _(error.text)
    return text.format(**error.facts) if error.facts else text


def invalid(error: ValidationError) -> ResponseReturnValue:
    """A form with wrong or missing fields: which, and what to write."""
    lines = [f"{field}: {' '.join(map(str, texts))}" for field, texts in error.messages_dict.items()]
    return _page(422, _("Some fields need another look."), lines)


def stale_form(_error: CSRFError) -> ResponseReturnValue:
    """A form from elsewhere, or one left open too long."""
    return _page(400, _("This page was open too long. Go back, reload it and send it again."))


def unavailable(error: OperationalError) -> ResponseReturnValue:
    """The database does not answer just now."""
    log.error("database.unavailable", error=str(error.orig))
    page, status = _page(503, _("The database is busy or away. Nothing was changed; try again in a minute."))
    return page, status, {"Retry-After": "30"}


def unanswered(error: Unanswered) -> ResponseReturnValue:
    """The database did not answer a commit; to say that nothing was changed might be wrong."""
    log.error("database.unanswered", error=str(error.orig))
    return _page(503, _("The database did not answer whether this was done. Look before you do it again."))


def unkept(error: Unkept) -> ResponseReturnValue:
    """The disk is full or fails."""
    log.error("web.unkept", error=str(error))
    return _page(503, _("The disk did not take a file. Nothing was changed; tell an administrator, then try again."))


def plain(error: HTTPException) -> ResponseReturnValue:
    """What the web itself refuses."""
    if error.code is None or error.code < 400:
        return error
    return _page(error.code, _(WORDS.get(error.code, "This request can't be answered.")))


def broken(error: InternalServerError) -> ResponseReturnValue:
    """A defect: the visitor gets a number by which the log can be searched, and nothing else."""
    incident = secrets.token_hex(4)
    cause = error.original_exception or error
    log.error("web.broken", incident=incident, door=request.endpoint, error=type(cause).__name__, exc_info=cause)
    return _page(
        500, _("Something broke on our side. Tell an administrator the number %(incident)s.", incident=incident)
    )


WORDS = {
    400: "This request makes no sense to us. Go back and try again.",
    401: "You are signed out. Sign in and try again.",
    404: "There is no such page.",
    405: "This page does not take that kind of request.",
    413: "That is too large.",
    415: "We can't read that kind of content.",
    429: "Too many requests. Wait a little and try again.",
}


def _page(status: int, text: str, lines: list[str] | None = None) -> tuple[str, int]:
    if request.headers.get("HX-Request"):
        return render_template("errors/fragment.html", status=status, text=text, lines=lines or []), status
    return render_template("errors/page.html", status=status, text=text, lines=lines or []), status
