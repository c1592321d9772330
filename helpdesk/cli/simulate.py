"""`helpdesk sla simulate`: what past tickets would look like under another promise."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from helpdesk.services.outcomes import Line
    from helpdesk.services.simulate import Changed, Count

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("policy")
@click.option(
    "--draft", type=click.File(encoding="utf-8"), help="A whole definition as JSON, instead of the one in force."
)
@click.option(
    "--promise", multiple=True, metavar="PRIORITY.CLOCK=LENGTH", help="Such as normal.first_response=1h; *. is any."
)
@click.option("--from", "first", type=DAY, help="The first day of arrival; 30 days ago when not given.")
@click.option("--to", "last", type=DAY, help="The last day; today when not given.")
@click.option("--tickets", is_flag=True, help="A line for each clock that would come out otherwise.")
@click.option(
    "--json", "as_json", is_flag=True, help="JSON instead of words: one object, after a line for each ticket."
)
def simulate(
    policy: str,
    draft: Any,
    promise: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    tickets: bool,
    as_json: bool,
) -> None:
    """Count past tickets anew under another definition of POLICY, and say what would change. Nothing is written."""
    from helpdesk.cli.product import product, tell
    from helpdesk.sla.refusal import Refusal

    promises, definition = _promises(promise), _definition(draft)
    with product():
        from helpdesk.services import outcomes, simulations

        since, until = _period(first, last)
        count = None
        try:
            for count, changes in simulations.counting(policy, definition, promises, since, until):
                _progress(count)
                for change in changes if tickets else ():
                    print(json.dumps(change._asdict(), default=str) if as_json else _change(change))
        except Refusal as error:
            raise click.ClickException(str(error)) from error
        assert count
        told = {scope: outcomes.lines(count.counts, scope) for scope in ("past", "running", "recompute")}
        if as_json:
            print(json.dumps(_facts(count, told), ensure_ascii=False))
        else:
            _say(count, told)
    tell("Nothing was saved.")


def _promises(given: tuple[str, ...]) -> dict[str, dict[str, int]]:
    from helpdesk.lengths import seconds_of
    from helpdesk.tickets.models import Priority

    found: dict[str, dict[str, int]] = {}
    for text in given:
        name, _, length = text.partition("=")
        priority, _, clock = name.partition(".")
        seconds = seconds_of(length)
        if priority not in ("*", *Priority) or not clock or seconds is None:
            raise click.BadParameter(f"{text!r}: write PRIORITY.CLOCK=LENGTH, such as normal.first_response=1h.")
        found.setdefault(priority, {})[clock] = seconds
    return found


def _definition(draft: Any) -> Any:
    if draft is None:
        return None
    try:
        return json.load(draft)
    except ValueError as error:
        raise click.BadParameter(f"{draft.name} is not JSON: {error}.") from error


def _period(first: datetime | None, last: datetime | None) -> tuple[datetime, datetime]:
    """Whole days by the product's time zone."""
    from zoneinfo import ZoneInfo

    from helpdesk.services.period import period
    from helpdesk.services.store import settings

    try:
        return period(first and first.date(), last and last.date(), ZoneInfo(settings().time_zone))
    except ValueError as error:
        raise click.BadParameter(f"{error}") from error


def _progress(count: "Count") -> None:
    if sys.stderr.isatty():
        print(f"\r{count.counts.looked:,} tickets", end="" if count.place else "\n", file=sys.stderr, flush=True)


def _change(one: "Changed") -> str:
    due = " → ".join(f"{at:%Y-%m-%d %H:%M}" if at else "never" for at in (one.due_before, one.due_after))
    return f"{one.scope} #{one.number} {one.kind} {one.turn}: {one.before} → {one.after}, due {due}"


def _say(count: "Count", told: dict[str, list["Line"]]) -> None:
    print(f"{sum(count.counts.tickets.values()):,} tickets came in this time.")
    for line in told["past"]:
        before, after = (f"{share:.0f} %" if share is not None else "-" for share in line.shares)
        missed = f"late {line.before.get('missed', 0)} → {line.after.get('missed', 0)}"
        print(f"{line.kind}: in time {before} → {after}, {missed}, not due {line.after.get('not_due', 0)}")
    for scope, words in (("running", "running clocks from now on"), ("recompute", "all that is open counted anew")):
        moved = sum(line.moved for line in told[scope])
        late = sum(line.more_missed for line in told[scope])
        print(f"open tickets, {words}: {moved} deadlines move, {late} are late at once")


def _facts(count: "Count", told: dict[str, list["Line"]]) -> dict[str, Any]:
    scopes = {
        scope: {line.kind: {"before": line.before, "after": line.after, "moved": line.moved} for line in lines}
        for scope, lines in told.items()
    }
    return {"tickets": sum(count.counts.tickets.values()), **scopes}
