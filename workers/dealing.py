"""Jobs of what waits without an owner."""

from helpdesk.services import dealing


def deal_out() -> None:
    """Deal it out to those at work."""
    dealing.deal_out()
