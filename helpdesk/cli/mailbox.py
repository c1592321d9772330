"""`helpdesk mailbox`: can a mailbox be read and sent from."""

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
