"""Wrong guesses at passwords, counted by login and by address, so that guessing is slow and mistyping is not punished."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, or_, select

from helpdesk.errors import NotAllowed
from helpdesk.people.models import SignInAttempt
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction

WINDOW = timedelta(minutes=15)
TRIES = {"login": 10, "address": 50}
QUIET = {"synchronize_session": False}


class Throttled(NotAllowed):
    """Too many wrong guesses; the message says when to try again."""


def begin(login: str, address: str, browser: str = "") -> Sequence[int]:
    """Count a guess as wrong before it is looked at, so that many at once don't slip through. May raise Throttled.

    A *browser* in which this login has signed in before is counted apart, so that nobody else's guesses close it.
    """
    keys = {"login": f"browser {browser}"} if browser else {"login": f"login {login}", "address": f"address {address}"}
    with transaction():
        db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now() - WINDOW), execution_options=QUIET)
        rows = [SignInAttempt(key=key, at=now()) for key in keys.values()]
        db.session.add_all(rows)
    guess = [row.id for row in rows]
    if any(_count(key) > TRIES[kind] for kind, key in keys.items()):
        with transaction():
            db.session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(guess)), execution_options=QUIET)
        raise Throttled("Too many wrong attempts. Wait a quarter of an hour, or ask an administrator for a link.")
    return guess


def _count(key: str) -> int:
    query = select(func.count()).where(SignInAttempt.key == key, SignInAttempt.at > now() - WINDOW)
    return db.session.scalar(query) or 0


def was_right(guess: Sequence[int], login: str) -> None:
    """Forget this guess and those at the same login; within the caller's transaction."""
    forgotten = or_(SignInAttempt.id.in_(guess), SignInAttempt.key == f"login {login}")
    db.session.execute(delete(SignInAttempt).where(forgotten), execution_options=QUIET)
