"""Address lists (RFC 5322) as people write them: linear, best effort, never raises."""

import re

from helpdesk.channels.incoming import Sender
from helpdesk.channels.mail.headers import clean, decode_words, decoded

TOKENS = re.compile(
    r"(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=)"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*+)"'
    r"|<(?P<address>[^<>]*+)>"
    r"|\((?P<comment>(?:[^()\\]|\\.)*+)\)"
    r"|(?P<comma>[,;])"
    r"|(?P<colon>:)"
    r'|(?P<text>[^",;:<>()=]+)'
    r"|(?P<odd>.)",
    re.DOTALL,
)
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()]+")
MOST = 1000  # people of one field


SIMPLE = re.compile(r'\s*(?:"([^"\\<>]*)"|([^"<>(),;:@\\]*?))\s*<([^\s<>@,;:"()=]+@[\w.-]*\w)>\s*')


def parse(value: str) -> tuple[Sender, ...]:
    """The people of one raw field, in order; groups are taken apart, entries without an address left out."""
    if simple := SIMPLE.fullmatch(value):
        return (Sender(decoded(simple[1] or simple[2] or ""), "email", simple[3]),)
    found: list[Sender] = []
    entry = Entry()
    for token in TOKENS.finditer(value):
        kind, text = token.lastgroup, token[token.lastgroup or 0]
        if kind == "comma":
            found.extend(entry.people())
            entry = Entry()
        else:
            entry.add(kind or "", text)
        if len(found) >= MOST:
            break
    return tuple([*found, *entry.people()][:MOST])


class Entry:
    """One entry of a list, as it is read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.address: str | None = None

    def add(self, kind: str, text: str) -> None:
        if kind == "address":
            self.address = self.address or bare(text)
        elif kind == "comment":
            self.comments.append(text)
        elif kind == "colon" and self.is_group:
            self.words = []
        else:
            self.words.append(re.sub(r"\\(.)", r"\1", text) if kind == "quoted" else text)

    @property
    def is_group(self) -> bool:
        return self.address is None and "@" not in "".join(self.words)

    def people(self) -> list[Sender]:
        """The person of this entry; an encoded word may hold the whole of it, address and all."""
        name = clean(decode_words("".join(self.words)))
        if self.address:
            return [Sender(name or self.comment, "email", self.address)]
        inner = ADDRESS.search(name)
        if inner:
            rest = clean((name[: inner.start()] + name[inner.end() :]).replace("<>", "")).strip("<>\"' ")
            return [Sender(rest or self.comment, "email", bare(inner[0]))]
        if name and " " not in name and self.address is None and name.isascii():
            return [Sender(self.comment, "email", name)]
        return []

    @property
    def comment(self) -> str:
        return clean(decode_words(" ".join(self.comments)))


def bare(text: str) -> str:
    """An address without mailto:, quotes, route and blanks."""
    text = clean(decode_words(text)).strip("'\" ")
    text = text[7:] if text.lower().startswith("mailto:") else text
    if text.startswith("@") and ":" in text:
        text = text.partition(":")[2]
    local, at, domain = text.rpartition("@")
    return f"{local.strip()}@{domain.strip().rstrip('.')}" if at else text.replace(" ", "")
