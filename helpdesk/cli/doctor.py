"""`helpdesk doctor`: is everything well, and what to do when it is not."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from helpdesk.cli.product import product

if TYPE_CHECKING:
    from helpdesk.services.health import Finding

MARKS = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for monitoring.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at the database, queue, workers, tick, mailboxes, outbox and disk.

    Each line says what is the case and what to do. Exit codes: 0 all is well, 1 a warning, 2 something is bad.
    """
    from helpdesk.services import health

    findings = examined()
    code = health.worst(findings)
    if as_json:
        print(json.dumps({"state": health.STATES[code], "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            what = f"{finding.what.rstrip('.')}. {finding.fix}" if finding.fix else finding.what
            print(f"{MARKS[finding.state]} {finding.part}: {what}")
    context.exit(code)


def examined() -> "list[Finding]":
    """What the doctor finds; with settings that nothing can start with, only that."""
    from helpdesk.services import health

    try:
        with product():
            return health.examine()
    except click.ClickException as error:
        return [health.Finding("settings", health.BAD, error.message, "Nothing starts before that is mended.")]
