"""Jobs of the rules."""

from helpdesk.services import reflexes


def heed() -> None:
    """Do what they say of what has happened."""
    reflexes.heed()
