"""What was written this time, what is quoted, and the signature. Linear; every line ends up in exactly one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.channels.mail import phrases
from helpdesk.channels.mail.text import Line

LONGEST_ATTRIBUTION = 4  # lines
ATTRIBUTION_LENGTH = 400  # characters
HEADER_BLOCK = 12  # lines looked through for From, Sent, To, Subject
SIGNATURE = 12  # lines that a signature without delimiter may have
FOOTER_WORDS = 10  # of a telephone's footer; a sentence has more
LONG_LINE = 90  # characters; a signature has shorter ones


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two: *new* is what the sender wrote this time, *rest* all other lines in their order."""

    new: str
    rest: str


def split(lines: Sequence[Line]) -> Split:
    """New text apart from quotations and signature."""
    marks = Marks([line.text for line in lines], [line.kind for line in lines])
    marks.quotations()
    marks.signatures()
    new = [text for text, kind in zip(marks.shown, marks.kinds, strict=True) if not kind]
    rest = [text for text, kind in zip(marks.shown, marks.kinds, strict=True) if kind]
    return Split(squeezed(new), squeezed(rest))


def squeezed(texts: Sequence[str]) -> str:
    """Lines as text, no blank lines at its ends and no three in a row."""
    out: list[str] = []
    for text in texts:
        if text.strip() or (out and out[-1]):
            out.append(text if text.strip() else "")
    return "\n".join(out).strip("\n")


class Marks:
    """Lines, each with its kind: empty for new text, q for a quotation, s for a signature."""

    def __init__(self, texts: list[str], kinds: list[str]) -> None:
        self.shown = texts
        self.texts = [text if text.isascii() else phrases.DIRECTION_MARKS.sub("", text) for text in texts]
        self.kinds = [kind or ("q" if is_quoted(text) else "") for text, kind in zip(self.texts, kinds, strict=True)]
        self.size = len(texts)
        self.first = self.next_text(0)

    def quotations(self) -> None:
        """Mark quotations with what introduces them, from the top down."""
        at = 0
        while at < self.size:
            at = self.past_older(at) or self.past_attribution(at)
        self.wrapped()

    def past_older(self, at: int) -> int:
        """Where to go on when an older message begins in this line, usually at the end; 0 when none does.

        A mail that is nothing but a forwarded message has that for its text.
        """
        text = self.texts[at]
        if self.kinds[at] or not text.strip():
            return 0
        titled = phrases.SEPARATOR.match(text) or phrases.BEGIN_FORWARDED.match(text)
        if not (titled or phrases.REPLY_ABOVE.match(text)) and not self.header_block(at):
            return 0
        end = self.size
        if titled and at == self.first and phrases.FORWARDED.search(text):
            end = self.past_header(at + 1)
        self.mark(self.above_rule(at), end)
        return end

    def past_header(self, at: int) -> int:
        """The line after the header of a forwarded message, which ends with a blank line."""
        at = self.next_text(at)
        while at < self.size and self.texts[at].strip():
            at += 1
        return at

    def mark(self, start: int, end: int, kind: str = "q") -> None:
        for at in range(start, end):
            self.kinds[at] = self.kinds[at] or kind

    def above_rule(self, at: int) -> int:
        """The line of dashes or underscores just above, when there is one."""
        above = at - 1
        while above >= 0 and not self.texts[above].strip():
            above -= 1
        return above if above >= 0 and phrases.TITLED_RULE.match(self.texts[above]) else at

    def header_block(self, at: int) -> bool:
        """From, Sent, To, Subject, in any language and order: at least three, of which one holds a date or an address."""
        if not phrases.LABEL.match(self.texts[at]):
            return False
        seen, solid, blanks = set(), False, 0
        for text in self.texts[at : at + HEADER_BLOCK]:
            label = phrases.LABEL.match(text)
            blanks = 0 if text.strip() else blanks + 1
            if blanks > 1 or (label is None and not text.strip() and len(seen) >= 3):
                break
            if label:
                seen.add(label.lastgroup)
                solid = solid or bool(phrases.ADDRESS.search(text) or phrases.DATE.search(text))
        return solid and "from" in seen and len(seen - {"cc"}) >= 3

    def past_attribution(self, at: int) -> int:
        """The line after this one; an attribution that ends in this line is marked, with what it introduces."""
        text = self.texts[at].rstrip("* \t")
        if self.kinds[at] or not (text.endswith((":", "：")) or phrases.WROTE_LAST.search(text[-60:])):
            return at + 1
        start, strength = self.attribution(at)
        following = self.next_text(at + 1)
        if strength and following < self.size and self.kinds[following] == "q":
            self.mark(start, following)
            return following
        if strength > 1 and (start == 0 or not self.texts[start - 1].strip() or self.kinds[start - 1]):
            end = at + 1 if start == self.first else self.size
            self.mark(start, end)
            return end
        return at + 1

    def attribution(self, last: int) -> tuple[int, int]:
        """First line of the attribution that ends in line *last*, and how sure that is: 0 for not at all."""
        joined, found = "", (last, 0)
        for start in range(last, max(-1, last - LONGEST_ATTRIBUTION), -1):
            text = self.texts[start].strip()
            joined = f"{text} {joined}"
            if self.kinds[start] or not text or len(joined) > ATTRIBUTION_LENGTH:
                break
            strength = attribution_strength(joined)
            if strength and (not found[1] or phrases.ATTRIBUTION_START.match(text)):
                found = (start, strength)
        return found

    def next_text(self, at: int) -> int:
        while at < self.size and not self.texts[at].strip():
            at += 1
        return at

    def wrapped(self) -> None:
        """A short line between two quoted ones is the end of a quoted line that was too long."""
        for at in range(1, self.size - 1):
            neighbours = self.kinds[at - 1] == "q" == self.kinds[at + 1]
            if not self.kinds[at] and neighbours and self.texts[at].strip() and len(self.texts[at - 1]) > 60:
                self.kinds[at] = "q" if len(self.texts[at]) < 30 else ""

    def signatures(self) -> None:
        """Mark the signature at the end of each stretch of new text."""
        at = 0
        while at < self.size:
            end = at
            while end < self.size and not self.kinds[end]:
                end += 1
            if end > at:
                self.mark(self.signature(at, end), end, "s")
            at = end + 1

    def signature(self, start: int, end: int) -> int:
        """Where the signature of the new text between *start* and *end* begins; *end* when it has none."""
        for at in range(start, end):
            if phrases.DELIMITER.match(self.texts[at]):
                return at
        for at in range(max(start, end - 3 * SIGNATURE), end):
            text = self.texts[at]
            if phrases.DISCLAIMER.match(text) or (is_farewell(text) and self.is_tail(at + 1, end)):
                return at
        return end

    def is_tail(self, start: int, end: int) -> bool:
        """Few short lines and nothing else?"""
        texts = [text for text in self.texts[start:end] if text.strip() and not phrases.SENT_FROM.match(text)]
        return len(texts) <= SIGNATURE


def is_farewell(text: str) -> bool:
    """A line that closes a letter, or the footer of a telephone."""
    if len(text) > LONG_LINE:
        return False
    if phrases.SENT_FROM.match(text):
        return len(text.split()) <= FOOTER_WORDS
    found = phrases.REGARDS.match(text)
    return found is not None and is_name(found["rest"])


def is_quoted(text: str) -> bool:
    return text.lstrip()[:1] == ">" or bool(phrases.INITIALS.match(text))


def is_name(rest: str) -> bool:
    """What may follow a farewell in its line: nothing, or a name, which begins with a capital."""
    rest = rest.strip(" \t,.!-–—")
    return not rest or (rest[0].isupper() and len(rest.split()) <= 5)


def attribution_strength(text: str) -> int:
    """2 when a text introduces a quotation beyond doubt, 1 when it does if one follows, 0 when it does not."""
    wrote = bool(phrases.WROTE.search(text))
    address = bool(phrases.ADDRESS.search(text))
    dated = bool(phrases.DATE.search(text))
    if (dated and address) or (wrote and address) or (wrote and dated and phrases.TIME.search(text)):
        return 2
    return 1 if wrote or (dated and phrases.TIME.search(text)) or (address and phrases.SOME_DATE.search(text)) else 0
