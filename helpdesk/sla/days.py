"""Exceptional days of a calendar, taken over from elsewhere: put into a definition, and what that changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Windows = list[list[str]]


@dataclass(frozen=True)
class Days:
    """Days off with their names, and days with hours of their own, as in a calendar's definition.

    *doubtful*: years of which not all is known yet, because nobody has published them.
    """

    holidays: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Windows] = field(default_factory=dict)
    doubtful: tuple[int, ...] = ()


@dataclass(frozen=True)
class Change:
    """One day that is otherwise than before: hours, a holiday's name ("" for one without), None for the usual week."""

    day: str
    before: Windows | str | None
    after: Windows | str | None


def taken_over(definition: Mapping[str, Any], days: Days) -> dict[str, Any]:
    """The definition with these days in it; on a date that both name the new one holds, all others are kept.

    A holiday of every year stays one, whatever is said of its date.
    """
    holidays = {day: name for day, name in _named(definition).items() if day not in days.overrides}
    overrides = {day: hours for day, hours in definition.get("overrides", {}).items() if day not in days.holidays}
    return {
        **definition,
        "holidays": dict(sorted({**holidays, **days.holidays}.items())),
        "overrides": dict(sorted({**overrides, **days.overrides}.items())),
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Every day on which the one definition is not the other, in order."""
    for day in sorted({*_said(before), *_said(after)}):
        old, new = _on(before, day), _on(after, day)
        if old != new:
            yield Change(day, old, new)


def _said(definition: Mapping[str, Any]) -> set[str]:
    return {*definition.get("overrides", {}), *_named(definition)}


def _on(definition: Mapping[str, Any], day: str) -> Windows | str | None:
    """What holds on a day: a holiday of its date or of every year, else other hours, else the usual week."""
    holidays: dict[str, str] = _named(definition)
    overrides: Mapping[str, Windows] = definition.get("overrides", {})
    usual = overrides.get(day, overrides.get(day[5:]))
    return holidays[day] if day in holidays else holidays.get(day[5:], usual)


def _named(definition: Mapping[str, Any]) -> dict[str, str]:
    holidays = definition.get("holidays", {})
    return dict(holidays) if isinstance(holidays, Mapping) else dict.fromkeys(holidays, "")
