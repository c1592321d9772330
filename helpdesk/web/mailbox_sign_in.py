"""Signing in to a mailbox at its service: there, and back with what was granted."""

import hmac
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import grants
from helpdesk.web.context import current_person

bp = Blueprint("mailbox_sign_in", __name__, url_prefix="/admin/mailboxes")
ASKED = "asked_for_mailbox"  # in the cookie while somebody is away at a service


@bp.get("/<int:channel_id>/sign-in")
def leave(channel_id: int) -> ResponseReturnValue:
    """Off to the service. A link, not a form: what forms lead to may only be here."""
    url, state, verifier = grants.ask(channel_id, by=current_person())
    session[ASKED] = [channel_id, state, verifier]
    return redirect(url, 302)


@bp.get("/back")
def back() -> ResponseReturnValue:
    """Back from the service: with a code that belongs to what this very browser asked, or with a refusal."""
    channel_id, verifier = _asked(session.pop(ASKED, None))
    if "code" not in request.args:
        raise Conflict("The sign-in service refused us: {error}", error=_error())
    known = grants.given(channel_id, code=request.args["code"][:4000], verifier=verifier, by=current_person())
    flash(_("Signed in to %(name)s.", name=known.name), "success")
    return redirect(url_for("admin_mailboxes.show", channel_id=channel_id), 303)


def _asked(kept: Any) -> tuple[int, str]:
    """What this browser asked for, when the answer is to that."""
    given = request.args.get("state", "")
    if not kept or not hmac.compare_digest(str(kept[1]).encode(), given.encode()):
        raise Conflict("This is no answer to what this browser asked; go to the mailbox and sign in again.")
    return int(kept[0]), str(kept[2])


def _error() -> str:
    return " ".join(request.args.get(name, "")[:300] for name in ("error", "error_description")).strip() or "?"
