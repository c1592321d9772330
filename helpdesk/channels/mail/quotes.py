"""What was written this time, what is quoted, and the signature. Linear; every line ends up in exactly one of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.channels.mail import phrases
from helpdesk.channels.mail.text import Lines

LONGEST_ATTRIBUTION = 4  # lines
ATTRIBUTION_LENGTH = 400  # characters
HEADER_BLOCK = 12  # lines looked through for From, Sent, To, Subject
SIGNATURE = 12  # lines that a signature without delimiter may have
FOOTER_WORDS = 10  # of a telephone's footer; a sentence has more
LIST_RULE = 20  # characters
LIST_FOOTER = 6  # lines
LONG_LINE = 90  # characters; a signature has shorter ones
MATCHED = 400  # characters of a line that are looked at
RULES = ("-", "_", "=", "—", "–", "~", "*")
MARKS = [*map(chr, phrases.DIRECTION_MARKS)]
BLANKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Split:
    """A text in three: *new* is what the sender wrote this time; *rest* are all other lines in their order.

    Each of those is either in *quoted* or in *signature*.
    """

    new: str
    rest: str = ""
    quoted: str = ""
    signature: str = ""


def split(lines: Lines) -> Split:
    """New text, quotations and signature apart."""
    marks = Marks(lines)
    marks.quotations()
    marks.signatures()
    if not any(marks.kinds):
        return Split(squeezed(lines.texts))
    new, quoted, signature = (part(lines, marks.kinds, kind) for kind in ("", "q", "s"))
    rest = part(lines, marks.kinds, "q", "s") if quoted and signature else quoted or signature
    return Split(new, rest, quoted, signature)


def part(lines: Lines, kinds: list[str], *wanted: str) -> str:
    """The lines of these kinds."""
    if not any(kind in kinds for kind in wanted):
        return ""
    return squeezed([text if kind in wanted else "" for text, kind in zip(lines.texts, kinds, strict=True)])


def squeezed(texts: Sequence[str]) -> str:
    """Lines as text, no blank lines at its ends and no two in a row."""
    whole = "\n".join(texts).strip("\n")
    return BLANKS.sub("\n\n", whole) if "\n\n\n" in whole else whole


class Marks:
    """Lines, each with its kind: empty for new text, q for a quotation, s for a signature."""

    def __init__(self, lines: Lines) -> None:
        whole = "\n".join(lines.texts).lower()
        self.texts = comparable(whole, len(lines.texts))
        self.sizes = [*map(len, lines.texts)]
        self.kinds = lines.kinds.copy()
        if ">" in whole:
            self.marked()
        self.quoted = "q" in self.kinds
        self.size = len(self.kinds)
        self.first = self.next_text(0)

    def marked(self) -> None:
        """Mark what bears the mark of a quotation."""
        for at, text in enumerate(self.texts):
            if ">" in text[:8] and (text[0] == ">" or phrases.INITIALS.match(text)):
                self.kinds[at] = self.kinds[at] or "q"
                self.texts[at] = ">" if text[0] == ">" else text

    def quotations(self) -> None:
        """Mark quotations with what introduces them, from the top down."""
        at = 0
        while at < self.size:
            if self.kinds[at] or not self.texts[at] or not self.may_introduce(at):
                at += 1
            else:
                at = self.past_older(at) or self.past_attribution(at)
        if self.quoted:
            self.wrapped()

    def may_introduce(self, at: int) -> bool:
        """Is this line worth a look? Most lines are not, and this is all that is done with them."""
        text = self.texts[at]
        if ":" in text or "@" in text or not text[0].isalpha() or "：" in text or text.startswith(phrases.STARTS):
            return True
        return self.quoted and at + 1 < self.size and self.introduces_quote(at + 1)

    def introduces_quote(self, at: int) -> bool:
        at = self.next_text(at)
        return at < self.size and self.kinds[at] == "q"

    def past_older(self, at: int) -> int:
        """Where to go on when an older message begins in this line, usually at the end; 0 when none does.

        A mail that is nothing but a forwarded message has that for its text.
        """
        text = self.texts[at]
        titled = is_title(text)
        if not (titled or asks_above(text) or self.header_block(at)):
            return 0
        forwarded = titled and at == self.first and phrases.FORWARDED.search(text)
        end = self.past_header(at + 1) if forwarded else self.size
        self.mark(self.above_rule(at), end)
        return end

    def past_header(self, at: int) -> int:
        """The line after the header of a forwarded message, which ends with a blank line."""
        at = self.next_text(at)
        while at < self.size and self.texts[at]:
            at += 1
        return at

    def mark(self, start: int, end: int, kind: str = "q") -> None:
        for at in range(start, end):
            self.kinds[at] = self.kinds[at] or kind

    def above_rule(self, at: int) -> int:
        """The line of dashes or underscores just above, when there is one."""
        above = at - 1
        while above >= 0 and not self.texts[above]:
            above -= 1
        return above if above >= 0 and phrases.TITLED_RULE.match(self.texts[above]) else at

    def header_block(self, at: int) -> bool:
        """From, Sent, To, Subject, in any language and order: three at least, one with a date or an address."""
        if ":" not in self.texts[at][:40] and "：" not in self.texts[at][:20]:
            return False
        seen: set[str | None] = set()
        solid, blanks = False, 0
        for text in self.texts[at : at + HEADER_BLOCK]:
            label = phrases.LABEL.match(text)
            blanks = 0 if text else blanks + 1
            if (not seen and label is None) or blanks > 1 or (not text and len(seen) >= 3):
                break
            if label and label.lastgroup in seen - {"cc"}:
                break
            if label:
                seen.add(label.lastgroup)
                solid = solid or bool(phrases.ADDRESS.search(text) or phrases.DATE.search(text))
        return solid and "from" in seen and len(seen - {"cc"}) >= 3

    def past_attribution(self, at: int) -> int:
        """The line after this one; an attribution that ends in this line is marked, with what it introduces."""
        text, quoted = self.texts[at].rstrip("* \t"), self.introduces_quote(at + 1)
        if not text.endswith((":", "：")) and not ((quoted or "@" in text) and phrases.WROTE_LAST.search(text[-60:])):
            return at + 1
        start, strength = self.attribution(at)
        if strength and quoted:
            following = self.next_text(at + 1)
            self.mark(start, following)
            return following
        if strength > 1 and (start == 0 or not self.texts[start - 1] or self.kinds[start - 1]):
            end = at + 1 if start == self.first else self.size
            self.mark(start, end)
            return end
        return at + 1

    def attribution(self, last: int) -> tuple[int, int]:
        """First line of the attribution that ends in line *last*, and how sure that is: 0 for not at all."""
        joined, found = "", (last, 0)
        for start in range(last, max(-1, last - LONGEST_ATTRIBUTION), -1):
            text = self.texts[start]
            joined = f"{text} {joined}"
            if self.kinds[start] or not text or len(joined) > ATTRIBUTION_LENGTH:
                break
            strength = attribution_strength(joined)
            if strength and (not found[1] or phrases.ATTRIBUTION_START.match(text)):
                found = (start, strength)
        return found

    def next_text(self, at: int) -> int:
        while at < self.size and not self.texts[at]:
            at += 1
        return at

    def wrapped(self) -> None:
        """A short line between two quoted ones is the end of a quoted line that was too long."""
        for at in range(1, self.size - 1):
            if not self.kinds[at] and self.texts[at] and self.kinds[at - 1] == "q" == self.kinds[at + 1]:
                self.kinds[at] = "q" if len(self.texts[at]) < 30 and self.sizes[at - 1] > 60 else ""

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
            if len(self.texts[at]) < 4 and phrases.DELIMITER.match(self.texts[at]):
                return at
        for at in range(max(start, end - 3 * SIGNATURE), end):
            text = self.texts[at]
            if not text or (text[0].isalpha() and text[:2] not in phrases.OPENINGS and "жіберіл" not in text):
                continue
            if phrases.DISCLAIMER.match(text) or self.is_list_footer(at, end):
                return at
            if is_farewell(text) and self.is_tail(at + 1, end):
                return at
        return end

    def is_list_footer(self, at: int, end: int) -> bool:
        """A long rule, and below it nothing but a few lines that lead to a list's page."""
        if (
            len(self.texts[at]) < LIST_RULE
            or not self.texts[at].startswith(RULES)
            or not phrases.RULE.match(self.texts[at])
        ):
            return False
        below = [text for text in self.texts[at + 1 : end] if text]
        return len(below) <= LIST_FOOTER and any(phrases.LINK.search(text) for text in below)

    def is_tail(self, start: int, end: int) -> bool:
        """Few lines and nothing else?"""
        texts = [text for text in self.texts[start:end] if text and not phrases.SENT_FROM.match(text)]
        return len(texts) <= SIGNATURE


def comparable(whole: str, count: int) -> list[str]:
    """The first *count* lines of a text in lower case as phrases are compared with them, without direction marks."""
    if not whole.isascii() and any(mark in whole for mark in MARKS):
        whole = whole.translate(phrases.DIRECTION_MARKS)
    found = [text.strip() for text in whole.split("\n")][:count]
    return [text[:MATCHED].rstrip() for text in found] if count and max(map(len, found)) > MATCHED else found


def is_title(text: str) -> bool:
    """Is it "-- Original message --", "Begin forwarded message:" or the like?"""
    if text.startswith(RULES):
        return phrases.SEPARATOR.match(text) is not None
    return phrases.BEGIN_FORWARDED.match(text) is not None


def asks_above(text: str) -> bool:
    """Is it a line of a helpdesk, "please reply above this line"?"""
    return phrases.REPLY_ABOVE.match(text) is not None


def is_farewell(text: str) -> bool:
    """A line that closes a letter, or the footer of a telephone."""
    if len(text) > LONG_LINE:
        return False
    if phrases.SENT_FROM.match(text) or ("жіберіл" in text and phrases.SENT_FROM_KAZAKH.match(text)):
        return len(text.split()) <= FOOTER_WORDS
    found = phrases.REGARDS.match(text)
    return found is not None and is_name(found["rest"])


def is_name(rest: str) -> bool:
    """What may follow a farewell in its line: nothing, or a name after a comma."""
    return not rest.strip(" \t,.!-–—") or (rest[0] in ",.!" and len(rest.split()) <= 6)


def attribution_strength(text: str) -> int:
    """2 when a text introduces a quotation beyond doubt, 1 when it does if one follows, 0 when it does not."""
    wrote = bool(phrases.WROTE.search(text))
    address = bool(phrases.ADDRESS.search(text))
    dated = bool(phrases.DATE.search(text))
    if (dated and address) or (wrote and address) or (wrote and dated and phrases.TIME.search(text)):
        return 2
    return 1 if wrote or (dated and phrases.TIME.search(text)) or (address and phrases.SOME_DATE.search(text)) else 0
