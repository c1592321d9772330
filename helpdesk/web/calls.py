"""The page where a log of telephone calls is imported: choose it, look at what would be read, then keep it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from helpdesk.channels.calls.layout import FIELDS
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, HelpdeskError, NotFound
from helpdesk.services import calls
from helpdesk.web.context import current_person
from helpdesk.web.errors import told

bp = Blueprint("calls", __name__, url_prefix="/calls")
CHOSEN_FOR = 3600  # seconds between preview and import
PROBLEMS = 100


@bp.get("")
def show() -> ResponseReturnValue:
    """The first phone log, or why there is none."""
    logs = calls.channels(current_person())
    if not logs:
        return render_template("calls/none.html")
    return redirect(url_for("calls.choose", channel_id=logs[0].id))


@bp.get("/<int:channel_id>")
def choose(channel_id: int) -> ResponseReturnValue:
    """The form in which a log is chosen."""
    return _form(_channel(channel_id))


@bp.post("/<int:channel_id>/previews")
def preview(channel_id: int) -> ResponseReturnValue:
    """How the chosen log would be read."""
    channel, file = _channel(channel_id), request.files.get("file")
    try:
        mapping = _mapping(request.form)
        if file is None or not file.filename:
            raise HelpdeskError("Choose a file.")
        content = file.read()
        seen = calls.preview(channel_id, content, mapping, by=current_person())
    except HelpdeskError as refusal:
        return _form(channel, request.form, told(refusal)), 422
    chosen = _signer().dumps([current_person().id, channel_id, calls.lay_aside(content), mapping])
    return render_template(
        "calls/preview.html", channel=channel, seen=seen, filename=file.filename, chosen=chosen, shown=PROBLEMS
    )


@bp.post("/<int:channel_id>/imports")
def import_(channel_id: int) -> ResponseReturnValue:
    """Keep the calls of the log that was looked at."""
    try:
        person_id, of, sha256, mapping = _signer().loads(request.form.get("chosen", ""), max_age=CHOSEN_FOR)
    except BadSignature as error:
        raise Conflict("This log was chosen too long ago; choose it again.") from error
    if (person_id, of) != (current_person().id, channel_id):
        raise NotFound("There is no such phone log.")
    done = calls.import_(channel_id, calls.laid_aside(sha256), mapping, by=current_person())
    flash(_("Imported: %(new)s new calls, %(there)s were there already.", new=done.new, there=done.there), "ok")
    return redirect(url_for("calls.choose", channel_id=channel_id))


def _channel(channel_id: int) -> Channel:
    found = [channel for channel in calls.channels(current_person()) if channel.id == channel_id]
    if not found:
        raise NotFound("There is no such phone log.")
    return found[0]


def _form(channel: Channel, sent: Mapping[str, str] | None = None, error: str = "") -> str:
    known = _fields(channel.settings.get("mapping", {})) if sent is None else sent
    logs = calls.channels(current_person())
    return render_template("calls/choose.html", channel=channel, logs=logs, known=known, fields=FIELDS, error=error)


def _mapping(sent: Mapping[str, str]) -> dict[str, Any]:
    """The mapping that the form describes; what was left empty is left out."""
    text = {name: sent.get(name, "").strip() for name in ("format", "zone", "internal")}
    mapping: dict[str, Any] = {name: value for name, value in text.items() if value}
    if "internal" in mapping:
        mapping["internal"] = int(text["internal"]) if text["internal"].isdecimal() else text["internal"]
    lists = {
        "columns": {name: sent[f"column_{name}"].strip() for name in FIELDS if sent.get(f"column_{name}", "").strip()},
        "own": [number.strip() for number in sent.get("own", "").replace(",", "\n").splitlines() if number.strip()],
        "words": dict(_pair(line) for line in sent.get("words", "").splitlines() if line.strip()),
    }
    return {**mapping, **{name: value for name, value in lists.items() if value}}


def _pair(line: str) -> tuple[str, str]:
    word, _equals, meaning = line.rpartition("=")
    return word.strip(), meaning.strip()


def _fields(mapping: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields for a mapping that is known."""
    columns = {f"column_{name}": column for name, column in mapping.get("columns", {}).items()}
    texts = {name: str(mapping[name]) for name in ("format", "zone", "internal") if name in mapping}
    words = "\n".join(f"{word} = {meaning}" for word, meaning in mapping.get("words", {}).items())
    return {**columns, **texts, "own": "\n".join(mapping.get("own", [])), "words": words}


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="call-log")
