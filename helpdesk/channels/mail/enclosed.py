"""Mails within a mail (message/rfc822): kept as files; who wrote the one that is passed on, and what its words are."""

import re

from helpdesk.channels.incoming import Sender
from helpdesk.channels.mail import addresses, envelope, headers, parts, text
from helpdesk.channels.mail.headers import Headers
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.mail.parts import Content, Part
from helpdesk.channels.mail.phrases import ADDRESS, LABEL
from helpdesk.channels.mail.quotes import Split

SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|vb|doorst|pd|пересл\w*|перенаправл\w*|қайта|пер)\s*(?:\[\d+\])?:", re.IGNORECASE
)
KINDS = ("message/rfc822", "message/global")
MOST = 10  # mails whose words are taken
WORDS = 50_000  # characters of each


def forwarded(found: Headers, colleague: Sender | None, own: OwnAddresses, written: Split, content: Content) -> str:
    """The customer whose mail a colleague passes on to us; empty when none does.

    When it is passed on without a word of who wrote it, it is the colleague's.
    """
    address = colleague.address if colleague else ""
    named = SUBJECT.match(found.text("subject"))
    if not own.is_inside(address) or not (named or not written.new):
        return ""
    one = forwarded_from(written.rest) or author(content)
    return one if one and not own.is_ours(one) else address if named else ""


def forwarded_from(rest: str) -> str:
    """The address in the From line of a forwarded message."""
    for line in rest.splitlines()[:40]:
        label = LABEL.match(line.lstrip("> ")[:400].lower())
        found = ADDRESS.search(line[:400]) if label and label.lastgroup == "from" else None
        if found:
            return addresses.bare(found[0])
    return ""


def mails(content: Content) -> list[bytes]:
    """The mails among the files."""
    return [part.content for part in content.files if part.kind in KINDS or is_eml(part)][:MOST]


def is_eml(part: Part) -> bool:
    return part.name.lower().endswith(".eml") and part.kind in ("application/octet-stream", "application/eml")


def author(content: Content) -> str:
    """Who wrote the one mail that lies in this one; nobody when there is none, or several."""
    found = mails(content)
    if len(found) != 1:
        return ""
    one = envelope.sender(header(found[0]))
    return one.address if one else ""


def header(raw: bytes) -> Headers:
    try:
        return headers.split(raw, 0, len(raw))[0]
    except Unreadable:
        return Headers({})


def words(content: Content) -> str:
    """The texts of the mails within, each under its subject and author, so that they are found by their words."""
    return "\n\n".join(filter(None, map(of_one, mails(content))))


def of_one(raw: bytes) -> str:
    try:
        root = parts.Reader(raw).part(0)
    except Unreadable:
        return ""
    inner, one = parts.content(root), envelope.sender(root.headers)
    shown = inner.plain or text.joined(text.html_lines((inner.html or "")[: 4 * WORDS]))
    head = f"{one.name} <{one.address}>" if one else ""
    return "\n".join(filter(None, [head, root.headers.text("subject"), shown.strip()]))[:WORDS]
