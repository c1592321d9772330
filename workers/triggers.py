"""Jobs of the rules."""

from helpdesk.services import triggers


def heed() -> None:
    """Do what they say of what has happened."""
    triggers.heed()
