"""The bare drivers, for floors and for looking on from outside."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from helpdesk.config import Config

Ask = Callable[..., list[Any]]


@contextmanager
def driver(config: Config) -> Iterator[Ask]:
    """Says one statement and yields its rows; each commits by itself unless BEGIN was said. Values are %s."""
    with _sqlite(config) if config.database_url.startswith("sqlite") else _postgresql(config) as ask:
        yield ask


@contextmanager
def _sqlite(config: Config) -> Iterator[Ask]:
    connection = sqlite3.connect(config.database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    yield lambda statement, *values: connection.execute(statement.replace("%s", "?"), values).fetchall()
    connection.close()


@contextmanager
def _postgresql(config: Config) -> Iterator[Ask]:
    def ask(statement: str, *values: Any) -> list[Any]:
        done = connection.execute(statement, values or None, prepare=bool(values))  # type: ignore[call-overload]
        return done.fetchall() if done.description else []

    with psycopg.connect(config.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield ask
