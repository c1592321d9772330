"""The door for machines: chats post their events here. No session and no cookie; a signature says who it is."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.channels.chat.payload import LIMIT, Differs, Malformed, TooLarge
from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import hooks

bp = Blueprint("hooks", __name__, url_prefix="/hooks")
RETRY_AFTER = "30"


@bp.post("/<name>")
def receive(name: str) -> ResponseReturnValue:
    """Take an event of the channel of this name or id: 204 once it is in the ledger, however often it comes."""
    request.max_content_length = LIMIT
    body = request.get_data()
    if request.mimetype != "application/json":
        return {"error": "The content type must be application/json."}, 415
    hooks.receive(name, {header.lower(): value for header, value in request.headers}, body)
    return "", 204


@bp.errorhandler(NotAllowed)
def unknown(refusal: NotAllowed) -> ResponseReturnValue:
    """One answer for every wrong signature, whatever is wrong with it and whether or not there is such a channel."""
    return {"error": str(refusal)}, 401


@bp.errorhandler(Malformed)
def malformed(error: Malformed) -> ResponseReturnValue:
    """What the sender should change."""
    return {"error": str(error)}, 400


@bp.errorhandler(Differs)
def differs(error: Differs) -> ResponseReturnValue:
    """An id names one event."""
    return {"error": str(error)}, 422


@bp.errorhandler(413)
@bp.errorhandler(TooLarge)
def too_large(_error: Exception) -> ResponseReturnValue:
    """More than the contract allows."""
    return {"error": f"The body is larger than {LIMIT} bytes."}, 413


@bp.errorhandler(SQLAlchemyError)
@bp.errorhandler(OSError)
@bp.errorhandler(Conflict)
def unavailable(_error: Exception) -> ResponseReturnValue:
    """It cannot be kept now; the sender keeps it and tries again."""
    return {"error": "This cannot be kept now; try again."}, 503, {"Retry-After": RETRY_AFTER}
