"""Rows of any table put in as fast as the database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Column, Connection, text
from sqlalchemy import insert as insertion

from helpdesk.orm import Base
from helpdesk.services.database import db


def as_row(one: Base) -> dict[str, Any]:
    """An object that no session knows as a whole row, with its defaults."""
    return {column.key: _value(one, column) for column in type(one).__mapper__.columns}


def _value(one: Base, column: Column[Any]) -> Any:
    value = one.__dict__.get(column.key)
    if value is None and column.default is not None:
        return column.default.arg(None) if column.default.is_callable else column.default.arg
    return value


def put(connection: Connection, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    """Put whole rows into a table."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insertion(kind), rows)
        return
    columns = [kind.__mapper__.columns[name] for name in rows[0]]
    convert = [Jsonb if isinstance(column.type, JSON) else (lambda value: value) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {kind.__tablename__} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([work(value) for work, value in zip(convert, row.values(), strict=True)])


def count_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those put in by hand; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in Base.metadata.tables.values():
        if "id" in table.c and table.c.id.primary_key:
            last = (
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), coalesce(max(id), 1)) FROM {table.name}"
            )
            connection.execute(text(last))


def look_around() -> None:
    """Let the planner know what is there, as autovacuum does on PostgreSQL within a minute; SQLite has no such thing."""
    db.session.remove()  # what an open transaction could still see is not done with
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
