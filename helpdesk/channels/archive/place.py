"""Where one mail lies in an archive, and how it is read from there. Nothing is ever written, and no link is followed."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from helpdesk.channels.mail.limits import RAW
from helpdesk.errors import HelpdeskError

LARGEST = 4 * RAW  # bytes of what is kept at all; beyond RAW it is kept, but never read
FIRST_YEAR = 1971


class NoArchive(HelpdeskError):
    """A path that is no archive of the kind it was called."""


@dataclass(frozen=True, slots=True)
class Place:
    """One mail: *length* bytes from *start* of the file *path*, or its *member* number *start* when it is a zip.

    *name* is what people find it by, *at* the instant that the archive gives it. *quoted* says that lines which begin
    with From were marked. What is not wanted has the reason in *left*.
    """

    path: str
    name: str
    length: int
    start: int = 0
    at: datetime | None = None
    member: str = ""
    quoted: bool = False
    left: str = ""


class Shelf:
    """Reads mails from their places; the file that was read last stays open."""

    def __init__(self) -> None:
        self._path = ""
        self._file: BinaryIO | zipfile.ZipFile | None = None

    def read(self, place: Place) -> bytes:
        """The bytes of the mail as it was once delivered; raises what eml.BROKEN names."""
        file = self._opened(place)
        if isinstance(file, zipfile.ZipFile):
            with file.open(file.infolist()[place.start]) as member:
                return member.read(LARGEST)
        file.seek(place.start)
        raw = file.read(place.length)
        return unquoted(raw) if place.quoted else raw

    def _opened(self, place: Place) -> BinaryIO | zipfile.ZipFile:
        key = f"{place.path}\0{bool(place.member)}"
        if self._file is None or key != self._path:
            self.close()
            self._file = zipfile.ZipFile(place.path) if place.member else opened(place.path)
            self._path = key
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._file = None


def opened(path: str | Path) -> BinaryIO:
    """A file for reading, unless somebody put a link in its place."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


def unquoted(raw: bytes) -> bytes:
    """Without the mark before lines that begin with From (mboxo, mboxrd)."""
    if b"\n>" not in raw:
        return raw
    return b"".join(line[1:] if line.startswith(b">") and is_marked(line) else line for line in raw.splitlines(True))


def is_marked(line: bytes) -> bool:
    return line.lstrip(b">").startswith(b"From ")


def whole(path: Path) -> None:
    """Refuse what is not there or is a link, whose target somebody else may choose."""
    if path.is_symlink():
        raise NoArchive("{path} is a symbolic link; give the file or folder itself.", path=str(path))
    if not path.exists():
        raise NoArchive("There is no {path}.", path=str(path))


def instant(seconds: float) -> datetime | None:
    """The instant of a file, when it can be one of a mail."""
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= FIRST_YEAR else None


def tree(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The regular files below a folder in the order of their names, links left out."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from tree(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry


def too_large(places: Iterable[Place]) -> Iterator[Place]:
    """The places, those of no mail that could be kept with the reason."""
    for place in places:
        large = place.length > LARGEST and not place.left
        yield Place(place.path, place.name, place.length, left=f"larger than {LARGEST >> 20} MB") if large else place
