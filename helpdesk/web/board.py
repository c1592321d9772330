"""The board: how the supervisor's teams stand, as one page and as the fragment that keeps it true."""

from datetime import datetime, tzinfo
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from helpdesk.reports.flow import Level
from helpdesk.reports.standing import MOST
from helpdesk.services import board
from helpdesk.services.board import ENOUGH, TARGET, Board
from helpdesk.web import words, zone
from helpdesk.web.context import current_person, language
from helpdesk.web.format import city, number

bp = Blueprint("board", __name__)

AGES = ("ok", "ok", "ok", "soon", "burn")
LONGEST_NAMES = 3  # teams named in the heading before they are only counted


@bp.get("/board")
def show() -> ResponseReturnValue:
    """The whole page."""
    return render_template("board/show.html", **_figures())


@bp.get("/board/now")
def now() -> ResponseReturnValue:
    """What stands inside the page, for the page that is open."""
    return render_template("board/now.html", **_figures())


def _figures() -> dict[str, Any]:
    here = zone()
    shown = board.board(current_person(), here)
    return {
        "board": shown,
        "sl": {"target": TARGET, "state": _judged(shown.level), "enough": ENOUGH},
        "points": [_point(level, at, here) for level, at in zip(shown.day.intervals, shown.day.edges, strict=False)],
        "ticks": _ticks(shown, here),
        "names": [team.standing.name for team in shown.teams],
        "longest_names": LONGEST_NAMES,
        "city": city(str(here), language()),
        "many": many,
        "clock_name": words.clock,
        "judged": _judged,
        "age_states": AGES,
    }


def many(count: int) -> str:
    """A count as it is shown: one that was not counted to its end has a plus."""
    return f"{number(MOST, language())}+" if count >= MOST else number(count, language())


def _judged(level: Level) -> str:
    """ok, soon (below the target), burn (a tenth or more below it), or nothing when too little is known."""
    if level.share is None or level.known < ENOUGH:
        return ""
    return "ok" if level.share >= TARGET else "soon" if level.share >= TARGET - 0.1 else "burn"


def _point(level: Level, at: datetime, here: tzinfo) -> dict[str, Any]:
    """One bar of the chart: shares of all that began in the half hour."""
    began = level.known + level.waiting
    return {
        "label": f"{at.astimezone(here):%-H:%M}",
        "value": 100 * level.met / began if level.known else None,
        "open": 100 * level.waiting / began if began else 0,
        "n": began,
        "few": 0 < began < ENOUGH,
    }


def _ticks(shown: Board, here: tzinfo) -> list[str]:
    """Labels under the running totals: every few hours, so that they don't touch."""
    hours = [at.astimezone(here) for at in shown.day.hours]
    step = max(1, -(-len(hours) // 4))
    return [f"{at:%-H:%M}" if i % step == 0 and i < len(hours) - 1 else "" for i, at in enumerate(hours)]
