"""An outgoing mail, made of plain values: nothing of an incoming header is ever copied as it came."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import encoders
from email.charset import BASE64, Charset
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.policy import compat32
from email.utils import format_datetime

from helpdesk.channels.incoming import File
from helpdesk.channels.mail.headers import clean
from helpdesk.errors import HelpdeskError

WIRE = compat32.clone(linesep="\r\n", max_line_length=998)
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
MESSAGE_ID = re.compile(r"[^\s<>\x00-\x20\x7f]{1,400}")
MEDIA_TYPE = re.compile(r"(?:text|image|audio|video|application)/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}")
REPLY = re.compile(r"\s*(?:re|aw|sv|ответ|на)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
FORWARD = re.compile(r"\s*(?:fwd?|wg|пересл|пер)\s*:", re.IGNORECASE)
MOST_REFERENCES = 20
LONGEST_SUBJECT = 400


class BadAddress(HelpdeskError):
    """What should be one e-mail address is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail. *answers* is the Message-ID of the mail that it answers, *references* of those before.

    *html* says the same as *text*, or is empty; a file with a Content-ID stands in it. *automatic* is empty, auto-replied
    or auto-generated (RFC 3834). Who else gets it stands nowhere in it.
    """

    sender_name: str
    sender: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    subject: str
    text: str
    html: str = ""
    message_id: str
    at: datetime
    reply_to: str = ""
    answers: str = ""
    references: Sequence[str] = ()
    automatic: str = ""
    files: Sequence[File] = ()


def compose(letter: Letter) -> bytes:
    """The mail as it goes over the wire, in ASCII with CRLF; raises BadAddress."""
    body = _both_forms(letter) if letter.html else _text(letter.text)
    files = [file for file in letter.files if not (letter.html and _inline(file))]
    mail = _with_files(body, files) if files else body
    for name, value in _headers(letter):
        mail[name] = value
    return mail.as_bytes(policy=WIRE)


def _headers(letter: Letter) -> list[tuple[str, str]]:
    known = [f"<{one}>" for one in letter.references if MESSAGE_ID.fullmatch(one)][-MOST_REFERENCES:]
    answered = [f"<{one}>" for one in [letter.answers] if MESSAGE_ID.fullmatch(one)]
    rows = [
        ("From", _mailbox(letter.sender_name, letter.sender)),
        ("To", ", ".join(map(address, letter.to))),
        ("Subject", _words(clean(letter.subject)[:LONGEST_SUBJECT])),
        ("Date", format_datetime(letter.at)),
        ("Message-ID", f"<{_message_id(letter.message_id)}>"),
    ]
    if letter.cc:
        rows.append(("Cc", ", ".join(map(address, letter.cc))))
    if letter.reply_to:
        rows.append(("Reply-To", _mailbox(letter.sender_name, letter.reply_to)))
    if answered:
        rows.append(("In-Reply-To", answered[0]))
    if known:
        rows.append(("References", " ".join(known)))
    if letter.automatic:
        rows += [("Auto-Submitted", letter.automatic), ("X-Auto-Response-Suppress", "All")]
        rows.append(("X-Loop", f"<{letter.message_id}>"))
    return rows


def _message_id(text: str) -> str:
    if not MESSAGE_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no Message-ID")
    return text


def _words(text: str) -> str:
    """Text as it may stand in a header; encoded words (RFC 2047) when it is not ASCII, or only looks like one."""
    if text.isascii() and "=?" not in text:
        return text
    return " ".join(Header(text, "utf-8", maxlinelen=75).encode().split())


def _mailbox(name: str, mail_address: str) -> str:
    """A display name with its address; the name is always encoded words or a quoted string."""
    name = clean(name)[:100]
    if not name:
        return address(mail_address)
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address(mail_address)}>'
    return f"{_words(name)} <{address(mail_address)}>"


def address(text: str) -> str:
    """The one plain address that *text* is, its domain in ASCII; raises BadAddress for anything else."""
    local, _, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    whole = f"{local}@{domain}"
    if len(local) > 64 or len(whole) > 254 or not LOCAL.fullmatch(local) or not DOMAIN.fullmatch(domain):
        raise BadAddress(f"{clean(text)[:80]!r} is not one e-mail address; correct it and send again.")
    return whole


def domain_of(mail_address: str) -> str:
    """The domain of an address of ours, in ASCII; raises BadAddress."""
    return address(mail_address).rpartition("@")[2]


def answer_subject(subject: str) -> str:
    """The subject of an answer: one "Re:" before it, however many there were."""
    subject = clean(subject)
    return subject if REPLY.match(subject) else f"Re: {subject}"


def forward_subject(subject: str) -> str:
    """The subject of what is forwarded: one "Fwd:" before it, however many there were."""
    subject = clean(subject)
    return subject if FORWARD.match(subject) else f"Fwd: {subject}"


def tagged(mail_address: str, token: str) -> str:
    """The address with a signed token after a plus, or as it is when that would be too long."""
    local, _, domain = mail_address.rpartition("@")
    return f"{local}+{token}@{domain}" if len(local) + 1 + len(token) <= 64 else mail_address


def _both_forms(letter: Letter) -> Message:
    """The text, and the HTML with the pictures that stand in it."""
    html, pictures = _text(letter.html, "text/html"), [file for file in letter.files if _inline(file)]
    mail = MIMEMultipart("alternative", policy=compat32)
    mail.attach(_text(letter.text))
    mail.attach(_with_files(html, pictures, "related") if pictures else html)
    return mail


def _inline(file: File) -> bool:
    return file.inline and MESSAGE_ID.fullmatch(file.cid) is not None


def _text(text: str, kind: str = "text/plain") -> Message:
    part = Message(policy=compat32)
    charset = Charset("utf-8")
    charset.body_encoding = BASE64
    lines = text.encode("utf-8", "replace").decode().replace("\0", "").splitlines()
    part["Content-Type"] = kind
    part.set_payload("\r\n".join([*lines, ""]), charset)
    return part


def _with_files(body: Message, files: Sequence[File], kind: str = "mixed") -> Message:
    mail = MIMEMultipart(kind, policy=compat32)
    mail.attach(body)
    for file in files:
        mail.attach(_attached(file))
    return mail


def _attached(file: File) -> Message:
    """A file as it is stored; a type that could change how the mail is read is sent as plain bytes."""
    known = MEDIA_TYPE.fullmatch(file.content_type)
    main, _, sub = (known[0] if known else "application/octet-stream").partition("/")
    part = MIMEBase(main, sub, policy=compat32)
    part.set_payload(file.content)
    encoders.encode_base64(part)
    name = clean(file.filename)[:200] or "file"
    way = "inline" if _inline(file) else "attachment"
    part.add_header("Content-Disposition", way, filename=name if name.isascii() else ("utf-8", "", name))
    if _inline(file):
        part["Content-ID"] = f"<{file.cid}>"
    return part
