"""Settings: what a mailbox needs to sign its mail. The key itself is never shown."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.services import signing
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("admin_sending", __name__, url_prefix="/admin/channels/<int:channel_id>/dkim")

FOUND = {
    "right": ("ok", _l("The name service has the record: what this mailbox signs can be checked.")),
    "other": ("late", _l("The name service has another record there; replace it by the one shown here.")),
    "none": ("burn", _l("The name service has no such record yet; a new one may take up to a day to be seen.")),
    "away": ("burn", _l("The name service does not answer; try again in a minute.")),
}


@bp.post("/key")
def make(channel_id: int) -> ResponseReturnValue:
    """Make a new key."""
    Form().load(request.form)
    signing.make_key(channel_id, by=current_person())
    flash(_("The key is made; put the record into the name service, then look it up here."), "ok")
    return _back(channel_id)


@bp.post("/lookup")
def look_up(channel_id: int) -> ResponseReturnValue:
    """Ask the name service for the record."""
    Form().load(request.form)
    kind, text = FOUND[signing.looked_up(channel_id, by=current_person())]
    flash(str(text), kind)
    return _back(channel_id)


def _back(channel_id: int) -> ResponseReturnValue:
    return redirect(url_for("admin_channels.channel", channel_id=channel_id, _anchor="c-dkim"), 303)
