"""The session, and how each database is opened: on both, who waits half a minute for somebody else's change is told so.

On SQLite writers queue on one file lock, because busy-waiting is unfair.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

import helpdesk.channels.blocks
import helpdesk.channels.ledger
import helpdesk.channels.models
import helpdesk.channels.sign_in
import helpdesk.people.models
import helpdesk.people.notes
import helpdesk.sla.models
import helpdesk.tickets.anchors
import helpdesk.tickets.belonging
import helpdesk.tickets.drafts
import helpdesk.tickets.following
import helpdesk.tickets.handover
import helpdesk.tickets.hanging
import helpdesk.tickets.linking
import helpdesk.tickets.macros
import helpdesk.tickets.models
import helpdesk.tickets.participants
import helpdesk.tickets.reasons
import helpdesk.tickets.redacting
import helpdesk.tickets.saving
import helpdesk.tickets.scheduling
import helpdesk.tickets.selecting
import helpdesk.tickets.stints
import helpdesk.tickets.taking
import helpdesk.tickets.triggers  # noqa: F401
from helpdesk.orm import Base

db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

SQLITE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-32768",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
)


def init_app(app: Flask, url: str) -> None:
    """Open the database of *url* for this app."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _options(url)
    db.init_app(app)
    if url.startswith("sqlite"):
        with app.app_context():
            _queue_writers(db.engine, Path(url.removeprefix("sqlite:///")))
    else:
        with app.app_context():
            event.listen(db.engine, "connect", _wait_no_longer)


def _wait_no_longer(connection: Any, _record: Any) -> None:
    """On PostgreSQL nobody waits for a lock for ever; on SQLite the pragma says so."""
    connection.execute("SET lock_timeout = '30s'")
    connection.commit()


def _options(url: str) -> dict[str, Any]:
    """How to open it; what a statement was given stays out of errors, and so out of logs: mails are in it."""
    quiet = {"hide_parameters": True}
    if url.startswith("sqlite"):
        threads = {"check_same_thread": False, "timeout": 30}
        return quiet | {"connect_args": threads, "pool_size": 20, "max_overflow": 200}
    return quiet | {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 40}


@event.listens_for(db.session, "before_flush")
def _number(session: Session, _context: Any, _instances: Any) -> None:
    """On SQLite, whoever writes is alone and numbers new rows as SQLite would: so they go in by one statement a table."""
    if session.get_bind().dialect.name != "sqlite":
        return
    fresh: dict[Any, list[Any]] = {}
    for row in session.new:
        if getattr(row, "id", 0) is None:
            fresh.setdefault(type(row), []).append(row)
    for kind, rows in fresh.items():
        last = (session.scalar(select(func.max(kind.id))) or 0) if len(rows) > 1 else 0
        for number, row in enumerate(rows if last else (), last + 1):
            row.id = number


def end_reading() -> None:
    """End what was only read, and forget it: the next transaction reads anew.

    On PostgreSQL by a commit, because at each rollback its driver forgets the statements that it has prepared.
    """
    session = db.session()
    changed = session.new or session.dirty or session.deleted
    try:
        if session.get_bind().dialect.name == "postgresql" and session.is_active and not changed:
            session.commit()
            session.expire_all()
            return
    except SQLAlchemyError:
        pass  # the connection is gone; nothing was written by it
    session.rollback()


def full(error: DBAPIError) -> bool:
    """Whether the database had no room, whatever it was given."""
    known = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return known in ("53100", "SQLITE_FULL")


def kept_waiting(error: DBAPIError) -> bool:
    """Whether somebody else held what it needed for too long."""
    known = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return known in ("55P03", "SQLITE_BUSY")


def gave_way(error: DBAPIError) -> bool:
    """Whether the database undid all of it, so that another could go first: it may be begun anew."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


@contextmanager
def apart() -> Iterator[None]:
    """Within it the session is another, in which nobody else holds anything; what was read before is read anew after."""
    end_reading()
    with current_app.app_context():
        yield
    end_reading()


def begin_write() -> None:
    """End what was only read and begin a transaction that writes."""
    end_reading()
    db.session.connection(execution_options={"writes": True})


def _queue_writers(engine: Engine, path: Path) -> None:
    """Give writers one lock: a file beside the database, held from BEGIN IMMEDIATE until the connection is free."""
    queue = path.with_name(path.name + ".writers")

    @event.listens_for(engine, "connect")
    def _open(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN")
            return
        if "queue" not in connection.info:
            connection.info["queue"] = _wait_turn(queue)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _free(_connection: Any, record: Any) -> None:
        held = record.info.pop("queue", None)
        if held is not None:
            os.close(held)


def _wait_turn(queue: Path) -> int:
    handle = os.open(queue, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle
