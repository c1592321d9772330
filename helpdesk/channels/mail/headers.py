"""Header fields (RFC 5322) of raw bytes, decoded: encoded words (RFC 2047), parameters (RFC 2231)."""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from urllib.parse import unquote_to_bytes

from helpdesk.channels.mail import charset, limits, transfer
from helpdesk.channels.mail.limits import Cause, Unreadable

ENVELOPE = re.compile(rb"(?:[ \t\r]*\n){0,20}+(?:>?From [^\n]*\n)?")  # of an mbox
FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*+)\n?")
KNOWN = re.compile(
    rb"(?:received|from|to|cc|subject|date|message-id|mime-version|content-type|content-transfer-encoding|return-path|delivered-to"
    rb"|references|in-reply-to|reply-to|x-[a-z0-9-]+)[ \t]*:",
    re.IGNORECASE,
)
LOST_FOLDS = 12  # lines
BLANK_LINE = re.compile(rb"\r?\n")
ENCODED_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*+)(?:\?=|$)")
BETWEEN_WORDS = re.compile(r"(?<=\?=)\s+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
UNSAFE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
SPACES = re.compile("[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*))', re.DOTALL)
TOKEN = re.compile(r'"?([^\s;"]*)')
CONTINUED = re.compile(r"(.+?)\*(?:(\d{1,3})(\*)?)?$")
NEWEST_LAST = (b"references",)


class Headers:
    """The fields of one header: names in lower case, every occurrence kept in order."""

    def __init__(self, fields: dict[str, list[bytes]]) -> None:
        self.fields = fields
        self.decoded: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def has_any(self, names: frozenset[str]) -> bool:
        """Is there a field of one of these names?"""
        return not names.isdisjoint(self.fields)

    def raw(self, name: str) -> str:
        """The first field of this name, as text, its encoded words left alone."""
        found = self.fields.get(name)
        return charset.guess(found[0]) if found else ""

    def raws(self, name: str) -> list[str]:
        """All fields of this name, as text, their encoded words left alone."""
        return [charset.guess(value) for value in self.fields.get(name, ())]

    def text(self, name: str) -> str:
        """The first field of this name, decoded, on one line, without control characters."""
        if name not in self.fields:
            return ""
        if name not in self.decoded:
            self.decoded[name] = decoded(self.raw(name))
        return self.decoded[name]

    def texts(self, *names: str) -> list[str]:
        """All fields of these names, decoded."""
        return [decoded(charset.guess(value)) for name in names for value in self.fields.get(name, ())]

    @cached_property
    def content_type(self) -> tuple[str, Mapping[str, str]]:
        """Media type in lower case, and its parameters; an empty type when none is given (RFC 2045)."""
        return parameters(self.raw("content-type"))

    @cached_property
    def disposition(self) -> tuple[str, Mapping[str, str]]:
        """Content-Disposition and its parameters (RFC 2183)."""
        return parameters(self.raw("content-disposition"))


def split(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header that begins at *start*, and where its body begins; raises Unreadable when it is too large.

    A line that is no field ends the header, as if the blank line before the body had been lost.
    """
    fields: dict[str, list[bytes]] = {}
    at = ENVELOPE.match(raw, start, end).end()  # type: ignore[union-attr]
    begun, total = at, 0
    while found := FIELD.match(raw, at, end) or resumed(raw, at, end):
        at = found.end()
        name, value = found.groups()
        value = value.strip() if len(value) <= limits.FIELD else shortened(name, value)
        total += len(value)
        if total > limits.HEADERS or at - begun > limits.SCANNED:
            raise Unreadable(Cause.HEADERS)
        fields.setdefault(known(name), []).append(value)
    blank = BLANK_LINE.match(raw, at, end)
    return Headers(fields), blank.end() if blank else at


@lru_cache(maxsize=512)
def known(name: bytes) -> str:
    """A field's name as it is asked for."""
    return name.lower().decode("ascii")


def resumed(raw: bytes, at: int, end: int) -> re.Match[bytes] | None:
    """The next well-known field, when lines that lost their fold stand before it and no blank line does."""
    for _ in range(LOST_FOLDS):
        line = raw.find(b"\n", at, min(end, at + limits.FIELD))
        if line < 0 or not raw[at:line].strip():
            return None
        at = line + 1
        if found := KNOWN.match(raw, at, end) and FIELD.match(raw, at, end):
            return found
    return None


def shortened(name: bytes, value: bytes) -> bytes:
    """limits.FIELD bytes of a value: its end where the newest comes last, else its beginning."""
    return (value[-limits.FIELD :] if name.lower() in NEWEST_LAST else value[: limits.FIELD]).strip()


def clean(text: str) -> str:
    """Text on one line, without control and direction characters."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return SPACES.sub(" ", UNSAFE.sub("", text)).strip()


def decoded(value: str) -> str:
    """A field's value with its encoded words decoded, cleaned."""
    return clean(decode_words(value)) if "=?" in value else clean(value)


def decode_words(value: str) -> str:
    """RFC 2047, forgiving. Neighbours of one charset are joined as bytes, for characters cut in two."""
    value = BETWEEN_WORDS.sub("", value)
    out: list[str] = []
    pending, label, at = b"", "", 0
    for word in ENCODED_WORD.finditer(value):
        name = word[1].partition("*")[0].lower()
        if pending and (word.start() > at or name != label):
            out.append(charset.decode(pending, label))
            pending = b""
        out.append(value[at : word.start()])
        pending, label, at = pending + word_bytes(word), name, word.end()
    out.append(charset.decode(pending, label) if pending else "")
    return "".join([*out, value[at:]])


def word_bytes(word: re.Match[str]) -> bytes:
    content = word[3].encode("utf-8", "replace")
    if word[2] in "bB":
        return transfer.base64(content)
    return transfer.quoted_printable(content.replace(b"_", b" "))


@lru_cache(maxsize=256)
def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """The leading token, and the parameters with RFC 2231 continuations joined; the first of a name wins."""
    if not value:
        return "", {}
    token = TOKEN.match(value.lstrip())
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, bare in PARAMETER.findall(value):
        text = re.sub(r'\\(["\\])', r"\1", quoted) if quoted else bare.strip()
        continued = CONTINUED.match(name) if "*" in name else None
        if continued:
            number, extended = continued[2], continued[3] or not continued[2]
            pieces.setdefault(continued[1].lower(), {}).setdefault(int(number or 0), (text, bool(extended)))
        else:
            plain.setdefault(name.lower(), decoded(text))
    joined = {name: join(parts) for name, parts in pieces.items()}
    return (token[1].lower() if token else ""), plain | joined


def join(parts: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231: charset'language'percent-encoded pieces, in the order of their numbers."""
    first, extended = parts[min(parts)]
    label = ""
    if extended and first.count("'") >= 2:
        label, _, first = first.split("'", 2)
    ordered = [(first, extended)] + [parts[number] for number in sorted(parts)[1:]]
    data = b"".join(unquote_to_bytes(text) if percent else text.encode("utf-8", "replace") for text, percent in ordered)
    return decoded(charset.decode(data, label))
