"""While demo data are lived through at instants of the past, nothing of today may touch them."""

from helpdesk.services import leases

NAME = "demo"
SECONDS = 60.0


def keep() -> None:
    """Say that the demo is being made, for a minute more."""
    leases.take(NAME, leases.me(), SECONDS)


def leave() -> None:
    """The demo is there."""
    leases.release(NAME, leases.me())


def being_made() -> bool:
    """Whether demo data are being lived through just now."""
    return not leases.free(NAME, SECONDS)
