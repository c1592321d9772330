"""`helpdesk mail`: what intake sees in a mail, and a door for a mail server's pipe."""

import json
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from helpdesk.cli.product import first_line, product, tell

if TYPE_CHECKING:
    from helpdesk.channels.mail.own import OwnAddresses

WRONG_CALL, NO_MAIL, NOT_NOW = 64, 65, 75  # EX_USAGE, EX_DATAERR, EX_TEMPFAIL of sysexits.h


@click.group()
def mail() -> None:
    """Mail: read a raw one without filing it, or hand one in."""


@mail.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--jsonl", is_flag=True, help="Paths on stdin, one JSON object per line on stdout.")
def read(file: str | None, jsonl: bool) -> None:
    """Show what intake sees in a raw mail; nothing is filed.

    Our own host and address are HELPDESK_OWN_HOST and HELPDESK_OWN_ADDRESS.
    """
    from helpdesk.channels.mail import read as reader

    if jsonl == bool(file):
        raise click.UsageError("Give a FILE, or --jsonl and paths on stdin.")
    if jsonl:
        reader.read_lines(sys.stdin.buffer, sys.stdout, own())
        return
    report = reader.answer(str(file), own())
    if "error" in report:
        raise click.ClickException(str(report["error"]))
    for name, value in report.items():
        print(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def own() -> "OwnAddresses":
    """What is ours, by the environment alone."""
    from helpdesk.channels.mail.own import OwnAddresses

    address = os.environ.get("HELPDESK_OWN_ADDRESS", "").lower()
    return OwnAddresses(os.environ.get("HELPDESK_OWN_HOST", "").lower(), frozenset({address} if address else ()))


class WrongCall(click.UsageError):
    """A wrong call by a mail server."""

    exit_code = WRONG_CALL


class Pipe(click.Command):
    """A command whose wrong calls end as mail servers expect it."""

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        """Read the call."""
        try:
            return super().parse_args(context, words)
        except click.UsageError as error:
            raise WrongCall(error.message, context) from error


@mail.command(cls=Pipe)
@click.option("--to", "recipient", help="The address it was delivered to; it decides the mailbox.")
@click.option("--channel", "name", help="The mailbox by its name under Channels.")
def deliver(recipient: str | None, name: str | None) -> None:
    """Hand in the raw mail on stdin, for a pipe from a mail server.

    Exit codes are those of sysexits.h: 0 stored, 64 wrong call, 65 this is no mail (or larger than 25 MB),
    75 cannot be stored now, keep it and try again.
    """
    from helpdesk.services import delivering

    raw = sys.stdin.buffer.read(delivering.LARGEST + 1)
    try:
        with product():
            fresh = delivering.deliver(raw, recipient=recipient, name=name)
    except delivering.NoMail as error:
        leave(NO_MAIL, str(error))
    except click.ClickException as error:
        leave(NOT_NOW, error.message)
    except Exception as error:  # noqa: BLE001 - a mail server that hears anything but 75 bounces the mail
        leave(NOT_NOW, f"{type(error).__name__}: {first_line(error)}")
    tell("Stored." if fresh else "Stored before.")


def leave(code: int, why: str) -> NoReturn:
    """End with a code that the mail server understands."""
    tell(f"helpdesk: {why}")
    sys.exit(code)
