"""What the desk refuses. Each message tells a person what to do next."""

from enum import StrEnum


class HelpdeskError(Exception):
    """The desk refuses."""


class NotFound(HelpdeskError):
    """There is no such thing, or you may not see it."""


class NotAllowed(HelpdeskError):
    """You may see it, but not do this to it."""


class Conflict(HelpdeskError):
    """The right request at the wrong moment."""


class Refused(HelpdeskError):
    """An Incoming that will not be filed; *reason* says which rule refused it."""

    def __init__(self, reason: StrEnum) -> None:
        super().__init__(f"Not filed: {reason}.")
        self.reason = reason
