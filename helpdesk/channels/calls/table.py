"""Bytes of a log → numbered rows of named cells, whatever the encoding, the delimiter and the quoting."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpdesk.channels.calls.layout import ASTERISK, Layout
from helpdesk.errors import HelpdeskError

LARGEST = 24 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "cp1251")
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Problem:
    """Why a line was not read: *sentence* is a message to translate, *value* what stood in *column*."""

    line: int
    column: str
    sentence: str
    value: str = ""


Row = dict[str, str]


def rows(content: bytes, layout: Layout) -> Iterator[tuple[int, Row | Problem]]:
    """Each row of the log with the line it begins on; HelpdeskError when *content* is no such table at all."""
    text = _decoded(content)
    delimiter = _delimiter(text)
    names: Sequence[str] | None = None
    for line, cells in _cells(text, delimiter):
        if isinstance(cells, Problem):
            yield line, cells
        elif names is None and (header := _header(cells, layout)):
            names = header
        elif any(cell.strip() for cell in cells):
            names = names or ASTERISK
            yield line, _named(line, cells, names)


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST:
        raise HelpdeskError("The log is larger than 24 MB; split it into several.")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise HelpdeskError("This is not a table in text: save it as CSV in UTF-8 or Windows-1251.")


def _delimiter(text: str) -> str:
    """The one that cuts the first line into most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise HelpdeskError("The log is empty.")
    cuts = {delimiter: len(next(csv.reader([first[:100_000]], delimiter=delimiter), [])) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=cuts.__getitem__)
    if cuts[best] < 2:
        raise HelpdeskError("This is not a table: no commas, semicolons or tabs in its first line.")
    return best


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, Problem(line, "", "This line cannot be read as a row of the table.")


def _header(cells: list[str], layout: Layout) -> Sequence[str] | None:
    """The names in the first row; Asterisk writes none, a mapped log must have them."""
    names = [cell.strip() for cell in cells]
    if layout.asterisk:
        lower = [name.lower() for name in names]
        return lower if {"src", "dst", "start"} <= set(lower) else None
    missing = [column for column in layout.columns.values() if column not in names]
    if missing:
        there = ", ".join(names)[:300]
        raise HelpdeskError("The log has no column “{name}”; it has: {names}.", name=missing[0], names=there)
    return names


def _named(line: int, cells: list[str], names: Sequence[str]) -> Row | Problem:
    if names is ASTERISK and len(cells) not in (len(ASTERISK) - 1, len(ASTERISK)):
        return Problem(line, "", "An Asterisk row has 17 or 18 cells; this one has not.", str(len(cells)))
    return {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
