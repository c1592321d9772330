"""The least there is to do to fire clocks: claim them, and put in and change the same rows, ready-made, as the driver takes them."""

import sqlite3
from typing import Any

import psycopg

from helpdesk.config import Config

AT = "2100-01-01 00:00:00.000000"
FACTS = (
    '{"clock": "resolution", "turn": 1, "threshold": "100%", "due_at": "AT+00:00", "detected_at": "AT+00:00"}'.replace(
        "AT", AT
    )
)
NOTICE = '{"clock": "resolution", "threshold": "100%"}'
STEPS = f'[["+86400", "{AT}+00:00"]]'
HASH = "0" * 64
CLAIM = """SELECT clock.id, clock.ticket_id, ticket.event_count + 1, clock.kind, clock.turn, clock.started_seq,
    clock.started_at, clock.next_threshold, clock.next_fire_at
    FROM clock JOIN ticket ON ticket.id = clock.ticket_id
    WHERE clock.next_fire_at < {now} ORDER BY clock.next_fire_at, clock.id LIMIT {size}"""
LOCKED = " FOR UPDATE OF ticket, clock SKIP LOCKED"
PUT = {
    "event": "ticket_id, seq, at, recorded_at, kind, facts, hash",
    "firing": "ticket_id, kind, turn, started_seq, started_at, threshold, due_at, detected_at, facts",
    "notice": "person_id, ticket_id, kind, facts, at",
}
CHANGED = {
    "clock": ("id bigint, steps jsonb, next_fire_at timestamptz, next_threshold text, state text"),
    "ticket": ("id bigint, event_count int, head text, changed_at timestamptz"),
}


def fire(config: Config, *, count: int, size: int) -> int:
    """Fire so many, in batches of that *size*; how many were."""
    return (_sqlite if config.database_url.startswith("sqlite") else _postgresql)(config, count, size)


def _rows(claimed: list[Any], person: int) -> dict[str, list[tuple[Any, ...]]]:
    """What is written of each clock."""
    return {
        "event": [(ticket, seq, due, AT, "breached", FACTS, HASH) for _, ticket, seq, *_, due in claimed],
        "firing": [
            (ticket, kind, turn, started, began, threshold, due, AT, "{}")
            for _, ticket, _, kind, turn, started, began, threshold, due in claimed
        ],
        "notice": [(person, ticket, "breached", NOTICE, AT) for _, ticket, *_ in claimed],
        "clock": [(clock, STEPS, AT, "+86400", "missed") for clock, *_ in claimed],
        "ticket": [(ticket, seq, HASH, AT) for _, ticket, seq, *_ in claimed],
    }


def _sqlite(config: Config, count: int, size: int) -> int:
    connection = sqlite3.connect(config.database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-32768", "mmap_size=268435456"):
        connection.execute(f"PRAGMA {pragma}")
    person, done = connection.execute("SELECT min(id) FROM person").fetchone()[0], 0
    while done < count:
        connection.execute("BEGIN IMMEDIATE")
        claimed = connection.execute(CLAIM.format(now="datetime('now')", size=min(size, count - done))).fetchall()
        for table, rows in _rows(claimed, person).items():
            connection.executemany(_put(table) if table in PUT else _change(table), rows)
        connection.execute("COMMIT")
        done += len(claimed)
    connection.close()
    return done


def _put(table: str) -> str:
    return f"INSERT INTO {table} ({PUT[table]}) VALUES ({', '.join('?' * (PUT[table].count(',') + 1))})"


def _names(table: str) -> list[str]:
    return [typed.split()[0] for typed in CHANGED[table].split(", ")]


def _change(table: str) -> str:
    changes = ", ".join(f"{name} = ?{place}" for place, name in enumerate(_names(table), 1) if name != "id")
    return f"UPDATE {table} SET {changes} WHERE id = ?1"


def _postgresql(config: Config, count: int, size: int) -> int:
    done = 0
    with psycopg.connect(config.database_url.replace("+psycopg", "")) as connection:
        person = connection.execute("SELECT min(id) FROM person").fetchone()[0]  # type: ignore[index]
        while done < count:
            claimed = connection.execute(CLAIM.format(now="now()", size=min(size, count - done)) + LOCKED).fetchall()
            for table, rows in _rows(claimed, person).items():
                (_copied if table in PUT else _changed)(connection.cursor(), table, rows)
            connection.commit()
            done += len(claimed)
    return done


def _copied(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({PUT[table]}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _changed(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    names, types = _names(table), [typed.split()[1] for typed in CHANGED[table].split(", ")]
    changes = ", ".join(f"{name} = new.{name}" for name in names[1:])
    arrays = ", ".join(f"%s::{type_}[]" for type_ in types)
    found = f"unnest({arrays}) AS new ({', '.join(names)}) WHERE {table}.id = new.id"
    cursor.execute(f"UPDATE {table} SET {changes} FROM {found}", [list(column) for column in zip(*rows, strict=True)])
