"""`helpdesk sla`: deadline arithmetic for other programs, and a check of every clock."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from helpdesk.cli.simulate import simulate

if TYPE_CHECKING:
    from helpdesk.services.explain import Explained, ExplainedClock
    from helpdesk.services.trying import Trial


@click.group()
def sla() -> None:
    """Deadlines: compute them, replay a history, verify every stored clock."""


sla.add_command(simulate)


@sla.command()
@click.option("--jsonl", is_flag=True, required=True, help="One JSON object per line on stdin and on stdout.")
def time(jsonl: bool) -> None:
    """Answer {"op": "deadline" | "elapsed" | "is_open" | "next_open" | "next_close", "calendar", …} line by line.

    A bad line is answered {"error": …} and the next one is read.
    """
    del jsonl
    from helpdesk.sla.lines import answer_lines, time_line

    answer_lines(sys.stdin.buffer, sys.stdout.buffer, time_line)


@sla.command()
@click.option("--jsonl", is_flag=True, required=True, help="One JSON object per line on stdin and on stdout.")
def replay(jsonl: bool) -> None:
    """Answer {"calendar", "targets", "pauses", "happenings", "until"} with the clocks, line by line.

    A bad line is answered {"error": …} and the next one is read.
    """
    del jsonl
    from helpdesk.sla.lines import answer_lines, replay_line

    answer_lines(sys.stdin.buffer, sys.stdout.buffer, replay_line)


@sla.command()
@click.option("--all", "whole", is_flag=True, help="Every ticket, not only those open or changed within 31 days.")
@click.pass_context
def verify(context: click.Context, whole: bool) -> None:
    """Compare stored clocks with the replay of their ticket's history; print each that differs, and exit 1 then."""
    from helpdesk.cli.product import product, tell

    checked = differing = 0
    with product():
        from helpdesk.services import clocks

        for batch in clocks.everything() if whole else clocks.recent():
            checked, differing = checked + batch.clocks, differing + len(batch.differences)
            for difference in batch.differences:
                print(difference)
    found = f"{differing} differ from their history." if differing else "every one is what its history says."
    tell(f"{checked} clocks checked, {found}")
    context.exit(min(differing, 1))


@sla.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the versions used and every clock.")
def explain(number: int, as_json: bool) -> None:
    """Say why the deadlines of ticket NUMBER came out as they did: counted anew from its history, stretch by stretch."""
    from helpdesk.cli.product import product

    with product():
        from helpdesk.services.explain import of_number

        found = of_number(number)
        for line in [json.dumps(_facts(found), ensure_ascii=False)] if as_json else _lines(found):
            print(line)


@sla.command()
@click.argument("number", type=click.IntRange(1))
def policy(number: int) -> None:
    """Say which policy ticket NUMBER has, and which a new ticket like it would get today, and why not another."""
    from helpdesk.cli.product import product

    with product():
        from helpdesk.services.trying import of_number

        for line in _tried(of_number(number)):
            print(line)


def _tried(trial: "Trial") -> Iterator[str]:
    pinned = trial.pinned
    has = f"policy {pinned.policy.name!r}, version {pinned.version}" if pinned else "no policy"
    yield f"#{trial.ticket.number} has {has}. Today, from the top:"
    for place, one in enumerate(trial.tried, 1):
        verdict = "no" if one.unmet else "fits, and holds" if one == trial.taken else "fits, but comes too late"
        yield f"{place}. {one.version.policy.name!r}, version {one.version.version}: {verdict}"
        for unmet in one.unmet:
            yield f"   {unmet.name}: wants {', '.join(unmet.wanted)}; the ticket has {', '.join(unmet.has) or 'none'}"
    if trial.taken is None:
        yield "None fits: a new ticket like it would have no deadlines."


def _facts(found: "Explained") -> dict[str, Any]:
    rules = found.rules
    used = {"policy": rules.definition["name"], "version": rules.version} if rules else None
    return {
        "number": found.ticket.number,
        "policy": used,
        "clocks": [
            {**one.said, "rules": [rule.facts for rule in one.rules], "stored": one.stored} for one in found.clocks
        ],
    }


def _lines(found: "Explained") -> Iterator[str]:
    if found.rules is None:
        yield f"#{found.ticket.number} has no deadlines: no policy held when it was opened."
        return
    kind = "working" if found.working else "calendar"
    yield f"#{found.ticket.number}: policy {found.rules.definition['name']!r}, version {found.rules.version}, {kind} time. Times are UTC."
    for clock in found.clocks:
        yield from _clock(clock)


def _clock(clock: "ExplainedClock") -> Iterator[str]:
    said = clock.said
    used, target = (_length(said[key]) for key in ("used_seconds", "target_seconds"))
    yield f"{said['clock']} {said['turn']}: {said['state']}, {used} used of {target}, due {_at(said['due_at'])}"
    if len(clock.rules) > 1 or any(rule.treatment for rule in clock.rules):
        yield "  by " + ", then ".join(_rule(rule.facts) for rule in clock.rules)
    for piece in clock.pieces:
        sign, why = ("+" if piece.counted else "-"), f"{piece.reason} {piece.name}".strip()
        late = ", past the deadline" if piece.over else ""
        yield f"  {_at(piece.start)} - {_at(piece.end)} {sign} {_length(piece.seconds)} {why}; {piece.holder or 'no owner'}{late}"
    told = {kind: [(one["holder"], one["seconds"]) for one in shares] for kind, shares in clock.said["shares"].items()}
    for kind, nobody in (("owner", "no owner"), ("team", "no team"), ("shift", "off shift")):
        if shares := clock.shares if kind == "owner" else told.get(kind):
            yield f"  by {kind}: " + "; ".join(f"{holder or nobody}: {_length(length)}" for holder, length in shares)
    if not clock.stored:
        yield "  The database holds something else: helpdesk sla verify"


def _rule(facts: dict[str, Any]) -> str:
    how = {"running": ", from then on", "recompute": ", counted anew from the start"}.get(facts["treatment"], "")
    return f"version {facts['version']} since {_at(facts['since'])}{how}"


def _at(at: datetime | str | None) -> str:
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "never"


def _length(length: float) -> str:
    minutes, left = divmod(int(length), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"
