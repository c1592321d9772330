"""The structure of a mail (RFC 2046): bodies in reading order, and files. Works on offsets; no part is copied twice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpdesk.channels.incoming import File
from helpdesk.channels.mail import charset, headers, limits, text, transfer
from helpdesk.channels.mail.filenames import extension, safe
from helpdesk.channels.mail.headers import Headers
from helpdesk.channels.mail.limits import Cause, Unreadable

KIND = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")
BODIES = ("text/plain", "text/html")


@dataclass(slots=True)
class Part:
    """One part, from the first byte of its body to the last."""

    raw: bytes = field(repr=False)
    start: int
    end: int
    headers: Headers
    kind: str
    children: list["Part"] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The bytes, transfer encoding undone."""
        return transfer.decode(self.raw[self.start : self.end], self.encoding)

    @property
    def encoding(self) -> str:
        return self.headers.text("content-transfer-encoding").strip("\"' ;").lower()

    @property
    def name(self) -> str:
        """The file name the sender gave, not yet safe; RFC 2183 before the older parameter."""
        return self.headers.disposition[1].get("filename") or self.headers.content_type[1].get("name", "")

    @property
    def cid(self) -> str:
        return self.headers.text("content-id").strip("<> ")

    def text(self) -> str:
        """The content as text, \\n as line end, soft line breaks of format=flowed undone."""
        data, given = self.content, self.headers.content_type[1]
        label = given.get("charset", "")
        if self.kind == "text/html" and charset.codec_for(label) in ("", "ascii"):
            label = text.meta_charset(data) or label
        decoded = text.newlines(charset.decode(data, label))
        if given.get("format", "").lower() == "flowed" and self.kind == "text/plain":
            return text.flowed(decoded, delsp=given.get("delsp", "").lower() == "yes")
        return decoded

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, outermost first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Body:
    """A stretch of the message: as plain text, as HTML, or as both alternatives."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Content:
    """What a message holds: its bodies and its files, in order."""

    bodies: list[Body] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)

    @property
    def plain(self) -> str | None:
        found = [body.plain for body in self.bodies if body.plain is not None]
        return "\n".join(found) if found else None

    @property
    def html(self) -> str | None:
        found = [body.html for body in self.bodies if body.html is not None]
        return "\n".join(found) if found else None


class Reader:
    """Takes one mail apart, counting its parts; raises Unreadable beyond limits.PARTS or limits.DEPTH."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.count = 0

    def part(self, start: int, end: int | None = None, default: str = "text/plain", depth: int = 0) -> Part:
        """The part between two offsets, and all below it."""
        end = len(self.raw) if end is None else end
        self.count += 1
        if self.count > limits.PARTS:
            raise Unreadable(Cause.PARTS)
        if depth > limits.DEPTH:
            raise Unreadable(Cause.DEPTH)
        found, body = headers.split(self.raw, start, end)
        part = Part(self.raw, body, end, found, kind_of(found, default))
        boundary = found.content_type[1].get("boundary", "")
        if part.kind.startswith("multipart/") and boundary:
            below = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
            for begin, stop in sections(self.raw, boundary.encode("utf-8", "replace"), body, end):
                part.children.append(self.part(begin, stop, below, depth + 1))
        return part


def kind_of(found: Headers, default: str) -> str:
    """The media type; what is none is plain text (RFC 2045, 5.2), what has no subtype too."""
    given = found.content_type[0]
    if not given:
        return default
    if KIND.fullmatch(given):
        return given
    return "text/html" if given == "html" else "text/plain" if given in ("text", "plain", "text/") else default


def sections(raw: bytes, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the parts between the delimiter lines begin and end; a missing last delimiter is forgiven."""
    begun: int | None = None
    for line, after, closing in delimiters(raw, b"--" + boundary, start, end):
        if begun is not None:
            yield begun, max(begun, line)
        begun = None if closing else after
        if closing:
            return
    if begun is not None and begun <= end:
        yield begun, end


def delimiters(raw: bytes, mark: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """End of the text before each delimiter line, start of the line after it, and whether it is the closing one."""
    at = raw.find(mark, start, end)
    while at >= 0:
        after = at + len(mark)
        if at == start or raw[at - 1 : at] == b"\n":
            stop = raw.find(b"\n", after, end)
            stop = end if stop < 0 else stop
            rest = raw[after:stop].strip() if stop - after < 100 else b"?"
            if rest in (b"", b"--"):
                before = at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
                yield max(before, start), min(stop + 1, end), rest == b"--"
        at = raw.find(mark, after, end)


def content(root: Part) -> Content:
    """Bodies and files of a mail."""
    found = Content()
    collect(root, found, alone=True)
    return found


def collect(part: Part, found: Content, *, alone: bool = False) -> None:
    if part.children:
        collect_children(part, found)
    elif is_body(part, found, alone=alone):
        body = part.text()
        found.bodies.append(Body(html=body) if part.kind == "text/html" else Body(plain=body))
    else:
        found.files.append(part)


def collect_children(part: Part, found: Content) -> None:
    if part.kind == "multipart/alternative":
        inner = Content()
        for child in part.children:
            collect(child, inner)
        found.bodies.append(Body(inner.plain, inner.html))
        found.files.extend(inner.files)
        return
    for number, child in enumerate(part.children):
        if number and part.kind in ("multipart/related", "multipart/report", "multipart/signed") and not child.children:
            found.files.append(child)
        else:
            collect(child, found)


def is_body(part: Part, found: Content, *, alone: bool) -> bool:
    """Is this leaf something to read here, rather than a file?"""
    if part.headers.disposition[0] == "attachment":
        return False
    if alone and part.kind.startswith(("text/", "multipart/")):
        return not part.name or part.kind in BODIES
    if part.kind.startswith("multipart/"):
        return True
    if part.kind not in BODIES:
        return False
    return not part.name or not (found.bodies or part.headers.disposition[0])


def files(found: Content) -> tuple[File, ...]:
    """The files; inline are those that the HTML shows by their Content-ID (RFC 2392)."""
    html = found.html or ""
    shown = {cid.lower() for cid in re.findall(r"cid:([^\s\"'<>)]{1,300})", html)} if "cid:" in html.lower() else set()
    return tuple(as_file(part, number, shown) for number, part in enumerate(found.files, 1))


def as_file(part: Part, number: int, shown: set[str]) -> File:
    cid = part.cid
    return File(safe(given_name(part, number)), part.kind, part.content, cid, bool(cid) and cid.lower() in shown)


def given_name(part: Part, number: int) -> str:
    """The sender's name for a file, or one made of what is known about it."""
    if part.name:
        return part.name
    name = part.headers.text("content-description")
    if part.kind == "message/rfc822":
        inner, _ = headers.split(part.raw, part.start, part.end)
        name = inner.text("subject") or name
    ending = extension(part.kind)
    name = name[:100] or f"noname{number}"
    return name if name.lower().endswith(ending) else name + ending
