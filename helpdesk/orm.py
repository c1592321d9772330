"""What every table stands on: the base class, UTC instants and JSON. SQLAlchemy only."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMES)

    def __init__(self, **values: Any) -> None:
        """A new row. Nobody watches how its columns came to be what they are, so they are set past the instruments."""
        columns, known = _columns(type(self)), vars(self)
        for name, value in values.items():
            if name in columns:
                known[name] = value
            elif hasattr(type(self), name):
                setattr(self, name, value)
            else:
                raise TypeError(f"{name!r} is no attribute of {type(self).__name__}")


@cache
def _columns(kind: Any) -> frozenset[str]:
    """The attributes that are columns."""
    return frozenset(inspect(kind).columns.keys())


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused before it can be stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Straight from SQLite's text: every row of every page has some, and two calls for each are too many."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value + "+00:00") if value else None


Id = BigInteger().with_variant(Integer, "sqlite")
Facts = JSON().with_variant(JSONB, "postgresql")
Json = dict[str, Any]


class Lease(Base):
    """Who may act alone, for a while: the tick, a mailbox's reader, a job that must not run twice at once."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    until: Mapped[datetime] = mapped_column(Instant)


class Progress(Base):
    """A check that is made in several goes: the *last* row it has looked at, what it found so far, when it was over."""

    __tablename__ = "progress"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    last: Mapped[int] = mapped_column(Id)
    checked: Mapped[int]
    differing: Mapped[int]
    first: Mapped[str] = mapped_column(String(300))
    done_at: Mapped[datetime | None] = mapped_column(Instant)
