"""One raw mail as a value: everything the desk wants to know about it, decoded and safe to store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from helpdesk.channels.incoming import Bounce, File, Incoming, Sender


@dataclass(frozen=True)
class OwnAddresses:
    """What is ours: the host in our Message-IDs, and every address that mail reaches us by."""

    host: str
    addresses: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as read. Ids are without < >; texts hold no NUL and no lone surrogate; *date* is what the sender claims."""

    key: str
    message_id: str
    sender: Sender | None
    effective_sender: str
    to: tuple[Sender, ...]
    cc: tuple[Sender, ...]
    reply_to: tuple[Sender, ...]
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str | None
    html: str | None
    reply_text: str
    quoted_text: str
    attachments: tuple[File, ...]
    is_auto_reply: bool
    may_answer: bool
    bounce: Bounce | None
    is_feedback_report: bool
    drop: bool


def read(raw: bytes, own: OwnAddresses) -> Mail:
    """The mail in *raw*; raises Unreadable (helpdesk.channels.mail.limits), and nothing else, for any bytes."""
    raise NotImplementedError


def incoming(mail: Mail, *, received: datetime) -> Incoming:
    """The mail as a contact at the instant it was *received*; raises Refused for DROP, OWN and EMPTY."""
    raise NotImplementedError


def as_report(mail: Mail) -> Mapping[str, Any]:
    """The mail as JSON values: the contract of `helpdesk mail read --jsonl`."""
    raise NotImplementedError


def read_lines(stdin: IO[bytes], stdout: IO[str], own: OwnAddresses) -> None:
    """Answer each line of *stdin*, a path of a raw mail, with one line of JSON on *stdout*, at once."""
    raise NotImplementedError
