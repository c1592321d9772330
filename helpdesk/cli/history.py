"""`helpdesk history`: is what happened still what was written?"""

import json

import click

from helpdesk.cli.product import product, tell


@click.group()
def history() -> None:
    """The hash-chained histories of all tickets."""


@history.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Check every ticket's history, and that what was said, the files and the raw contacts are what it says they were.

    The stints of its owners must be those that the history leads to.

    Names the first broken row of each ticket and exits 1 when there is one.
    """
    with product():
        from helpdesk.services.history import verify_all

        breaks = verify_all()
    for broken in breaks:
        print(broken)
    tell(f"{len(breaks)} histories are broken." if breaks else "Every history is whole.")
    context.exit(min(len(breaks), 1))


@history.command()
@click.option("--export", is_flag=True, help="Print every anchor with its heads instead, one JSON object per line.")
def anchor(export: bool) -> None:
    """Roll the heads of all histories into one digest, keep it, and print its instant and digest.

    It is done every night. Keep the digest where nobody who may write to the database can: each covers all before it,
    so whoever rewrites a history that was anchored must forge every later digest.
    """
    with product():
        from helpdesk.services import anchors

        if export:
            for one in anchors.exported():
                print(json.dumps(one))
        else:
            made = anchors.anchor()
            print(f"{made.at.isoformat()} {made.digest}")
