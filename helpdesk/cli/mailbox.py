"""`helpdesk mailbox`: can a mailbox be read and sent from."""

import json
from datetime import date

import click

from helpdesk.cli.product import product, tell

MARKS = {"ok": "ok  ", "failed": "FAIL", "waiting": "-   "}
NAMES = {
    "name": "name of the server", "port": "port", "certificate": "encryption and certificate", "sign_in": "sign-in",
    "folder": "folder",
}  # fmt: skip


@click.group()
def mailbox() -> None:
    """Mailboxes: looked at without touching anything in them. ID is the number in the address of its page."""


@mailbox.command()
@click.argument("channel_id", metavar="ID", type=int)
@click.pass_context
def test(context: click.Context, channel_id: int) -> None:
    """Try each layer: name, port, certificate, sign-in, folder, and the same for sending.

    Each line says what is the case and what to do. Exit codes: 0 all is well, 1 something stands in the way.
    """
    from helpdesk.services import checking

    with product():
        found = checking.layers(channel_id)
    for layer in found:
        what = (
            f": {layer.refusal}" if layer.refusal else "".join(f", {name} {fact}" for name, fact in layer.facts.items())
        )
        print(f"{MARKS[layer.state]} {layer.protocol.upper()} {NAMES[layer.step]}{what}")
    if not found:
        tell("The mailbox has no servers yet; set them under Channels.")
    context.exit(0 if checking.works(found) else 1)


@mailbox.command(name="dry-run")
@click.argument("channel_id", metavar="ID", type=int)
@click.option("--since", metavar="DAY", help="Leave mail alone that is older, such as 2026-09-01.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def dry_run(channel_id: int, since: str | None, as_json: bool) -> None:
    """Count what would come of the newest 500 mails if the mailbox were connected now; nothing is kept or touched."""
    from helpdesk.services import dry_run as runs

    changes = {"since": "date", "since_date": day(since)} if since else {"since": "all"}
    with product():
        found = runs.would(channel_id, changes)
    if as_json:
        print(json.dumps({**vars(found), "cut": found.cut}, default=lambda at: at.isoformat()))
        return
    refused = "".join(f", {count} {reason} (no ticket)" for reason, count in sorted(found.refused.items()))
    print(
        f"would create {found.tickets} tickets, {found.follow_ups} follow-ups{refused}, {found.answers} automatic answers"
    )
    if found.oldest and found.newest:
        print(f"oldest {found.oldest.isoformat()}, newest {found.newest.isoformat()}")
    print(f"{found.looked} of {found.there} mails were looked at, {found.left} are older and left alone")


def day(text: str) -> str:
    """A day in ISO form."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.UsageError(f"{text} is no day; write one such as 2026-09-01.") from error
