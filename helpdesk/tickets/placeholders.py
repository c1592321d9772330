"""Placeholders such as {agent.name} in what the desk adds to a text; what is put in for them is never looked at again."""

import re
from collections.abc import Collection, Mapping

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


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, in one go; one that is not known stays as it is."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), text)
