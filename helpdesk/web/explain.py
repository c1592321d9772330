"""Why a deadline is what it is: one clock of a ticket at a time."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.services import explain
from helpdesk.services.explain import ExplainedClock, Piece
from helpdesk.web import words
from helpdesk.web.context import current_person

bp = Blueprint("explain", __name__)


@bp.get("/tickets/<int:number>/deadlines")
def show(number: int) -> ResponseReturnValue:
    """The ticket's clocks, and the chosen one at length: the first that was missed, when none is chosen."""
    found = explain.explained(number, by=current_person())
    return render_template(
        "explain/show.html",
        found=found,
        ticket=found.ticket,
        chosen=_chosen(found.clocks, request.args.get("clock", "")),
        spans=_spans,
        clock_name=words.clock,
        priority_name=words.priority,
    )


def _chosen(clocks: list[ExplainedClock], key: str) -> ExplainedClock | None:
    by_key = next((clock for clock in clocks if clock.key == key), None)
    late = next((clock for clock in clocks if clock.look == "late"), None)
    return by_key or late or (clocks[0] if clocks else None)


def _spans(pieces: list[Piece]) -> list[dict[str, Any]]:
    """The pieces as the chart takes them; neighbours that look alike are one."""
    spans: list[dict[str, Any]] = []
    for piece in pieces:
        kind = _kind(piece)
        if spans and spans[-1]["kind"] == kind:
            spans[-1]["seconds"] += piece.seconds
            continue
        spans.append({"kind": kind, "seconds": piece.seconds, "start": piece.start})
    running = sum(span["seconds"] for span in spans if span["kind"] in ("run", "over")) or 1
    widest = {"closed": max(running / 10, 1), "pause": max(running / 4, 1)}
    return [{**span, "width": min(span["seconds"], widest.get(span["kind"], span["seconds"]))} for span in spans]


def _kind(piece: Piece) -> str:
    if piece.counted:
        return "over" if piece.over else "run"
    return "pause" if piece.reason == "paused" else "closed"
