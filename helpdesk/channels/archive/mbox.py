"""Mails in one file, each after a line "From …": mboxo, mboxrd, mboxcl, mboxcl2, also with line ends of Windows.

The file is looked through in pieces, so its size does not matter. Where a mail says how long it is (Content-Length) and
another one begins there, that is believed; else a line separates when it looks like one and a header follows it.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from helpdesk.channels.archive.place import NoArchive, Place, opened, whole
from helpdesk.channels.mail import dates

PIECE = 4 * 1024 * 1024
CONTEXT = 1000  # bytes of a line that may separate, and what follows it
HEADER = 64 * 1024
FIELD = re.compile(rb"[!-9;-~]{1,80}[ \t]*:|>?From ")
DATED = re.compile(
    rb"From [^\r\n]*?\b(?:[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d|\d{1,2}:\d\d(?::\d\d)?[^\r\n]*\b\d{4}\b)[^\r\n]*"
)
ADDRESSED = re.compile(rb"From \S+@\S+[^\r\n]*")
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
CTIME = re.compile(r"[A-Z][a-z]{2} +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?) *([^\d\n]*?) *(\d{4})")


class Separator(NamedTuple):
    """The line at *line*, after which the mail begins at *mail*; *at* is what it says."""

    line: int
    mail: int
    at: datetime | None


def places(path: Path) -> Iterator[Place]:
    """Where each mail of the file lies, in order."""
    whole(path)
    if not path.is_file():
        raise NoArchive("{path} is no file; an mbox is one file.", path=str(path))
    with opened(path) as file:
        yield from _places(file.fileno(), path)


def _places(fd: int, path: Path) -> Iterator[Place]:
    size, number, begun, counted = os.fstat(fd).st_size, 0, None, 0
    for found in _separators(fd):
        if found.line < counted:
            continue
        if begun is None and os.pread(fd, min(found.line, CONTEXT), 0).strip():
            yield Place(str(path), f"{path.name}: before the first mail", found.line, left="is no mail")
        if begun is not None:
            yield _place(fd, path, number, begun, found.line)
        number, begun = number + 1, found
        counted = _counted(fd, found.mail, size)
    if begun is not None:
        yield _place(fd, path, number, begun, size)
    elif os.pread(fd, CONTEXT, 0).strip():
        raise NoArchive('{path} is no mbox: no line in it begins a mail with "From ".', path=str(path))


def _place(fd: int, path: Path, number: int, begun: Separator, end: int) -> Place:
    """One mail without the blank line before the next."""
    tail = os.pread(fd, 4, max(end - 4, begun.mail))
    blank = next((len(mark) // 2 for mark in (b"\r\n\r\n", b"\n\n") if tail.endswith(mark)), 0)
    counted = _counted(fd, begun.mail, os.fstat(fd).st_size)
    return Place(
        path=str(path),
        name=f"{path.name}: {number}",
        start=begun.mail,
        length=end - blank - begun.mail,
        at=begun.at,
        quoted=not (counted and _has_separator(fd, begun.mail, counted)),
    )


def _has_separator(fd: int, start: int, end: int) -> bool:
    """Whether lines that begin with From were left unmarked, because the length was counted (mboxcl2)."""
    return any(start < found.line < end for found in _separators(fd, start, end))


def _separators(fd: int, start: int = 0, end: int | None = None) -> Iterator[Separator]:
    for at in _lines(fd, start, end):
        if found := _separator(fd, at):
            yield found


def _lines(fd: int, start: int, end: int | None) -> Iterator[int]:
    """Where lines begin with "From "."""
    if start == 0 and os.pread(fd, 5, 0) == b"From ":
        yield 0
    base, kept = start, b""
    while piece := os.pread(fd, PIECE if end is None else min(PIECE, max(end - base, 0)), base):
        window, begins = kept + piece, base - len(kept)
        at = window.find(b"\nFrom ")
        while at >= 0:
            yield begins + at + 1
            at = window.find(b"\nFrom ", at + 1)
        base, kept = base + len(piece), window[-5:]


def _separator(fd: int, at: int) -> Separator | None:
    before = os.pread(fd, min(at, 4), max(at - 4, 0))
    text = os.pread(fd, CONTEXT, at)
    line, _, after = text.partition(b"\n")
    free = at == 0 or before.endswith((b"\n\n", b"\n\r\n"))
    shape = DATED if not free else None
    looks = shape.match(line) if shape else (DATED.match(line) or ADDRESSED.match(line))
    if not looks or not FIELD.match(after):
        return None
    return Separator(at, at + len(line) + 1, _at(line))


def _at(line: bytes) -> datetime | None:
    """The instant of a line "From … Sat Sep 12 10:00:00 2026", in UTC when it names no other zone."""
    text = line.decode("ascii", "replace")
    found = CTIME.search(text)
    if not found:
        return dates.parse(text.partition(" ")[2].partition(" ")[2])
    month = found[0][:3]
    return dates.parse(f"{found[1]} {month} {found[4]} {found[2]} {_zone(text, found)}")


def _zone(text: str, found: re.Match[str]) -> str:
    rest = text[found.end() :].split()
    return found[3] or (rest[0] if rest and re.fullmatch(r"[+-]\d{4}", rest[0]) else "+0000")


def _counted(fd: int, start: int, size: int) -> int:
    """Where the mail ends by its own count, when another one begins there or the file ends; else 0."""
    header = BLANK.split(os.pread(fd, HEADER, start), 1)[0]
    said = LENGTH.search(header)
    if not said:
        return 0
    blank = BLANK.match(os.pread(fd, 8, start + len(header)))
    end = start + len(header) + (blank.end() if blank else 0) + int(said[1])
    after = os.pread(fd, CONTEXT, end).lstrip(b"\r\n") if end < size else b""
    right = end == size or (end < size and (not after or DATED.match(after) or ADDRESSED.match(after)))
    return end if right else 0
