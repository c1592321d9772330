"""What staff wrote as plain text, laid out for the HTML form of a mail: paragraphs, lists, quotations, links, pictures."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby

from helpdesk.channels.mail.sanitise import sanitise

LINK = re.compile(r"\bhttps?://[^\s<>\"'`\x00-\x1f]{1,2000}", re.IGNORECASE)
TAIL = re.compile(r"[.,:;!?)\]}»”’]+$")
PICTURE = re.compile(r"!\[([^\[\]\n]{1,200})\]")
KINDS = (
    ("ul", re.compile(r"[-*•]\s+(?=\S)")),
    ("ol", re.compile(r"\d{1,3}[.)]\s+(?=\S)")),
    ("blockquote", re.compile(r">[ ]?")),
)


def laid_out(text: str, pictures: Mapping[str, str]) -> str:
    """Safe HTML that says the same; *pictures* maps the name in ![name] to the Content-ID of a file of this mail."""
    blocks = re.split(r"\n[^\S\n]*\n", text.strip())
    html = "\n".join(_block(block.split("\n"), pictures) for block in blocks if block.strip())
    return sanitise(html, {cid: f"cid:{cid}" for cid in pictures.values()})


def plain(text: str, pictures: Mapping[str, str]) -> str:
    """The same for who reads no HTML: a picture is its name."""
    return PICTURE.sub(lambda found: f"[{found[1]}]" if found[1] in pictures else found[0], text)


def _block(lines: Iterable[str], pictures: Mapping[str, str]) -> str:
    return "".join(_run(kind, list(run), pictures) for kind, run in groupby(lines, _kind))


def _kind(line: str) -> str:
    return next((kind for kind, mark in KINDS if mark.match(line)), "p")


def _run(kind: str, lines: list[str], pictures: Mapping[str, str]) -> str:
    """Lines of one kind that follow each other."""
    if kind == "p":
        return f"<p>{'<br>'.join(_linked(line, pictures) for line in lines)}</p>"
    mark = dict(KINDS)[kind]
    bare = [_linked(mark.sub("", line, count=1), pictures) for line in lines]
    if kind == "blockquote":
        return f"<blockquote>{'<br>'.join(bare)}</blockquote>"
    return f"<{kind}>{''.join(f'<li>{line}</li>' for line in bare)}</{kind}>"


def _linked(text: str, pictures: Mapping[str, str]) -> str:
    return "".join(_pieces(text, pictures))


def _pieces(text: str, pictures: Mapping[str, str]) -> Iterator[str]:
    at = 0
    for found in re.finditer(f"{LINK.pattern}|{PICTURE.pattern}", text, re.IGNORECASE):
        shown = _picture(found[1], pictures) if found[1] else _link(TAIL.sub("", found[0]))
        length = len(found[0]) if found[1] else len(TAIL.sub("", found[0]))
        yield escape(text[at : found.start()])
        yield shown
        at = found.start() + length
    yield escape(text[at:])


def _link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def _picture(name: str, pictures: Mapping[str, str]) -> str:
    if name not in pictures:
        return escape(f"![{name}]")
    return f'<img src="cid:{escape(pictures[name])}" alt="{escape(name)}">'
