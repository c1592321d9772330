"""What the desk refuses. Each message tells a person what to do next.

The text is in English with its facts apart, so that a page can say it in the reader's language.
"""

from enum import StrEnum


class HelpdeskError(Exception):
    """The desk refuses: *text* with {names} for its *facts*."""

    def __init__(self, text: str, /, **facts: object) -> None:
        super().__init__(text.format(**facts) if facts else text)
        self.text = text
        self.facts = facts


class NotFound(HelpdeskError):
    """There is no such thing, or you may not see it."""


class NotAllowed(HelpdeskError):
    """You may see it, but not do this to it."""


class Conflict(HelpdeskError):
    """The right request at the wrong moment."""


class Refused(HelpdeskError):
    """An Incoming that will not be filed; *reason* says which rule refused it."""

    def __init__(self, reason: StrEnum) -> None:
        super().__init__("Not filed: {reason}.", reason=reason)
        self.reason = reason
