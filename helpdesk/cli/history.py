"""`helpdesk history`: is what happened still what was written?"""

import click

from helpdesk.cli.product import product, tell


@click.group()
def history() -> None:
    """The hash-chained histories of all tickets."""


@history.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Check every ticket's history, and that what was said, the files and the raw contacts are what it says they were.

    Names the first broken row of each ticket and exits 1 when there is one.
    """
    with product():
        from helpdesk.services.history import verify_all

        breaks = verify_all()
    for broken in breaks:
        print(broken)
    tell(f"{len(breaks)} histories are broken." if breaks else "Every history is whole.")
    context.exit(min(len(breaks), 1))
