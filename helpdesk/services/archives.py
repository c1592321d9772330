"""What lies in an archive, looked through once: a list on disk of its mails, with the talk that each belongs to."""

import hashlib
import json
import secrets
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from helpdesk.channels.archive import eml, maildir, mbox
from helpdesk.channels.archive.eml import BROKEN
from helpdesk.channels.archive.place import Place, Shelf, too_large
from helpdesk.channels.mail import headers, limits, old
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.mail.read import unix_lines

TABLES = """
    CREATE TABLE mail (n INTEGER PRIMARY KEY, key TEXT UNIQUE, at REAL, size INTEGER, talk INTEGER, place TEXT);
    CREATE TABLE name (id TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
"""


class Entry(NamedTuple):
    """One mail of the list. *key* is the sha256 of the mail with line ends of the wire: equal however it was kept."""

    key: str
    at: datetime
    talk: int
    place: Place


def places(kind: str, paths: Iterable[Path], kept: ExitStack) -> Iterator[Place]:
    """Where the mails of some archives of one kind lie."""
    for path in paths:
        found = {"mbox": mbox.places, "maildir": maildir.places}.get(kind)
        yield from too_large(found(path) if found else eml.places(path, kept))


class Archive:
    """The mails of some archives. *left* are those that are not wanted, with the reason; *name* is of this one look."""

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(4)
        self._list = sqlite3.connect(folder / "list.db", isolation_level=None)
        self._list.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLES}")
        self._list.execute("BEGIN")
        self._parents = array("q")
        self.shelf = Shelf()
        self.left: list[tuple[str, str]] = []
        self.twice = 0

    @property
    def count(self) -> int:
        """How many different mails there are."""
        return len(self._parents) - self.twice

    def add(self, place: Place, until: datetime) -> None:
        """Look at one mail and note it; its instant is not after *until*."""
        if place.left:
            self.left.append((place.name, place.left))
            return
        try:
            raw = self.shelf.read(place)
        except BROKEN as error:
            self.left.append((place.name, f"cannot be read: {error}"))
            return
        at, ids = _looked_at(raw, place, until)
        self._note(content_key(raw), at, place, ids)

    def _note(self, key: str, at: datetime, place: Place, ids: Iterable[str]) -> None:
        n = len(self._parents)
        self._parents.append(n)
        row = (n, key, at.timestamp(), place.length, _written(place))
        fresh = self._list.execute("INSERT OR IGNORE INTO mail (n, key, at, size, place) VALUES (?, ?, ?, ?, ?)", row)
        self.twice += 1 - fresh.rowcount
        for one in ids:
            self._list.execute("INSERT OR IGNORE INTO name VALUES (?, ?)", (one, n))
            (known,) = self._list.execute("SELECT n FROM name WHERE id = ?", (one,)).fetchone()
            self._parents[self._root(n)] = self._root(known)

    def _root(self, n: int) -> int:
        while (parent := self._parents[n]) != n:
            self._parents[n] = self._parents[parent]
            n = parent
        return n

    def bind(self) -> None:
        """Say of each mail which talk it belongs to, once all are noted."""
        numbers = self._list.execute("SELECT n FROM mail").fetchall()
        self._list.executemany("UPDATE mail SET talk = ? WHERE n = ?", ((self._root(n), n) for (n,) in numbers))
        self._list.execute("COMMIT")
        self._list.execute("CREATE INDEX by_talk ON mail (talk, at)")

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """The mails from *since* on: talk by talk, the one that began first before others, in each the oldest first."""
        query = self._list.execute(
            "SELECT key, at, mail.talk, place FROM mail JOIN"
            " (SELECT talk, min(at) AS began FROM mail GROUP BY talk) AS talks ON talks.talk = mail.talk"
            " WHERE at >= ? ORDER BY began, mail.talk, at, n",
            (since.timestamp() if since else 0,),
        )
        for key, at, talk, place in iter(query.fetchone, None):
            yield Entry(key, datetime.fromtimestamp(at, UTC), talk, _read(place))

    def span(self) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest of them came."""
        first, last = self._list.execute("SELECT min(at), max(at) FROM mail").fetchone()
        return None if first is None else (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC))

    def close(self) -> None:
        """Let go of the list and of the files."""
        self._list.close()
        self.shelf.close()


def _looked_at(raw: bytes, place: Place, until: datetime) -> tuple[datetime, tuple[str, ...]]:
    try:
        found, _ = headers.split(unix_lines(raw[: limits.SCANNED]), 0, min(len(raw), limits.SCANNED))
    except Unreadable:
        return min(place.at or until, until), ()
    return old.arrived(found, place.at, until), tuple(one for one in old.ids(found) if one)


def content_key(raw: bytes) -> str:
    """The sha256 of a mail as it goes over the wire, whatever line ends it was kept with."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).hexdigest()


def _written(place: Place) -> str:
    return json.dumps([place.path, place.name, place.length, place.start, None, place.member, place.quoted])


def _read(written: str) -> Place:
    return Place(*json.loads(written))
