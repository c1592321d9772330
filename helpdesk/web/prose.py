"""Plain text as safe markup: paragraphs, and links that lead where they say."""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

LINK = re.compile(r"\bhttps?://[^\s<>\"'`\x00-\x1f]{1,2000}", re.IGNORECASE)
TAIL = re.compile(r"[.,:;!?)\]}»”’]+$")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
LONGEST = 60_000


def prose(text: str) -> Markup:
    """Paragraphs with line breaks kept; no more than 60,000 characters of them."""
    paragraphs = re.split(r"\n\s*\n", BIDI.sub("", text.strip()[:LONGEST]))
    told = Markup("").join(Markup("<p>{}</p>").format(_linked(part)) for part in paragraphs if part.strip())
    return Markup('<div class="prose-plain">{}</div>').format(told)


def _linked(text: str) -> Markup:
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    at = 0
    for found in LINK.finditer(text):
        url = TAIL.sub("", found[0])
        yield escape(text[at : found.start()])
        yield Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(url)
        at = found.start() + len(url)
    yield escape(text[at:])
