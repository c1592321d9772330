"""Jobs of answers that are said later."""

from helpdesk.services import scheduling


def say() -> None:
    """Say what is due."""
    scheduling.say_due()
