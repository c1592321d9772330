"""`helpdesk sla`: deadline arithmetic for other programs, and a check of every clock."""

import sys

import click


@click.group()
def sla() -> None:
    """Deadlines: compute them, replay a history, verify every stored clock."""


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
@click.pass_context
def verify(context: click.Context) -> None:
    """Compare every stored clock with the replay of its ticket's history; exit 1 when one differs."""
    from helpdesk.cli.product import product, tell

    found = 0
    with product():
        from helpdesk.services import clocks

        for difference in clocks.verify_all():
            found += 1
            print(
                f"#{difference.number} {difference.clock} {difference.turn}: stored {difference.stored};"
                f" history says {difference.replayed}"
            )
    tell(f"{found} clocks differ from their history." if found else "Every clock is what its history says.")
    context.exit(min(found, 1))
