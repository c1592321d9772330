"""Tables as Excel and others write and read them: semicolons or commas, UTF-8 with a mark or Windows-1251."""

import csv
import io
from collections.abc import Iterable, Sequence

from helpdesk.errors import HelpdeskError

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
DELIMITERS = (";", ",", "\t")
LARGEST = 500_000


def written(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """The table as a file; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def rows(content: bytes) -> list[tuple[int, list[str]]]:
    """The rows that say anything, each with the line it begins on; HelpdeskError when *content* is no table."""
    text = decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count))
    found, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((line, [_said(cell) for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise HelpdeskError("Line {line} cannot be read as a row of a table; correct it.", line=line) from error
    return found


def decoded(content: bytes) -> str:
    """The file as text."""
    if len(content) > LARGEST:
        raise HelpdeskError("The file is larger than 500 KB; split it into several.")
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise HelpdeskError("This is not a table in text: save it as CSV in UTF-8 or Windows-1251.")


def _said(cell: str) -> str:
    """What a cell says, without the mark that keeps it from being a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
