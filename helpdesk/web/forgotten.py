"""An answer that speaks of a file which is not there: its writer is asked before it leaves."""

import re

from helpdesk.errors import Conflict

SPOKEN_OF = re.compile(
    r"\b(?:attached|attachment|attaching|enclosed|во вложени|вложени[еяю]|прикреп(?:ил|ля|лен)|прилага[юе]|прилож(?:ил|ен)"
    r"|в приложении к письму|қоса тірке|тіркелген|тіркеп)",
    re.IGNORECASE,
)


class FileForgotten(Conflict):
    """A file is spoken of, and none goes along."""


def ask(text: str) -> None:
    """Raise FileForgotten when one's own words speak of a file; those that are quoted do not count."""
    if any(SPOKEN_OF.search(line) for line in text.split("\n") if not line.startswith(">")):
        raise FileForgotten("You write of a file, and none is attached. Attach it, or send the answer without.")
