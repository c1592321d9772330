"""A mailbox on a real server of its own, and the channel that reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import words
from helpdesk.channels.models import Channel
from helpdesk.people.models import Team
from helpdesk.services import secrets
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from tests.dovecot import PASSWORD, Account, running
from tests.making import eml

SIZE = 4096


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    """An empty mailbox; the server stops with the block."""
    folder.chmod(0o711)
    with running(folder / "dovecot") as server:
        yield server.user()


def mail(number: int) -> bytes:
    """A mail of 4 KB from somebody new, known by its subject."""
    return eml(f"p{number}@customer.test", subject=f"Arrival {number}", text=words.letter(number, SIZE - 300))


def connect(account: Account, name: str) -> int:
    """A channel that reads this mailbox and answers nobody; its id."""
    with transaction():
        team = db.session.query(Team).order_by(Team.id).first()
        assert team, "There is no team."
        channel = Channel(
            kind="mail", name=name, team_id=team.id, address=account.name, state={},
            settings=account.settings(acknowledge=False), secrets=secrets.seal({"imap_password": PASSWORD}),
        )  # fmt: skip
        db.session.add(channel)
    return channel.id
