"""Lengths of time as people write them: "4 h", "1h30m", "1 ч 30 мин"."""

import re

LENGTH = re.compile(
    r"(?:(\d{1,4}(?:[.,]\d{1,2})?)(?:h|ч)[a-zа-я]*\.?)?(?:(\d{1,5})(?:m|м)[a-zа-я]*\.?)?", re.IGNORECASE
)


def seconds_of(text: str) -> int | None:
    """The length in seconds; None when it is none, or nothing."""
    found = LENGTH.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        return None
    return round(float((found[1] or "0").replace(",", ".")) * 3600) + int(found[2] or 0) * 60 or None
