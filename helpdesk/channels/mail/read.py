"""One raw mail as a value: everything the desk wants to know about it, decoded and safe to store."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from helpdesk.channels.incoming import Bounce, File, Incoming, Reason, Sender
from helpdesk.channels.mail import (
    automatic,
    bounce,
    dates,
    enclosed,
    envelope,
    invitation,
    limits,
    nature,
    parts,
    quotes,
    seals,
    text,
    tnef,
)
from helpdesk.channels.mail.headers import Headers
from helpdesk.channels.mail.invitation import Invitation
from helpdesk.channels.mail.limits import Cause, Unreadable
from helpdesk.channels.mail.nature import Nature
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.mail.parts import Content, Part
from helpdesk.channels.mail.quotes import Split
from helpdesk.channels.mail.seals import Seal
from helpdesk.errors import Refused

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
REPORTS = (Nature.RECEIPT, Nature.ABUSE)  # on a mail that they name within


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as read. Ids are without < >; texts hold no NUL and no lone surrogate; *date* is the sender's claim.

    *key* is the sha256 of the raw mail: two mails may bear one Message-ID, or none. *text* and *html* are the bodies as
    sent, *written* what of them was written this time and what not, *enclosed_text* those of mails within.
    """

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
    written: Split
    enclosed_text: str
    attachments: tuple[File, ...]
    seal: Seal
    invitation: Invitation
    nature: Nature
    is_auto_reply: bool
    may_answer: bool
    bounce: Bounce | None
    is_own: bool
    drop: bool

    @property
    def reply_text(self) -> str:
        """What was written this time."""
        return self.written.new

    @property
    def quoted_text(self) -> str:
        """The rest of it: quotations and signature in their order."""
        return self.written.rest


def read(raw: bytes, own: OwnAddresses) -> Mail:
    """The mail in *raw*. Raises Unreadable, and nothing else, for any bytes."""
    limits.check_size(raw)
    try:
        return assembled(raw, own)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unreadable(Cause.BROKEN) from error


def assembled(raw: bytes, own: OwnAddresses) -> Mail:
    root = parts.Reader(unix_lines(raw)).part(0)
    found, content = root.headers, parts.content(root)
    author, subject, message_id = envelope.sender(found), found.text("subject"), envelope.message_id(found)
    to, cc = envelope.people(found, "to"), envelope.people(found, "cc")
    written = quotes.split(lines(content))
    automatic_mail = automatic.is_automatic(found, author.address if author else "") or automatic.says_so(written.new)
    report = bounce.bounce(root, clues(root, content, author, own, is_automatic=automatic_mail))
    customer = enclosed.forwarded(found, author, own, written, content) or envelope.effective_sender(found, author, own)
    is_own = own.signed(message_id) or own.signed(found.text("x-loop")) or own.is_ours(customer)
    kind = nature.of(root, report, written.new, is_automatic=automatic_mail)
    machine = kind.machine or own.bears_host(message_id)
    about = bounce.reported_id(root, content.plain or "") if kind in REPORTS else ""
    return Mail(
        key=hashlib.sha256(raw).hexdigest(),
        message_id=message_id,
        sender=author,
        effective_sender=customer,
        to=to,
        cc=cc,
        reply_to=envelope.people(found, "reply-to"),
        recipients=envelope.recipients(found, to + cc),
        subject=subject,
        date=dates.parse(found.text("date")),
        in_reply_to=envelope.ids(found, "in-reply-to"),
        references=(*envelope.ids(found, "references"), *([about] if about else [])),
        text=content.plain,
        html=content.html,
        written=written,
        enclosed_text=enclosed.words(content),
        attachments=(*parts.files(content), *(file for part in content.files for file in tnef.files(part))),
        seal=seals.seal(root, content.plain or ""),
        invitation=invitation.invitation(content),
        nature=kind,
        is_auto_reply=automatic_mail,
        may_answer=not (machine or is_own or automatic.forbids_answer(found)) and is_answerable(author, customer),
        bounce=report,
        is_own=is_own,
        drop=is_pointless(report, author),
    )


def unix_lines(raw: bytes) -> bytes:
    """The mail with line ends that can be told apart: some programs send bare CR, some CR CR LF."""
    start = raw[: limits.FIELD]
    if b"\r" not in start:
        return raw
    if b"\n" not in start:
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw.replace(b"\r\r\n", b"\r\n") if b"\r\r\n" in start else raw


def lines(content: Content) -> text.Lines:
    """What a reader sees, line by line: plain text where there is some, else the HTML."""
    found = text.Lines()
    for body in content.bodies:
        if body.plain and body.plain.strip():
            found += text.plain_lines(body.plain)
        elif body.html:
            found += text.html_lines(body.html)
    return found


def clues(
    root: Part, content: Content, author: Sender | None, own: OwnAddresses, *, is_automatic: bool
) -> bounce.Clues:
    found = root.headers
    return bounce.Clues(
        sender=found.text("from") or (author.address if author else ""),
        subject=found.text("subject"),
        content=content,
        null_sender="return-path" in found and automatic.is_null(found.raw("return-path")) and not is_personal(found),
        automatic=is_automatic,
        ours=own.addresses,
    )


def is_personal(found: Headers) -> bool:
    """Does the mail ask for an answer to an address that a person may read?"""
    return any(not automatic.is_robot(one.address) for one in envelope.people(found, "reply-to"))


def is_answerable(author: Sender | None, customer: str) -> bool:
    """Did the person whom an automatic answer would go to send the mail themselves? Anybody may name another."""
    if author is None or author.address != customer:
        return False
    return "@" in author.address and not automatic.is_robot(author.address)


def is_pointless(report: Bounce | None, author: Sender | None) -> bool:
    """A delivery report that names no recipient, no mail and no sender helps nobody."""
    nothing = report is not None and not (report.permanent or report.temporary or report.message_id)
    return nothing and (author is None or "@" not in author.address)


def incoming(mail: Mail, *, received: datetime) -> Incoming:
    """The mail as a contact of the instant it was *received*; its own date is only a fact (it may be forged).

    Raises Refused with OWN for a mail of ours that came back, DROP for one that means nothing, EMPTY for one without
    subject, text and file.
    """
    if mail.is_own:
        raise Refused(Reason.OWN)
    if mail.drop:
        raise Refused(Reason.DROP)
    if not (undirected(mail.reply_text or mail.quoted_text) or mail.subject or mail.attachments):
        raise Refused(Reason.EMPTY)
    return contact(mail, received=received)


def contact(mail: Mail, *, received: datetime) -> Incoming:
    """The same of any mail: staff may want what no rule lets in. Where nothing is new, the rest is its text."""
    written = mail.written if mail.reply_text else Split(mail.quoted_text)
    return Incoming(
        channel="mail",
        key=mail.key,
        sender=customer(mail),
        subject=mail.subject,
        text=undirected(written.new),
        quoted=undirected("\n\n".join(filter(None, [written.quoted, mail.enclosed_text]))),
        signature=undirected(written.signature),
        html=mail.html or "",
        at=received,
        to=mail.to,
        cc=mail.cc,
        message_id=mail.message_id,
        references=tuple(dict.fromkeys(mail.references + mail.in_reply_to)),
        recipients=mail.recipients,
        attachments=mail.attachments,
        automatic=mail.nature.machine,
        may_answer=mail.may_answer,
        bounce=mail.bounce,
        facts={
            "from": mail.sender.address if mail.sender else "",
            "date": mail.date.astimezone(UTC).isoformat() if mail.date else None,
            "nature": mail.nature,
            **({"seal": mail.seal} if mail.seal else {}),
            **({"invitation": mail.invitation} if mail.invitation else {}),
        },
    )


def undirected(shown: str) -> str:
    """Text without the characters that make others be read backwards; a right-to-left script needs none of them."""
    return shown if shown.isascii() else TURNS.sub("", shown)


def customer(mail: Mail) -> Sender:
    """Whom the ticket is for, by the name that the mail gives them; without an address when it names nobody."""
    named = (one for one in (mail.sender, *mail.reply_to) if one and one.address == mail.effective_sender)
    return next(named, Sender("", "email", mail.effective_sender))


def as_report(mail: Mail) -> Mapping[str, Any]:
    """The mail as JSON values: what `helpdesk mail read --jsonl` answers."""
    report = mail.bounce or Bounce()
    return {
        "from": person(mail.sender) if mail.sender else None,
        "effective_sender": mail.effective_sender,
        "to": [person(one) for one in mail.to],
        "cc": [person(one) for one in mail.cc],
        "reply_to": [person(one) for one in mail.reply_to],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id or None,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "text": mail.text,
        "html": mail.html,
        "reply_text": mail.reply_text,
        "quoted_text": mail.quoted_text,
        "attachments": [attachment(one) for one in mail.attachments],
        "kind": mail.nature,
        "is_auto_reply": mail.is_auto_reply,
        "may_answer": mail.may_answer,
        "is_bounce": mail.bounce is not None,
        "bounce": {"permanent": list(report.permanent), "temporary": list(report.temporary), "hard": report.hard},
        "is_feedback_report": mail.nature is Nature.ABUSE,
        "drop": mail.drop,
    }


def person(one: Sender) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def attachment(one: File) -> dict[str, Any]:
    md5 = hashlib.md5(one.content, usedforsecurity=False).hexdigest()
    return {
        "filename": one.filename,
        "content_type": one.content_type,
        "size": len(one.content),
        "md5": md5,
        "inline": one.inline,
    }


def read_lines(stdin: IO[bytes], stdout: IO[str], own: OwnAddresses) -> None:
    """Answer each line of *stdin*, the path of a raw mail, with one line of JSON on *stdout* at once."""
    for line in stdin:
        stdout.write(json.dumps(answer(os.fsdecode(line.rstrip(b"\r\n")), own)) + "\n")
        stdout.flush()


def answer(path: str, own: OwnAddresses) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:
            return as_report(read(file.read(limits.RAW + 1), own))
    except (OSError, ValueError, Unreadable) as error:
        return {"error": str(error)}
