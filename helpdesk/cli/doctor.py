"""`helpdesk doctor`: is everything well, and what to do when it is not."""

import json
from dataclasses import asdict

import click

from helpdesk.cli.product import product

MARKS = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for monitoring.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at the database, queue, workers, tick, mailboxes, outbox and disk.

    Each line says what is the case and what to do. Exit codes: 0 all is well, 1 a warning, 2 something is bad.
    """
    with product():
        from helpdesk.services import health

        findings = health.examine()
        code = health.worst(findings)
    if as_json:
        print(json.dumps({"state": health.STATES[code], "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            what = f"{finding.what.rstrip('.')}. {finding.fix}" if finding.fix else finding.what
            print(f"{MARKS[finding.state]} {finding.part}: {what}")
    context.exit(code)
