"""`helpdesk demo`: a desk that looks lived in."""

import click

from helpdesk.cli.product import product, tell


@click.command()
@click.option("--remove", is_flag=True, help="Take everything of the demo away again.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number makes other people and tickets.")
@click.option("--if-new", is_flag=True, help="Leave a desk alone that has tickets, or whose demo was removed.")
def demo(remove: bool, seed: int, if_new: bool) -> None:
    """Fill an empty desk with people, shifts and some hundred tickets of two months; nothing of it is ever sent out."""
    with product():
        from helpdesk.services import demo as demonstration
        from helpdesk.services import demo_removal, schema

        schema.migrate()
        if remove:
            demo_removal.remove()
            tell("The demo data are gone.")
        elif if_new and not demonstration.there() and (demonstration.lived_in() or demo_removal.removed()):
            tell("No demo: the desk has tickets, or its demo was removed. helpdesk demo makes one on an empty desk.")
        else:
            demonstration.make(seed=seed)
            tell("The demo data are there.")
