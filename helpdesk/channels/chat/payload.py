"""JSON from outside, strictly: what two readers could understand differently is refused before it is kept."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

LIMIT = 1_048_576
DEPTH = 32
DIGITS = 20
LAST_INSTANT = 253_402_300_799
UNSAFE = re.compile("[\x00\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Malformed(ValueError):
    """A body that is not what was agreed; the message tells its sender what to change."""


class Differs(ValueError):
    """An event whose id came before with another body, which was kept."""


class TooLarge(ValueError):
    """A body of more than LIMIT bytes."""


def load(raw: bytes) -> dict[str, Any]:
    """The JSON object in *raw*; Malformed for anything that strict JSON in UTF-8 is not."""
    if len(raw) > LIMIT:
        raise TooLarge(f"The body is larger than {LIMIT} bytes.")
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_int, parse_float=_float
        )
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise Malformed("The body is not a JSON object.")
    _check_depth(value)
    return value


def part(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under *name*, or an empty one."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f'"{name}" must be an object.')
    return value


def words(data: dict[str, Any], name: str) -> str:
    """The text under *name*, fit to be stored, or "" when there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f'"{name}" must be a string.')
    return UNSAFE.sub("\ufffd", value)


def line(data: dict[str, Any], name: str, limit: int = 200) -> str:
    """The text under *name* as one line without control characters, cut at *limit*."""
    return one_line(words(data, name), limit)


def one_line(text: str, limit: int = 200) -> str:
    """*text* in one line: no line breaks, no control and no direction characters."""
    return " ".join(CONTROL.sub(" ", text).split())[:limit]


def instant(seconds: object) -> datetime | None:
    """The instant of a Unix time, or None when there is no believable one."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= LAST_INSTANT:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("The body names the same key twice in one object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _int(digits: str) -> int:
    if len(digits) > DIGITS:
        raise Malformed(f"A number has more than {DIGITS} digits.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Malformed("A number is too large.")
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise Malformed(f"The body nests deeper than {DEPTH} levels.")


def _children(item: object) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
