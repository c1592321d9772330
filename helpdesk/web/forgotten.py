"""An answer that speaks of a file which is not there: its writer is asked before it leaves."""

import re

from helpdesk.errors import Conflict

SPOKEN_OF = re.compile(
    r"\b(?:(?:is|are|have|i've|i|please find|see) (?:also |now )?(?:attached|enclosed)|(?:the|see|in|my|find) attachment|attaching"
    r"|attached (?:is|are|you)|во вложени|вложени[ия] к|прикрепил|прикрепля|прикреплю|прикрепл[её]н|прилагаю|прилагается|приложил|приложу"
    r"|прилож[её]н(?:а|о|ы|ный|ную|ном)?\b|қоса тірке|хатқа тірке)",
    re.IGNORECASE,
)


class FileForgotten(Conflict):
    """A file is spoken of, and none goes along."""


def ask(text: str) -> None:
    """Raise FileForgotten when one's own words speak of a file; those that are quoted do not count."""
    if any(SPOKEN_OF.search(line) for line in text.split("\n") if not line.startswith(">")):
        raise FileForgotten("You write of a file, and none is attached. Attach it, or send the answer without.")
