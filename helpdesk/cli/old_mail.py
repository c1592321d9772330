"""`helpdesk import`: old mail out of an mbox, a Maildir or files."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpdesk.cli.product import product, tell

if TYPE_CHECKING:
    from helpdesk.services.archives import Archive
    from helpdesk.services.importing import Order, Tally

EVERY = 1000
PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
OPTIONS = (
    click.option("--channel", "name", required=True, help="The mailbox, by its name or address under Channels."),
    click.option("--dry-run", is_flag=True, help="Look and read, and say what would be done; nothing is written."),
    click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leave out mail from before this day."),
    click.option(
        "--status",
        type=click.Choice(["solved", "closed", "open"]),
        default="solved",
        show_default=True,
        help="What the tickets are left as; open ones wait from now on.",
    ),
    click.option("--limit", type=click.IntRange(1), help="At most so many mails in this call; the next call goes on."),
    click.option("--rejects", type=click.Path(path_type=Path), help="Where to list what was not filed."),
)


@click.group()
def import_() -> None:
    """Old mail becomes tickets with its own dates, and nothing is ever sent for it.

    Several PATHs of one mailbox belong into one call, so that what was written finds what it answers. It may be stopped
    and called again: what is there already stays as it is. Exit codes: 0 all is well, 1 some mails cannot be read.
    """


def _command(kind: str, what: str) -> None:
    @PATHS
    @click.pass_context
    def command(context: click.Context, /, paths: tuple[Path, ...], **options: Any) -> None:
        context.exit(_run(kind, paths, **options))

    for option in reversed(OPTIONS):
        command = option(command)
    command.__doc__ = what
    import_.command(kind)(command)


_command("mbox", "Mails in mbox files.")
_command("maildir", "Mails in a Maildir and the folders below it; drafts, junk and deleted mail are left out.")
_command("eml", "Mails that are files: one, a folder of them, or a zip or tar.")


def _run(
    kind: str,
    paths: tuple[Path, ...],
    name: str,
    dry_run: bool,
    since: datetime | None,
    status: str,
    limit: int | None,
    rejects: Path | None,
) -> int:
    with product(), ExitStack() as kept:
        from helpdesk.services import importing
        from helpdesk.services.cut_off import beginning
        from helpdesk.services.store import settings

        channel = importing.mailbox(name)
        order = importing.Order(channel.id, status, beginning(since) if since else None, limit)
        archive, counting = kept.enter_context(importing.archive(kind, paths))
        for _ in shown(counting, None, lambda number: {"looked_at": number}):
            pass
        announce(archive, order, channel.name)
        act = importing.rehearsed if dry_run else importing.import_
        listed = rejects or settings().var / "imports" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.rejects.jsonl"
        tally = importing.Tally()
        with Rejects(listed) as file:
            file.add((place, "left out", why) for place, why in archive.left)
            for tally in shown(act(archive, order), archive.count, progress):
                file.add(tally.rejects)
                tally.rejects.clear()
        summary = summed(archive, tally, file)
    say(summary, dry_run)
    return 1 if tally.poison or tally.gone else 0


def announce(archive: "Archive", order: "Order", name: str) -> None:
    """How much there is, and what will be done with it."""
    span = archive.span()
    when = f", from {span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}" if span else ""
    tell(f"{archive.count:,} mails{when}; {len(archive.left):,} left out, {archive.twice:,} there twice.")
    if order.status == "open":
        tell(f"Into {name}: the tickets will be open, and their clocks start now, not when the mail came.")
    else:
        tell(f"Into {name}: the tickets will be {order.status} since their last mail. Nothing is sent.")


def progress(tally: "Tally") -> dict[str, Any]:
    """Where an import stands."""
    counts = {"filed": tally.filed, "there": tally.there, "refused": tally.refused.total(), "poison": tally.poison}
    return {"done": tally.done, **counts}


def shown(steps: Iterator[Any], total: int | None, say: Callable[[Any], dict[str, Any]]) -> Iterator[Any]:
    """The same steps, with a bar for whoever watches, else with a line of JSON for each thousand mails."""
    if sys.stderr.isatty():
        yield from _with_bar(steps, total, say)
        return
    told = 0
    for step in steps:
        facts = say(step)
        if (count := next(iter(facts.values())) // EVERY) > told:
            told = count
            tell(json.dumps({**facts, "of": total}))
        yield step


def _with_bar(steps: Iterator[Any], total: int | None, say: Callable[[Any], dict[str, Any]]) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Looking" if total is None else "Importing", total=total)
        for step in steps:
            bar.update(task, completed=next(iter(say(step).values())))
            yield step


class Rejects:
    """The list of what was not filed, a line of JSON each; the file is made with its first line."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file: Any = None

    def add(self, rejects: Any) -> None:
        """Write some down."""
        for place, state, reason in rejects:
            if self._file is None:
                self._file = open(self.path, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
            self.count += 1
            self._file.write(json.dumps({"mail": place, "state": state, "reason": reason}) + "\n")

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def summed(archive: "Archive", tally: "Tally", rejects: Rejects) -> dict[str, Any]:
    """What came out, in words that a program may read as well."""
    return {
        "mails": archive.count,
        "filed": tally.filed,
        "tickets": len(tally.tickets),
        "there": tally.there,
        "refused": dict(tally.refused),
        "poison": tally.poison,
        "left_out": len(archive.left) + tally.gone,
        "twice": archive.twice,
        "rejects": str(rejects.path) if rejects.count else None,
    }


def say(summary: dict[str, Any], dry_run: bool) -> None:
    """The summary: a table for people, JSON for programs."""
    if not sys.stdout.isatty():
        print(json.dumps({**summary, "dry_run": dry_run}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What would be done" if dry_run else "What was done", show_header=False)
    for name, value in summary.items():
        shown_value = ", ".join(f"{why} {n:,}" for why, n in value.items()) if isinstance(value, dict) else value
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(shown_value or "-"))
    Console().print(table)
