"""Jobs of the clocks."""

from helpdesk.services import firing


def fire() -> None:
    """Fire every warning and breach that is due."""
    firing.fire_due()
