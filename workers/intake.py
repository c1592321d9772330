"""Jobs of the inbox ledger."""

from helpdesk.services import intake


def file() -> None:
    """File what was received."""
    intake.file_waiting()
