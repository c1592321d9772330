"""Date headers (RFC 5322, 3.3) as sent: obsolete zones, missing pieces, nonsense."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

FIRST_YEAR = 1970
LAST_YEAR = 2100
ISO = re.compile(r"(\d{4})[-./](\d\d?)[-./](\d\d?)[T ]+(\d\d?):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?")


def parse(value: str) -> datetime | None:
    """An aware datetime, or None when the text names no instant between 1970 and 2100."""
    value = value[:200]
    return from_iso(value) or from_mail(value)


def from_iso(value: str) -> datetime | None:
    found = ISO.search(value)
    if not found:
        return None
    zone = found[7] or "Z"
    return instant([int(number or 0) for number in found.groups()[:6]], 0 if zone == "Z" else seconds(zone))


def seconds(zone: str) -> int:
    """Seconds east of Greenwich of a zone like +0330."""
    digits = zone[1:].replace(":", "")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)


def from_mail(value: str) -> datetime | None:
    try:
        parsed = parsedate_tz(value)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return instant(list(parsed[:6]), parsed[9] or 0) if parsed else None


def instant(numbers: list[int], offset: int) -> datetime | None:
    if not FIRST_YEAR <= numbers[0] <= LAST_YEAR:
        return None
    try:
        numbers[5] = min(numbers[5], 59)
        return datetime(*numbers[:6], tzinfo=timezone(timedelta(seconds=offset)) if offset else UTC)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return None
