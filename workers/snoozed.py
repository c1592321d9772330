"""Jobs of tickets that were set aside."""

from helpdesk.services import snoozing


def wake() -> None:
    """Bring back what is due."""
    snoozing.wake_due()
