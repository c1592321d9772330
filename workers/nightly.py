"""Jobs of the night; the doctor tells what was found."""

from helpdesk.services import clocks as kept
from helpdesk.services import history


def verify() -> None:
    """Check every history."""
    history.verify_tonight()


def clocks() -> None:
    """Check the clocks of what is open or was changed lately."""
    kept.verify_tonight()
