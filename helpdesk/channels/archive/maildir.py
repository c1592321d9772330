"""Mails in the folders cur and new of a Maildir and of the folders below it (Maildir++ and plain ones)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from imapclient import imap_utf7

from helpdesk.channels.archive.place import NoArchive, Place, instant, whole

BOXES = ("new", "cur")
FLAGS = re.compile(r"[:;!]2,([A-Za-z]*)$")
ARRIVED = re.compile(r"(\d{9,11})[._]")
LEFT = {"D": "a draft that was never sent", "T": "marked as deleted"}
PASSED = re.compile(
    r"(?:drafts?|trash|deleted(?: items| messages)?|junk(?: e-?mail)?|spam|черновики|корзина|удал[её]нные|спам"
    r"|нежелательная почта|жобалар|себет)",
    re.IGNORECASE,
)


def places(path: Path) -> Iterator[Place]:
    """Where each mail lies; folders of junk, drafts and deleted mail are left out unless they are what was asked for."""
    whole(path)
    folders = list(_folders(path, ""))
    if not folders:
        raise NoArchive("{path} is no Maildir: no folder in it has cur or new.", path=str(path))
    for folder, name in folders:
        passed = PASSED.fullmatch(re.split(r"[/.]", name)[-1]) if name else None
        for box in BOXES:
            yield from _mails(folder / box, name, f"in the folder {name}" if passed else "")


def _folders(path: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The folders of mail from here down, with their names as people read them; links are not followed."""
    if any(_is_folder(path / box) for box in BOXES):
        yield path, name
    with os.scandir(path) as entries:
        below = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    for inner in below:
        if inner not in (*BOXES, "tmp"):
            yield from _folders(path / inner, f"{name}/{_readable(inner)}".lstrip("/"))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _readable(folder: str) -> str:
    """Folder names are those of IMAP, in its own UTF-7; a name that is none stays as it is."""
    name = folder.removeprefix(".")
    try:
        return str(imap_utf7.decode(name.encode("ascii")))
    except (UnicodeError, ValueError):
        return name


def _mails(box: Path, folder: str, left: str) -> Iterator[Place]:
    if not _is_folder(box):
        return
    with os.scandir(box) as entries:
        files = sorted(entries, key=lambda entry: entry.name)
    for file in files:
        if file.is_file(follow_symlinks=False) and not file.name.startswith("."):
            yield _place(file, folder, left)


def _place(file: os.DirEntry[str], folder: str, left: str) -> Place:
    flags, arrived = FLAGS.search(file.name), ARRIVED.match(file.name)
    reasons = [LEFT[flag] for flag in (flags[1] if flags else "") if flag in LEFT]
    known = file.stat(follow_symlinks=False)
    at = instant(float(arrived[1])) if arrived else None
    name = f"{folder or 'INBOX'}/{file.name}"
    return Place(file.path, name, known.st_size, at=at or instant(known.st_mtime), left=left or ", ".join(reasons))
