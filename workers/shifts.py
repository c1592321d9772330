"""Jobs of the roster."""

from helpdesk.services import handover


def end() -> None:
    """Offer the open tickets of everybody whose shift has ended."""
    handover.end_shifts()
