"""Bodies to lines of text: HTML in one linear pass, format=flowed (RFC 3676). Nothing that can be seen is lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from helpdesk.channels.mail import limits

TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"
    r"(?P<attributes>(?:[^<>\"']++|\"[^\"<>]*+\"|'[^'<>]*+'|\"[^\"]{0,3000}+\"|'[^']{0,3000}+'|[\"']){0,80}+)>"
    r"|(?P<comment><!--)|<[!?/][^<>]*+>"
)
ATTRIBUTE = re.compile(r"([a-zA-Z_:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
UNSEEN = frozenset({"style", "script", "title", "head", "template", "noscript"})
PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr"})
BLOCK = PARAGRAPH | {
    "div",
    "tr",
    "li",
    "dt",
    "dd",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "center",
    "form",
}
NESTS = frozenset({"div", "blockquote", "span", "table", "section", "p", "font", "td"})
QUOTE_BOX = re.compile(
    r"gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|moz-email-headers|OutlookMessageHeader|divRplyFwdMsg"
    r"|appendonsend|zmail_extra|protonmail_quote|mail_quote|wm_quote|x_gmail_quote|mailru-blockquote|tutanota_quote",
    re.IGNORECASE,
)
SIGNATURE_BOX = re.compile(
    r"gmail_signature|moz-signature|protonmail_signature|ms-outlook-mobile-signature", re.IGNORECASE
)
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
SPACE = re.compile(r"[ \t\n\r\f]+")
DEEPEST = 20  # quotation marks before a line


@dataclass(slots=True)
class Lines:
    """Lines, and of each its kind: q in a quotation, s in a signature that the HTML marks as such, else empty."""

    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def __add__(self, other: "Lines") -> "Lines":
        return Lines(self.texts + other.texts, self.kinds + other.kinds)

    def add(self, text: str, kind: str) -> None:
        self.texts.append(text)
        self.kinds.append(kind)


def plain_lines(text: str) -> Lines:
    """The lines of plain text; beyond limits.LINES all the rest is one quoted line."""
    lines = text.split("\n", limits.LINES)
    kinds = [""] * len(lines)
    if len(lines) > limits.LINES:
        return Lines([*map(str.rstrip, lines[:-1]), lines[-1]], [*kinds[:-1], "q"])
    return Lines([*map(str.rstrip, lines)], kinds)


def joined(lines: Lines) -> str:
    return "\n".join(lines.texts).strip("\n")


def newlines(text: str) -> str:
    """Text with \\n alone as line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def flowed(text: str, *, delsp: bool) -> str:
    """RFC 3676: lines that end in a space go on in the next line of the same quote depth; "-- " never does."""
    out: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if open_depth != depth or signature:
            out.append("\n" + ">" * depth + (" " if depth else ""))
        soft = content.endswith(" ") and not signature
        out.append(content[:-1] if soft and delsp else content)
        open_depth = depth if soft else None
    return "".join(out)[1:]


def html_lines(html: str) -> Lines:
    """The lines a reader of *html* sees, "> " before quotations; beyond limits.LINES all else is one quoted line."""
    writer = Writer()
    for kind, value, attributes in tokens(html[: limits.HTML]):
        if kind == "text":
            writer.write(value)
        elif len(writer.lines.texts) > limits.LINES:
            writer.boxes = [("", "q")]
        elif kind == "open":
            writer.open(value, attributes)
        else:
            writer.close(value)
    writer.fresh()
    return writer.lines


def tokens(html: str) -> Iterator[tuple[str, str, str]]:
    """Texts, opening and closing tags; a comment or style that never ends hides nothing."""
    at, endless = 0, set()
    while tag := TAG.search(html, at):
        if tag.start() > at:
            yield "text", html[at : tag.start()], ""
        at = tag.end()
        name = "!--" if tag["comment"] else (tag["name"] or "").lower()
        if (name == "!--" or (name in UNSEEN and not tag["close"])) and name not in endless:
            end = unseen_end(html, at, name)
            endless |= {name} if end < 0 else set()
            at = max(at, end)
        elif name and name != "!--":
            yield ("close" if tag["close"] else "open"), name, tag["attributes"]
    yield "text", html[at:], ""


def unseen_end(html: str, at: int, name: str) -> int:
    """Where a comment, style or the like that begins before *at* ends; -1 when it never does."""
    if name == "!--":
        end = html.find("-->", at)
        return end + 3 if end >= 0 else -1
    found = re.compile(rf"</{name}\s*+[^<>]*+>", re.IGNORECASE).search(html, at)
    return found.end() if found else -1


@dataclass(slots=True)
class Writer:
    """Lines as they grow."""

    lines: Lines = field(default_factory=Lines)
    current: list[str] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    quotes: int = 0
    preformatted: int = 0
    pending_space: bool = False

    @property
    def kind(self) -> str:
        return self.boxes[-1][1] if self.boxes else ""

    def write(self, text: str) -> None:
        text = unescape(text) if "&" in text else text
        if self.preformatted:
            first, *others = newlines(text).split("\n")
            self.current.append(first)
            for line in others:
                self.line()
                self.current.append(line)
            return
        words = SPACE.sub(" ", text)
        if words.startswith(" ") and (not self.current or self.pending_space):
            words = words[1:]
        if words:
            self.current.append(words)
            self.pending_space = words.endswith(" ")

    def line(self) -> None:
        """End the line, empty or not."""
        text = "".join(self.current).replace("\xa0", " ").rstrip()
        mark = ">" * min(self.quotes, DEEPEST) + " " if self.quotes else ""
        self.lines.add((mark + text).rstrip() if mark else text, self.kind)
        self.current, self.pending_space = [], False

    def fresh(self) -> None:
        """Begin a line, unless one has just begun."""
        if any(not piece.isspace() for piece in self.current):
            self.line()
        self.current, self.pending_space = [], False

    def paragraph(self) -> None:
        self.fresh()
        if self.lines.texts and self.lines.texts[-1].strip("> "):
            self.line()

    def open(self, name: str, attributes: str) -> None:
        if name == "br":
            self.line()
        elif name == "img":
            self.image(attributes)
        elif name in ("td", "th"):
            self.write(" ")
        if name in BLOCK:
            self.paragraph() if name in PARAGRAPH else self.fresh()
        if name in NESTS:
            self.boxes.append((name, box_kind(attributes) or self.kind))
        self.inside(name)

    def inside(self, name: str) -> None:
        if name == "blockquote":
            self.quotes += 1
        elif name == "pre":
            self.preformatted += 1
        elif name == "li":
            self.current = ["- "]
            self.pending_space = True
        elif name == "hr":
            self.current = ["-----"]
            self.fresh()

    def close(self, name: str) -> None:
        if name in BLOCK:
            self.fresh()
        if name == "blockquote":
            self.quotes = max(0, self.quotes - 1)
        elif name == "pre":
            self.preformatted = max(0, self.preformatted - 1)
        if name in NESTS:
            self.leave(name)
        if name in PARAGRAPH:
            self.paragraph()

    def leave(self, name: str) -> None:
        """Close the innermost element of this name, and what was left open in it."""
        for back in range(1, min(len(self.boxes), 12) + 1):
            if self.boxes[-back][0] == name:
                del self.boxes[-back:]
                return

    def image(self, attributes: str) -> None:
        """An emoji sent as an image is text."""
        alt = attribute(attributes, "alt")
        if alt and len(alt) < 8 and not any(char.isalnum() for char in alt):
            self.write(alt)


def box_kind(attributes: str) -> str:
    if not attributes or ("=" not in attributes):
        return ""
    if QUOTE_BOX.search(attributes):
        return "q"
    return "s" if SIGNATURE_BOX.search(attributes) else ""


def attribute(attributes: str, name: str) -> str:
    for key, *values in ATTRIBUTE.findall(attributes):
        if key.lower() == name:
            return unescape("".join(values))
    return ""


def meta_charset(data: bytes) -> str:
    """The charset an HTML document names itself; empty when it does not."""
    found = META_CHARSET.search(data[:4096])
    return found[1].decode("ascii") if found else ""
