"""Many rows by one statement, past SQLAlchemy, which takes longer over each single value than the database does."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Table
from sqlalchemy.exc import DBAPIError

from helpdesk.orm import Base, Instant, Json
from helpdesk.services.database import db

Columns = dict[str, Iterable[Any]]
INSTANT = Instant()
Ways = dict[str, Callable[[Connection, Table, Columns], None]]


def put(kind: type[Base], rows: Sequence[Json]) -> None:
    """Put rows in. All name the same columns, one at least beside the id; no default steps in for those not named."""
    _write(PUT, kind, rows)


def change(kind: type[Base], rows: Sequence[Json]) -> None:
    """Change the rows of these ids. All name the same columns, the id first."""
    _write(CHANGE, kind, rows)


def _write(ways: Ways, kind: type[Base], rows: Sequence[Json]) -> None:
    if not rows:
        return
    connection, table, names = db.session.connection(), Base.metadata.tables[kind.__tablename__], list(rows[0])
    columns: Columns = dict(zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True))
    sqlite = connection.dialect.name == "sqlite"
    for name in names:
        if isinstance(table.c[name].type, Instant):
            columns[name] = [_stored(at, sqlite) for at in columns[name]]
    ways[connection.dialect.name](connection, table, columns)


@lru_cache(maxsize=10_000)
def _stored(at: datetime | None, sqlite: bool) -> str | None:
    """An instant as text, as SQLAlchemy would store it."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    text = at.astimezone(UTC).isoformat(" ", "microseconds")
    return text.removesuffix("+00:00") if sqlite else text


def _rows(table: Table, columns: Columns) -> Iterable[tuple[Any, ...]]:
    """Row by row, JSON as text."""
    plain = (_texts(values) if isinstance(table.c[name].type, JSON) else values for name, values in columns.items())
    return zip(*plain, strict=True)


def _texts(values: Iterable[Any]) -> Iterable[str]:
    """JSON as text; the very object that comes again and again is written out once."""
    values = list(values)
    texts = {known: json.dumps(value) for known, value in {id(value): value for value in values}.items()}
    return [texts[id(value)] for value in values]


def _put_sqlite(connection: Connection, table: Table, columns: Columns) -> None:
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
    connection.exec_driver_sql(insert, list(_rows(table, columns)))


def _put_postgresql(connection: Connection, table: Table, columns: Columns) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in _rows(table, columns):
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            statement, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True
        ) from error


def _change_sqlite(connection: Connection, table: Table, columns: Columns) -> None:
    changes = ", ".join(f"{name} = ?{place}" for place, name in enumerate(columns, 1) if name != "id")
    connection.exec_driver_sql(f"UPDATE {table.name} SET {changes} WHERE id = ?1", list(_rows(table, columns)))


def _change_postgresql(connection: Connection, table: Table, columns: Columns) -> None:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    changes = ", ".join(f"{name} = new.{name}" for name in columns if name != "id")
    types = ", ".join(f"{name} {table.c[name].type.compile(connection.dialect)}" for name in columns)
    found = f"json_to_recordset(%s) AS new ({types}) WHERE {table.name}.id = new.id"
    connection.exec_driver_sql(f"UPDATE {table.name} SET {changes} FROM {found}", (json.dumps(rows),))


PUT: Ways = {"sqlite": _put_sqlite, "postgresql": _put_postgresql}
CHANGE: Ways = {"sqlite": _change_sqlite, "postgresql": _change_postgresql}
