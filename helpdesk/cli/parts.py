"""Running one part in the foreground, as systemd or `helpdesk up` does."""

import os
import sys

import click

from helpdesk.cli.product import config
from helpdesk.collector import hurry


@click.command()
def web() -> None:
    """Run the web server (HELPDESK_HOST, HELPDESK_PORT).

    One process with many threads: an open page holds one for its live news. Behind a proxy, set HELPDESK_BASE_URL.
    """
    hurry()
    from helpdesk.cli.server import serve

    serve(config())


@click.command()
def worker() -> None:
    """Run one worker: files mail, sends answers, fires deadlines. Start as many as you like."""
    become("workers.run")


@click.command()
def tick() -> None:
    """Run the tick: it looks every second what is due and wakes a worker. Two may run, one acts."""
    become("workers.schedule")


@click.command()
def listen() -> None:
    """Run the listener for mail by LMTP and SMTP (HELPDESK_MAIL_PORT)."""
    become("workers.listen")


def become(module: str) -> None:
    """Replace this process by a module of the workers, which the product itself never imports."""
    config()
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606
