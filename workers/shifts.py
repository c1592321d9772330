"""Jobs of the roster."""

from helpdesk.services import handing_on, hanging


def end() -> None:
    """Offer the open tickets of everybody whose shift has ended."""
    handing_on.end_shifts()


def call() -> None:
    """Call for the sheet of every shift that ends soon."""
    handing_on.call_sheets()


def watch() -> None:
    """Tell supervisors of tickets that hang."""
    hanging.watch()


def leave() -> None:
    """Offer the open tickets of everybody whose absence has begun."""
    handing_on.begin_absences()


def lapse() -> None:
    """Ask the next one for what nobody answered in time."""
    handing_on.lapse_due()
