"""Jobs of the night."""

from helpdesk.services import history


def verify() -> None:
    """Check every history; the doctor tells what was found."""
    history.verify_tonight()
