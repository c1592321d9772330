"""Jobs of the outbox."""

from helpdesk.services import outbox


def deliver() -> None:
    """Send what was promised."""
    outbox.deliver_waiting()
