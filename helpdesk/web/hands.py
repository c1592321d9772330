"""Handing over as staff read it: how a stretch of ownership began."""

from flask_babel import lazy_gettext as _l

STINTS = {
    "opened": _l("came in"),
    "taken": _l("took it"),
    "assigned": _l("assigned"),
    "handover": _l("handed over"),
    "team_changed": _l("team changed"),
    "not in the new team": _l("team changed"),
    "reopened": _l("reopened"),
    "unjunked": _l("no junk"),
    "import_ended": _l("imported"),
    "reply_withdrawn": _l("answer taken back"),
    "answer taken back": _l("answer taken back"),
    "owner away": _l("owner was away"),
    "nobody took over": _l("nobody took over"),
}


def stint(why: str) -> str:
    """How a stretch of ownership began."""
    return str(STINTS.get(why, why))
