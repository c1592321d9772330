"""The command `helpdesk`. Each command's module is imported when it is called, so that small ones start at once."""

from importlib import import_module
from keyword import iskeyword

import click

COMMANDS = {
    "up": "everything", "web": "parts", "worker": "parts", "tick": "parts", "listen": "parts", "init": "people",
    "user": "people", "demo": "demo", "doctor": "doctor", "mail": "mail", "calls": "calls", "mailbox": "mailbox", "sla": "sla",
    "history": "history", "import": "old_mail", "bench": "bench",
}  # fmt: skip


class Commands(click.Group):
    """The commands by name; nothing is imported before it is asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Their names, in the order in which they are met."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """One command."""
        if name not in COMMANDS:
            return None
        written = f"{name}_" if iskeyword(name) else name
        command: click.Command = getattr(import_module(f"helpdesk.cli.{COMMANDS[name]}"), written)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """A helpdesk: every contact becomes a ticket with an owner, deadlines and a history.

    `helpdesk up` starts everything in ./var. Settings come from HELPDESK_* variables: HELPDESK_VAR (the folder),
    HELPDESK_PORT, HELPDESK_DATABASE_URL (SQLite or PostgreSQL), HELPDESK_REDIS_URL, HELPDESK_BASE_URL.

    Data go to stdout, messages to stderr. Exit codes: 0 all is well, 1 there is a problem, 2 the call is wrong.
    """
