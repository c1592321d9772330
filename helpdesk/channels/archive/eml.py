"""Mails that are files: one, a folder of them, or a zip or tar. Names in a zip or tar are only names: nothing is unpacked
by them. A compressed tar is unpacked once, into one file without a name, up to a cap."""

import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from helpdesk.channels.archive.place import LARGEST, NoArchive, Place, instant, opened, tree, whole

END = ".eml"
MEMBERS = 2_000_000
UNPACKED = 50 * 1024**3  # bytes of a tar, whatever it is compressed to
RATIO = 200  # at most so many times its compressed size
PIECE = 1024 * 1024
BROKEN = (tarfile.TarError, zipfile.BadZipFile, NotImplementedError, EOFError, lzma.LZMAError, zlib.error, OSError)


def places(path: Path, kept: ExitStack) -> Iterator[Place]:
    """Where each mail lies; what must stay there until they are read is put into *kept*."""
    whole(path)
    if path.is_dir():
        return _of_folder(path)
    if not path.name.lower().endswith(END):
        try:
            if zipfile.is_zipfile(path):
                return _of_zip(path)
            if tarfile.is_tarfile(path):
                return _of_tar(path, kept)
        except BROKEN as error:
            raise _broken(path, error) from error
    return iter([Place(str(path), path.name, path.stat().st_size, at=instant(path.stat().st_mtime))])


def _broken(path: Path, error: Exception) -> NoArchive:
    return NoArchive("{path} cannot be read: {why}.", path=str(path), why=str(error) or type(error).__name__)


def _of_folder(folder: Path) -> Iterator[Place]:
    for file in tree(folder):
        if file.name.lower().endswith(END):
            known = file.stat(follow_symlinks=False)
            name = str(Path(file.path).relative_to(folder))
            yield Place(file.path, name, known.st_size, at=instant(known.st_mtime))


def _of_zip(path: Path) -> Iterator[Place]:
    with opened(path) as file, zipfile.ZipFile(file) as packed:
        members = packed.infolist()
    if len(members) > MEMBERS:
        raise NoArchive("{path} holds more than {most} files.", path=str(path), most=MEMBERS)
    for number, member in enumerate(members):
        if not member.is_dir() and member.filename.lower().endswith(END):
            yield _in_zip(path, number, member)


def _in_zip(path: Path, number: int, member: zipfile.ZipInfo) -> Place:
    bomb = member.file_size > max(RATIO * member.compress_size, PIECE)
    reason = "encrypted" if member.flag_bits & 1 else f"packed more than {RATIO} times" if bomb else ""
    name = f"{path.name}: {member.filename}"
    return Place(str(path), name, member.file_size, number, _date(member), member=member.filename, left=reason)


def _date(member: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _of_tar(path: Path, kept: ExitStack) -> Iterator[Place]:
    plain = _plain(path, kept)
    try:
        with tarfile.open(plain, "r:") as packed:
            for number, member in enumerate(packed):
                packed.members = []  # type: ignore[attr-defined]
                if number > MEMBERS:
                    raise NoArchive("{path} holds more than {most} files.", path=str(path), most=MEMBERS)
                if member.isreg() and not member.issparse() and member.name.lower().endswith(END):
                    name = f"{path.name}: {member.name}"
                    at = instant(member.mtime)
                    yield Place(str(plain), name, member.size, start=member.offset_data, at=at)
    except BROKEN as error:
        raise _broken(path, error) from error


def _plain(path: Path, kept: ExitStack) -> Path:
    """The tar as it is, or unpacked beside everything else that is temporary."""
    with opened(path) as file:
        try:
            tarfile.open(fileobj=file, mode="r:").close()
            return path
        except tarfile.ReadError:
            file.seek(0)
        target = kept.enter_context(tempfile.NamedTemporaryFile())  # noqa: SIM115
        with tarfile.open(fileobj=file, mode="r:*") as packed:
            _copy(packed.fileobj, target, path)  # type: ignore[arg-type]
    return Path(target.name)


def _copy(source: IO[bytes], target: IO[bytes], path: Path) -> None:
    room = min(UNPACKED, max(RATIO * path.stat().st_size, LARGEST))
    source.seek(0)
    while piece := source.read(PIECE):
        room -= len(piece)
        if room < 0:
            raise NoArchive("{path} becomes too large when it is unpacked; unpack it yourself.", path=str(path))
        target.write(piece)
    target.flush()
