"""Delivery reports: by RFC 3464 where the report is machine-readable, else by what mail servers are known to write."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message

from flufl.bounce import all_failures

from helpdesk.channels.incoming import Bounce
from helpdesk.channels.mail import charset, headers, lasting
from helpdesk.channels.mail.parts import Content, Part
from helpdesk.channels.mail.text import html_lines, joined

SCANNED = 200_000  # bytes of a report looked at
DAEMON = re.compile(  # in lower case, as the next four
    r"mailer-?daemon|mail-?daemon|postmaster|microsoftexchange|mdaemon|mail ?delivery|mail administrator|mail ?system"
    r"|delivery ?(?:subsystem|system|service|agent)|system administrator"
    r"|служба доставки|почтовая служба|системный администратор|пошта жүйесі|пошталық жүйе"
)
SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|delivery (?:status )?(?:notification|failure|report|problem|error|has failed"
    r"|delayed|attempt)"
    r"|returned mail|mail (?:delivery )?fail|failure notice|deliver\w{0,8} fail|could not (?:be )?deliver|message delay"
    r"|warning: (?:could not|message)|return(?:ed)? to sender|rejected (?:mail|message)|mail system error"
    r"|mail could not"
    r"|delivery unsuccessful|user unknown|unable to deliver|can ?not be delivered|mail status report|dsn:"
    r"|delivery expired"
    r"|не ?доставлен|ошибка доставки|возвращен\w{0,3} отправит|не удалось доставить|отч[её]т о (?:не)?доставке"
    r"|недоставк"
    r"|задержка доставки|жеткізілмеді|жеткізу мүмкін болмады|не ?доставлено|unzustellbar|zustell|übermittlung|non remis"
    r"|échec de|devuelt|fallo en la entrega|mancata consegna|onbestelbaar|niet bezorgd|配信|退信|投递|エラー"
)
EVIDENCE = re.compile(
    r"\b[45]\.\d{1,3}\.\d{1,3}\b|\b(?:smtp|error|code|said|ошибк\w{0,3}|код)\b[^\n]{0,40}\b[45]\d\d\b"
    r"|\b[45]\d\d[ -](?:#?[45]\.|user|unknown|no such|mailbox|message|delivery|sorry|requested)"
    r"|user unknown|unknown user|no such user|mailbox (?:is )?(?:full|unavailable|not found)|does not exist"
    r"|undeliverable"
    r"|could not be delivered|unable to deliver|не (?:был[оа]? )?доставлен|не существует|ящик .{0,20}переполнен"
    r"|пользовател\w .{0,30}не найден|жеткізілмеді|табылмады"
)
DELAYED = re.compile(
    r"delay|will be retried|still trying|warning|not yet been|mailbox (?:is )?full|over quota"
    r"|повторн\w{1,4} попыт|задерж|переполнен|кешік"
)
TRYING = re.compile(
    r"will be (?:retried|re-?attempted)|still trying|will keep trying|will (?:continue|try again)|warning message only"
    r"|not yet been|do not need to resend|delivery delayed|message delayed|повторн\w{1,4} попыт|попытк\w .{0,30}продолж"
)
COPY = re.compile(
    r"^[ \t>]{0,20}(?:-{2,}.{0,60}(?:copy|original|returned|message|headers?|исходн|копия|сообщени).{0,60}"
    r"|(?:received|return-path|message-id): .*)$",
    re.MULTILINE,
)
ADDRESS = re.compile(r"[\w.!#$%&*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
MESSAGE_ID = re.compile(r"^[> \t]*message-id:\s*<?([^\s<>]{1,300})>?", re.IGNORECASE | re.MULTILINE)
NOTIFIED_ID = re.compile(r"^original-message-id:\s*<?([^\s<>]{1,300})>?", re.IGNORECASE | re.MULTILINE)
NOBODY = "nobody@invalid"
STATUSES = ("message/delivery-status", "message/global-delivery-status")
ORIGINALS = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
NO_FAILURE = frozenset({"delivered", "relayed", "expanded", "deliverable"})
REFUSED = re.compile(rb"^disposition:[^\n]*;\s*(?:deleted|denied|failed)", re.IGNORECASE | re.MULTILINE)

logging.getLogger(
    "flufl.bounce"
).disabled = True  # a detector that fails finds nothing, and its tracebacks quote the mail


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a delivery report: what happened (RFC 3464, 2.3.3), the status code, and the server's words."""

    address: str
    action: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Clues:
    """What else is known of a mail that may be a report."""

    sender: str
    subject: str
    content: Content
    null_sender: bool
    automatic: bool
    ours: frozenset[str]

    @property
    def text(self) -> str:
        """The report as people read it."""
        plain = self.content.plain or ""
        return plain if plain.strip() else joined(html_lines((self.content.html or "")[:SCANNED]))


def bounce(root: Part, clues: Clues) -> Bounce | None:
    """The delivery report that this mail is; None when it is none, or reports a success."""
    if is_feedback(root) or is_receipt(root):
        return None
    told = list(recipients(root))
    if told and all(one.action in NO_FAILURE for one in told):
        return None
    if not told and not is_suspect(root, clues):
        return None
    permanent, temporary = sorted_out(told) if told else unstructured(root, clues)
    if not (told or permanent or temporary) and not is_report(root, clues):
        return None
    prose = before_original(clues.text)
    hard = bool(permanent) and lasting.is_gone(codes(told), "\n".join(reasons(told)) or prose)
    return Bounce(permanent, temporary, hard, original_id(root, clues.text), is_tried_again(told, prose))


def is_tried_again(told: list[Recipient], prose: str) -> bool:
    """Does the server go on trying?"""
    if told:
        return all(one.action in NO_FAILURE or one.action == "delayed" for one in told)
    return TRYING.search(prose.lower()) is not None


def is_feedback(root: Part) -> bool:
    """An abuse report (RFC 5965)."""
    return report_type(root) == "feedback-report" or any(part.kind == "message/feedback-report" for part in root.walk())


def report_type(root: Part) -> str:
    return root.headers.content_type[1].get("report-type", "").lower() if root.kind == "multipart/report" else ""


def is_receipt(root: Part) -> bool:
    """A read receipt (RFC 8098), unless it tells of a mail that was refused unread."""
    receipts = [part for part in root.children if part.kind == "message/disposition-notification"]
    refused = any(REFUSED.search(part.content[:SCANNED]) for part in receipts)
    return not refused and (bool(receipts) or report_type(root) == "disposition-notification")


def is_suspect(root: Part, clues: Clues) -> bool:
    """Does anything speak for a report? An ordinary mail is not looked at further."""
    if "x-failed-recipients" in root.headers or report_type(root) == "delivery-status":
        return True
    if DAEMON.search(clues.sender.lower()) or SUBJECT.search(clues.subject.lower()):
        return True
    return clues.null_sender and not clues.automatic


def is_report(root: Part, clues: Clues) -> bool:
    """Is it a report although no recipient could be found in it?"""
    if report_type(root) == "delivery-status" or (clues.null_sender and not clues.automatic):
        return True
    daemon = DAEMON.search(clues.sender.lower())
    return bool(daemon) and ("daemon" in clues.sender.lower() or bool(SUBJECT.search(clues.subject.lower())))


def recipients(root: Part) -> Iterator[Recipient]:
    """Those named by the message/delivery-status parts."""
    for part in root.walk():
        if part.kind in STATUSES:
            yield from status_recipients(charset.guess(part.content[:SCANNED]))


def status_recipients(text: str) -> Iterator[Recipient]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip()):
        found = {
            name.lower(): value.strip()
            for name, value in re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", block, re.MULTILINE)
        }
        named = found.get("final-recipient") or found.get("original-recipient") or ""
        address = ADDRESS.search(named.partition(";")[2] or named)
        if named or "action" in found:
            action, status = first_word(found.get("action", "")), first_word(found.get("status", ""))
            yield Recipient(address[0] if address else "", action, status, after_kind(found.get("diagnostic-code", "")))


def codes(told: list[Recipient]) -> list[str]:
    return [one.status for one in told if one.status and one.action not in NO_FAILURE]


def reasons(told: list[Recipient]) -> list[str]:
    return [one.reason for one in told if one.reason and one.action not in NO_FAILURE]


def after_kind(diagnostic: str) -> str:
    """The server's words without the kind of server before them (RFC 3464, 2.3.6)."""
    return diagnostic.partition(";")[2] or diagnostic


def first_word(text: str) -> str:
    return text.split(None, 1)[0].lower().strip(";,()") if text.strip() else ""


def sorted_out(told: list[Recipient]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses that failed for good, and those only delayed."""
    permanent = [one.address for one in told if one.action not in NO_FAILURE and not is_delayed(one)]
    temporary = [one.address for one in told if one.action not in NO_FAILURE and is_delayed(one)]
    return distinct(permanent), distinct(temporary)


def is_delayed(one: Recipient) -> bool:
    return one.action == "delayed" or one.status.startswith("4.")


def distinct(addresses: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address))


def unstructured(root: Part, clues: Clues) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses from a report in prose: known formats first, else those it names beside a reason."""
    temporary, permanent = known_formats(root.raw)
    if permanent or temporary:
        return permanent, temporary
    named = ADDRESS.findall(root.headers.text("x-failed-recipients"))
    prose = before_original(clues.text)
    machine = clues.null_sender or DAEMON.search(clues.sender.lower()) is not None
    if not named and not (machine and EVIDENCE.search(prose.lower())):
        return (), ()
    named = named or [address for address in ADDRESS.findall(prose) if not is_known(address, clues)][:1]
    found = distinct(named)
    return ((), found) if DELAYED.search(prose.lower()) else (found, ())


def is_known(address: str, clues: Clues) -> bool:
    return (
        address.lower() in clues.ours or address.lower() in clues.sender.lower() or bool(DAEMON.search(address.lower()))
    )


def before_original(text: str) -> str:
    """The report without the message it returns."""
    found = COPY.search(text.lower())
    return (text[: found.start()] if found else text)[:SCANNED]


def known_formats(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Temporary and permanent failures that flufl.bounce recognises."""
    sample = raw[:SCANNED]
    if sample.count(b"\n--") > 1000:
        return (), ()
    try:
        temporary, permanent = all_failures(presentable(message_from_bytes(sample)))
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return (), ()
    return as_text(temporary), as_text(permanent)


def presentable(message: Message) -> Message:
    """The message with headers in ASCII and a sender: the detectors fail, and log it, when there is none."""
    for part in message.walk():
        for name in {name.lower() for name, value in part.items() if not isinstance(value, str) or not value.isascii()}:
            values = [str(value).encode("ascii", "replace").decode() for value in part.get_all(name, [])]
            del part[name]
            for value in values:
                part[name] = value
    if not ADDRESS.search(str(message.get("from", ""))):
        del message["from"]
        message["from"] = NOBODY
    return message


def as_text(addresses: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted(charset.guess(address) for address in addresses if b"@" in address))


def reported_id(root: Part, text: str) -> str:
    """The Message-ID of the mail that a read receipt or an abuse report is about (RFC 8098, 3.2.5)."""
    for part in root.walk():
        if part.kind == "message/disposition-notification":
            named = NOTIFIED_ID.search(charset.guess(part.content[:SCANNED]))
            if named:
                return named[1]
    return original_id(root, text)


def original_id(root: Part, text: str) -> str:
    """The Message-ID of the mail that was not delivered, without < >; empty when the report does not say."""
    for part in root.walk():
        if part.kind in ORIGINALS:
            inner, _ = (
                headers.split(part.raw, part.start, part.end)
                if part.encoding != "base64"
                else headers.split(part.content, 0, len(part.content))
            )
            if found := inner.text("message-id").strip("<> "):
                return found
    later = MESSAGE_ID.search(text)
    return later[1] if later else ""
