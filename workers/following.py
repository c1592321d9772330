"""The job that tells followers."""

from helpdesk.services import following


def tell() -> None:
    """Tell whoever follows a ticket what happened in it."""
    following.tell()
