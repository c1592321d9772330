"""Whole days of a time zone, as they are asked for."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.services.instant import now

MONTH = timedelta(days=30)
YEARS = (2000, 2090)


def period(first: date | None, last: date | None, here: ZoneInfo) -> tuple[datetime, datetime]:
    """Days there as instants, both included; the last 30 when they are not said. ValueError says what is wrong with them."""
    last = last or now().astimezone(here).date()
    first = first or last - MONTH
    if first > last:
        raise ValueError("The first day is after the last one.")
    if not YEARS[0] <= first.year <= last.year <= YEARS[1]:
        raise ValueError("Give days from 2000 to 2090.")
    begins, ends = (datetime.combine(day, time(), here).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    return begins, ends
