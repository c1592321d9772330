"""Jobs of the clocks."""

from helpdesk.services import deadlines


def fire() -> None:
    """Fire every warning and breach that is due."""
    deadlines.fire_due()
