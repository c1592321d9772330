"""Placeholders such as {agent.name} in what the desk adds to a text; what is put in for them is never looked at again."""

import re
from collections.abc import Collection, Mapping

from helpdesk.errors import HelpdeskError

PLACE = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_.]{0,60})\}(?!\})")


class UnknownPlaceholder(HelpdeskError):
    """A text names a placeholder that stands for nothing there."""


def check(text: str, known: Collection[str]) -> None:
    """Refuse a text with a placeholder that is not *known*."""
    for name in PLACE.findall(text):
        if name not in known:
            may = ", ".join(f"{{{one}}}" for one in sorted(known))
            raise UnknownPlaceholder("{name} stands for nothing here; you may use {known}.", name=name, known=may)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, in one go; one that is not known stays as it is."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), text)
