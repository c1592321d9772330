"""The one clock of the product. Everything below services is told the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """This instant, aware, UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretend(at: datetime) -> Iterator[None]:
    """Let everything inside happen *at* another instant: demo data are made at their own times."""
    token = _pretended.set(at)
    try:
        yield
    finally:
        _pretended.reset(token)
