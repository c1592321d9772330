"""Placeholders such as {agent.name} in what the desk adds to a text; what is put in for them is never looked at again."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from helpdesk.errors import HelpdeskError

BRACES = re.compile(r"(?<!\{)\{([^{}\n]+)\}(?!\})")
PLACE = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}(?!\})")


class UnknownPlaceholder(HelpdeskError):
    """A text names a placeholder that stands for nothing there."""


def check(text: str, known: Collection[str]) -> None:
    """Refuse a text with a placeholder that is not *known*, however it is written; doubled braces are only braces."""
    for name in BRACES.findall(text):
        if name not in known:
            may = ", ".join(f"{{{one}}}" for one in sorted(known))
            shown = name[:60] if name == name.strip() else f"{{{name[:60]}}}"
            raise UnknownPlaceholder("{name} stands for nothing here; you may use {known}.", name=shown, known=may)


@dataclass(frozen=True)
class Piece:
    """A piece of a text: words as they stand, or what was put in for the placeholder of that *name*."""

    text: str
    name: str = ""
    missing: bool = False


def pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """The same text as fill() makes, piece by piece; of what stands for nothing here the placeholder stays."""
    return [piece for piece in _pieces(text, values) if piece.text]


def read(text: str, values: Mapping[str, str]) -> str:
    """How it reads; what stands for nothing stays as it is written."""
    return "".join(piece.text for piece in pieces(text, values))


def _pieces(text: str, values: Mapping[str, str]) -> Iterator[Piece]:
    done = 0
    for place in PLACE.finditer(text):
        yield Piece(text[done : place.start()])
        value = values.get(place[1], "")
        yield Piece(value or place[0], place[1], not value)
        done = place.end()
    yield Piece(text[done:])


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, in one go; one that is not known stays as it is."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), text)
