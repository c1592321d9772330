"""What every channel yields: one contact, read and not yet filed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why an Incoming is not filed; each has one reply policy."""

    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    EMPTY = "empty"
    LOOP = "loop"
    OWN = "own"
    SPAM = "spam"
    DROP = "drop"
    DUPLICATE = "duplicate"
    OUTSIDER = "outsider"
    BLOCKED = "blocked"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Sender:
    """A person as the channel names them; *kind* is email, phone, telegram or chat."""

    name: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that came along; *filename* is safe to show, *content_type* is only what the sender claims."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    cid: str = ""
    inline: bool = False

    @property
    def sha256(self) -> str:
        """What the history keeps of it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Named(File):
    """A file without its content, which is only counted; *digest* is the sha256 that it has."""

    digest: str = ""

    @property
    def sha256(self) -> str:
        """What the history would keep of it."""
        return self.digest


def named(file: File) -> Named:
    """The same file without its content."""
    return Named(file.filename, file.content_type, b"", file.cid, file.inline, file.sha256)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report: who was not reached, for good or for now, and the Message-ID that was not delivered.

    *hard* when the addresses themselves are gone, *delayed* when a server is still trying.
    """

    permanent: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()
    hard: bool = False
    message_id: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One contact.

    *key* is unique within the channel: the same key twice is the same contact. *text* is what was written this time,
    *quoted* and *signature* the rest of it; *html* is raw and hostile. *at* is aware UTC, or None when the source does not say.
    *references* are Message-IDs without < >, newest last. *recipients* are all addresses it may have been delivered to.
    *direction* is in or out; *kind* is message, call_answered or call_missed. *facts* are short values of the channel.
    """

    channel: str
    key: str
    sender: Sender
    subject: str = ""
    text: str = ""
    quoted: str = ""
    signature: str = ""
    html: str = ""
    at: datetime | None = None
    to: tuple[Sender, ...] = ()
    cc: tuple[Sender, ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    attachments: tuple[File, ...] = ()
    automatic: bool = False
    may_answer: bool = True
    bounce: Bounce | None = None
    direction: str = "in"
    kind: str = "message"
    facts: Mapping[str, object] = field(default_factory=dict)
