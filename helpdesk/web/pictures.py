"""Pictures among the files that people send: which are ones, and where they stand in the text."""

import uuid
from collections.abc import Iterable
from dataclasses import replace

from helpdesk.channels.incoming import File
from helpdesk.channels.mail.written import PICTURE
from helpdesk.services.store import settings

SAFE_IMAGES = {
    "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8", "image/webp": b"RIFF",
}  # fmt: skip


def picture(claimed: str, content: bytes) -> str:
    """The kind of a harmless picture; nothing when the content is not what it claims to be."""
    kind = claimed.partition(";")[0].strip().lower()
    return kind if kind in SAFE_IMAGES and content.startswith(SAFE_IMAGES[kind]) else ""


def placed(files: Iterable[File], text: str) -> list[File]:
    """The files; a picture that the text names as ![its name] stands there."""
    named = set(PICTURE.findall(text))
    return [
        _inline(file) if file.filename in named and picture(file.content_type, file.content) else file for file in files
    ]


def _inline(file: File) -> File:
    return replace(file, cid=f"{uuid.uuid4().hex}@{settings().own_host}", inline=True)
