"""An Incoming as bytes and back, for a pipe between two processes: JSON, then its files. Nothing in it can be run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import datetime
from struct import Struct
from typing import Any

from helpdesk.channels.incoming import Bounce, File, Incoming, Sender

HEAD = Struct("!II")  # bytes of JSON, bytes of files
WORDS = ("subject", "text", "quoted", "signature", "html")
PLAIN = ("channel", "key", *WORDS, "message_id", "automatic", "may_answer", "direction")
LISTS = ("references", "recipients")


def packed(answer: Mapping[str, Any], files: Iterable[bytes] = ()) -> bytes:
    """One answer with its files behind it."""
    said, kept = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"), b"".join(files)
    return HEAD.pack(len(said), len(kept)) + said + kept


def told(incoming: Incoming) -> dict[str, Any]:
    """All of an Incoming but the bytes of its files, and the instant, which whoever asks knows."""
    bounce = incoming.bounce
    return {
        **{name: getattr(incoming, name) for name in (*PLAIN, *LISTS, "kind")},
        "sender": one(incoming.sender),
        "to": [one(other) for other in incoming.to],
        "cc": [one(other) for other in incoming.cc],
        "attachments": [
            (file.filename, file.content_type, file.cid, file.inline, len(file.content))
            for file in incoming.attachments
        ],
        "bounce": bounce and astuple(bounce),
        "facts": dict(incoming.facts),
    }


def one(person: Sender) -> tuple[str, str, str]:
    return person.name, person.kind, person.address


def untold(said: dict[str, Any], files: bytes, received: datetime) -> Incoming:
    """The Incoming that was told of, as a contact of the instant it was *received*."""
    bounce = said.pop("bounce")
    lists: dict[str, Any] = {name: tuple(said.pop(name)) for name in LISTS}
    return Incoming(
        sender=Sender(*said.pop("sender")),
        to=tuple(Sender(*other) for other in said.pop("to")),
        cc=tuple(Sender(*other) for other in said.pop("cc")),
        attachments=cut(said.pop("attachments"), files),
        bounce=bounce and Bounce(tuple(bounce[0]), tuple(bounce[1]), *bounce[2:]),
        at=received,
        **lists,
        **said,
    )


def cut(named: list[list[Any]], files: bytes) -> tuple[File, ...]:
    found, at = [], 0
    for filename, content_type, cid, inline, size in named:
        found.append(File(filename, content_type, files[at : at + size], cid, inline))
        at += size
    return tuple(found)
