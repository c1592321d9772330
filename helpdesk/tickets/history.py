"""The hash chain of a ticket's history: each event's hash covers the one before it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

GENESIS = "0" * 64
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Row(Protocol):
    """What of an event is covered by its hash."""

    @property
    def seq(self) -> Any: ...
    @property
    def at(self) -> Any: ...
    @property
    def recorded_at(self) -> Any: ...
    @property
    def actor_id(self) -> Any: ...
    @property
    def kind(self) -> Any: ...
    @property
    def facts(self) -> Any: ...


def digest(previous: str, number: int, row: Row) -> str:
    """sha256 of the previous hash and the canonical row, in hexadecimal."""
    canonical = [number, row.seq, _utc(row.at), _utc(row.recorded_at), row.actor_id, row.kind, row.facts]
    return hashlib.sha256(f"{previous}{CANONICAL.encode(canonical)}".encode()).hexdigest()


@lru_cache(maxsize=1000)
def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Break:
    """The first place where a stored history is not what was written."""

    number: int
    seq: int
    reason: str

    def __str__(self) -> str:
        return f"#{self.number} event {self.seq}: {self.reason}"


def first_break(number: int, rows: Iterable[Any], *, count: int, head: str) -> Break | None:
    """The first broken row of one ticket's events in order of seq, or None when the chain holds to its *head*."""
    previous, seq = GENESIS, 0
    for row in rows:
        seq += 1
        if row.seq != seq:
            return Break(number, seq, f"event {seq} is missing")
        if row.hash != digest(previous, number, row):
            return Break(number, seq, f"event {seq} is not what was written")
        previous = row.hash
    if seq != count:
        return Break(number, min(seq, count) + 1, f"the history ends at event {seq}, the ticket knows of {count}")
    if previous != head:
        return Break(number, seq, f"event {seq} is not the one that the ticket knows as its last")
    return None
