"""`helpdesk init` and `helpdesk user`: the first start, and staff from the command line."""

import sys

import click

from helpdesk.cli.product import product, tell


@click.command()
def init() -> None:
    """Make or update the database, with a first administrator; prints a link that signs them in once."""
    with product():
        from helpdesk.services import first, schema, sign_in

        schema.migrate()
        person = first.administrator()
        tell(f"The database is up to date. Sign in as {person.name}, once, within a day:")
        print(sign_in.issue_link(person))


@click.group()
def user() -> None:
    """Staff: add somebody, list everybody, give a sign-in link, set a password, deactivate."""


@user.command()
@click.argument("login")
@click.option("--name", help="What the person is called; the login by default.")
@click.option(
    "--role",
    type=click.Choice(["observer", "agent", "supervisor", "administrator"]),
    default="agent",
    show_default=True,
)
@click.option("--team", "teams", multiple=True, help="A team by name; may be given again.")
def add(login: str, name: str | None, role: str, teams: tuple[str, ...]) -> None:
    """Add a member of staff with LOGIN (their mail address) and print a link that signs them in once."""
    with product():
        from helpdesk.services import sign_in, staff

        print(sign_in.issue_link(staff.add(login, name=name or login, role=role, teams=teams)))


@user.command("list")
def list_() -> None:
    """One line for each member of staff: login, role, name, teams."""
    with product():
        from helpdesk.services import staff

        for person in staff.everybody():
            teams = ", ".join(membership.team.name for membership in person.memberships)
            gone = "" if person.active else "deactivated"
            print("\t".join([person.login or "", person.role or "", person.name, teams, gone]).rstrip())


@user.command()
@click.argument("login")
def link(login: str) -> None:
    """Print a link that signs LOGIN in once, within a day."""
    with product():
        from helpdesk.services import sign_in, staff

        print(sign_in.issue_link(staff.with_login(login)))


@user.command()
@click.argument("login")
def password(login: str) -> None:
    """Set LOGIN's password, asked for twice or read as one line from stdin; their sessions end."""
    with product():
        from helpdesk.services import sign_in, staff

        person = staff.with_login(login)
        sign_in.set_password(person, typed_password())
        tell(f"{person.name} has a new password and is signed out everywhere.")


def typed_password() -> str:
    """What a person types without showing it, or what a program hands in."""
    if sys.stdin.isatty():
        return str(click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


@user.command()
@click.argument("login")
def deactivate(login: str) -> None:
    """Sign LOGIN out everywhere and never let them in again; what they did stays."""
    with product():
        from helpdesk.services import staff

        person = staff.deactivate(login)
        tell(f"{person.name} is signed out and may not sign in any more.")
