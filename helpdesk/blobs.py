"""Files by the sha256 of their content, in a folder. A file that is there is whole: written aside, synced, renamed."""

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Unkept(OSError):
    """The disk did not take a file. Nothing of it is left, so that the next try writes it from its source."""


def put(folder: Path, content: bytes) -> str:
    """Store *content* durably and return its sha256; stored already is fine. Raises Unkept when the disk fails."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path(folder, sha256)
    try:
        if not path.exists():
            _make(path.parent)
            _write(path, content)
    except OSError as error:
        raise Unkept(*error.args) from error
    return sha256


def get(folder: Path, sha256: str) -> bytes:
    """The content stored under *sha256*; FileNotFoundError when there is none."""
    return _path(folder, sha256).read_bytes()


def present(folder: Path, sha256: str) -> bool:
    """Whether something is stored under *sha256*."""
    return _path(folder, sha256).is_file()


def whole(folder: Path, sha256: str) -> bool:
    """Whether that content is stored under *sha256*, byte for byte."""
    if not present(folder, sha256):
        return False
    with _path(folder, sha256).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def drop(folder: Path, sha256: str) -> None:
    """Delete what is stored under *sha256*; nothing there is fine."""
    path = _path(folder, sha256)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _sync(path.parent)


def _path(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256[2:]


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_or(lambda: _leave(folder), folder.parent)


def _leave(folder: Path) -> None:
    with suppress(OSError):  # somebody else has put something into it
        folder.rmdir()


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    _sync_or(path.unlink, path.parent)


def _sync_or(undo: Callable[[], None], folder: Path) -> None:
    """A name is on disk when its folder is. Else it is undone: a second sync would say yes to what the first one lost."""
    try:
        _sync(folder)
    except OSError:
        undo()
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
