"""Times, durations, numbers and names as people read them, in Russian and English."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from babel.dates import get_timezone_location
from jinja2 import Environment

NBSP = "\u00a0"
MINUS = "\u2212"
WEEKDAYS = {"ru": ["пн", "вт", "ср", "чт", "пт", "сб", "вс"], "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
SIZES = {"ru": ["Б", "КБ", "МБ", "ГБ"], "en": ["B", "KB", "MB", "GB"]}
WORDS = {
    "ru": {
        "hour": "ч",
        "minute": "мин",
        "second": "с",
        "until": "до",
        "was": "был",
        "working": f"раб.{NBSP}времени",
        "near": {-1: "вчера", 0: "сегодня", 1: "завтра"},
    },
    "en": {
        "hour": "h",
        "minute": "min",
        "second": "s",
        "until": "until",
        "was": "was",
        "working": f"working{NBSP}time",
        "near": {-1: "yesterday", 0: "today", 1: "tomorrow"},
    },
}


@dataclass(frozen=True)
class Moment:
    """When, where and in which language a page is read."""

    now: datetime
    zone: tzinfo
    locale: str


def install(env: Environment, moment: Callable[[], Moment]) -> None:
    """Give templates the filters; *moment* answers for the page at hand, and each filter takes `zone=` to differ."""

    def timed(write: Callable[..., str]) -> Callable[..., str]:
        def filtered(at: datetime, zone: tzinfo | None = None) -> str:
            here = moment()
            return write(at, here.now, zone or here.zone, here.locale)

        return filtered

    def worded(write: Callable[..., str]) -> Callable[..., str]:
        return lambda value, *more: write(value, moment().locale, *more)

    times = (due_text, due_point, stamp, short_date, full_stamp, clock_time)
    amounts = (duration, working_left, number, ticket_no, percent, file_size, city)
    env.filters.update({write.__name__: timed(write) for write in times})
    env.filters.update({write.__name__: worded(write) for write in amounts})
    env.filters.update({"initials": initials, "short_name": short_name, "iso": iso})


def city(zone: str, locale: str) -> str:
    """The city that an IANA zone is named after: Алматы, New York."""
    return get_timezone_location(zone, locale=locale[:2], return_city=True)


def due_text(due_at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """«до пн 10:20»; «был 13:30» once it has passed."""
    words = _words(locale)
    return f"{words['was' if due_at <= now else 'until']} {due_point(due_at, now, zone, locale)}"


def due_point(at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """The shortest form that is not mistaken within a week: 14:55, then «пн 10:20», then with the date."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if abs(days) < 7:
        return f"{_weekday(there, locale)} {there:%H:%M}"
    return f"{_date(there, here, locale)} {there:%H:%M}"


def stamp(at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """«сегодня 09:12», «вчера 17:02», then the date and the time."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    near = _words(locale)["near"].get((there.date() - here.date()).days)
    return f"{near or _date(there, here, locale)} {there:%H:%M}"


def clock_time(at: datetime, _now: datetime, zone: tzinfo, _locale: str) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def short_date(at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """The day, with the year when it is another one."""
    return _date(at.astimezone(zone), now.astimezone(zone), locale)


def full_stamp(at: datetime, _now: datetime, zone: tzinfo, locale: str) -> str:
    """An instant that stands on its own in a claim or on paper: date, time and offset."""
    there = at.astimezone(zone)
    comma = "" if _language(locale) == "ru" else ","
    return f"{_date(there, None, locale)}{comma} {there:%H:%M}{NBSP}{_offset(there)}"


def iso(at: datetime) -> str:
    """The instant in UTC for `datetime` attributes and scripts."""
    fine = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=fine) + "Z"


def duration(seconds: float, locale: str) -> str:
    """«1 ч 30 мин»; under a minute in seconds; parts are cut, not rounded."""
    words, whole = _words(locale), abs(int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    if 0 < whole < 60:
        return f"{whole}{NBSP}{words['second']}"
    if not hours:
        return f"{minutes}{NBSP}{words['minute']}"
    tail = f"{NBSP}{minutes:02}{NBSP}{words['minute']}" if minutes else ""
    return f"{number(hours, locale)}{NBSP}{words['hour']}{tail}"


def working_left(seconds: float, locale: str) -> str:
    """Working time left, or over the deadline with a plus when *seconds* is negative."""
    over = "+" if seconds < 0 else ""
    return f"{over}{duration(seconds, locale)} {_words(locale)['working']}"


def number(value: float, locale: str, digits: int = 0) -> str:
    """48 213 in Russian, with no-break spaces; 48,213 in English."""
    text = f"{abs(value):,.{digits}f}"
    if _language(locale) == "ru":
        text = text.replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if value < 0 else text


def percent(share: float, locale: str, digits: int = 0) -> str:
    """0.914 as «91,4 %»."""
    return f"{number(share * 100, locale, digits)}{NBSP if _language(locale) == 'ru' else ''}%"


def ticket_no(value: int, locale: str) -> str:
    """№48 213 in Russian, #48213 in English."""
    return f"№{number(value, locale)}" if _language(locale) == "ru" else f"#{value}"


def file_size(size: float, locale: str) -> str:
    units = SIZES[_language(locale)]
    step = 0
    while round(size) >= 1024 and step < len(units) - 1:
        size, step = size / 1024, step + 1
    digits = 1 if step and size < 10 and round(size, 1) % 1 else 0
    return f"{number(size, locale, digits)}{NBSP}{units[step]}"


def initials(name: str) -> str:
    """Two letters for a face; one for a single word; # for what has no letters."""
    letters = [next((c for c in word if c.isalpha()), "") for word in name.split()]
    return "".join(filter(None, letters))[:2].upper() or "#"


def short_name(name: str) -> str:
    """«А. Сеитова» for «Айгуль Сеитова»; what is not a first and a last name stays whole."""
    words = name.split()
    plain = len(words) == 2 and all(word.replace("-", "").isalpha() for word in words)
    return f"{words[0][0]}.{NBSP}{words[1]}" if plain and not words[0].isupper() else name


def _date(there: datetime, here: datetime | None, locale: str) -> str:
    other_year = here is None or here.year != there.year
    if _language(locale) == "ru":
        return f"{there:%d.%m.%Y}" if other_year else f"{there:%d.%m}"
    day = f"{there.day} {MONTHS[there.month - 1]}"
    return f"{day} {there.year}" if other_year else day


def _weekday(there: datetime, locale: str) -> str:
    return WEEKDAYS[_language(locale)][there.weekday()]


def _offset(there: datetime) -> str:
    raw = f"{there:%z}"
    minutes = f":{raw[3:5]}" if raw[3:5] != "00" else ""
    return f"UTC{raw[0].replace('-', MINUS)}{int(raw[1:3])}{minutes}"


def _words(locale: str) -> dict[str, Any]:
    return WORDS[_language(locale)]


def _language(locale: str) -> str:
    return "ru" if locale.startswith("ru") else "en"
