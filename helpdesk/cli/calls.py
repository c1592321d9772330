"""`helpdesk calls`: logs of telephone calls."""

import json
from pathlib import Path
from typing import Any

import click

from helpdesk.cli.product import product, tell

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def calls() -> None:
    """Telephone: import a log of calls."""


@calls.command("import")
@click.argument("file", type=FILE)
@click.option("--channel", "name", help="The phone log by its name under Channels; needed when there are several.")
@click.option("--mapping", type=FILE, help="A JSON file; without it the channel's own holds, or Asterisk's columns.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.pass_context
def import_(context: click.Context, file: Path, name: str | None, mapping: Path | None, dry_run: bool) -> None:
    """Import a CSV log of calls; a call that is there already stays as it is, so it may be run again.

    A mapping may have: columns, format, zone, internal, own, words.
    Lines that cannot be read are named on stderr, and the exit code is then 1.
    """
    options = options_in(mapping) if mapping else None
    with product():
        from helpdesk.services import calls as logs

        channel = logs.named(name)
        act = logs.preview if dry_run else logs.import_
        done = act(channel.id, file.read_bytes(), options, by=None)
    said = {"new": done.new, "there": done.there, "internal": done.internal, "problems": len(done.problems)}
    print(json.dumps(said))
    for problem in done.problems:
        where = f"{problem.column} {problem.value!r}: " if problem.column else ""
        tell(f"{file}:{problem.line}: {where}{problem.sentence}")
    context.exit(1 if done.problems else 0)


def options_in(path: Path) -> dict[str, Any]:
    """The mapping of a file."""
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.ClickException(f"{path} must hold one JSON object.")
    return found
