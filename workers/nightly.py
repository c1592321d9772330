"""Jobs of the night; the doctor tells what was found."""

from helpdesk.services import clocks as kept
from helpdesk.services import handling as usual
from helpdesk.services import history, patterns, redacting, simulations, stints, zone_changes


def verify() -> None:
    """Finish what was redacted, and check every history."""
    redacting.erase_pending()
    history.verify_tonight()


def clocks() -> None:
    """Check the clocks of what is open or was changed lately, by the time zones as they are today; drop old drafts.

    Stints that are lacking or differ are derived from the histories.
    """
    zones()
    simulations.forget_old()
    stints.keep()
    kept.verify_tonight()


def roster() -> None:
    """Make the shifts of the next weeks."""
    patterns.make_tonight()


def zones() -> None:
    """Take over the rules of time zones that have changed."""
    zone_changes.check()


def handling() -> None:
    """Count how long teams usually take, and put the queue in that order."""
    usual.count_tonight()
