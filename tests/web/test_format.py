"""What people read: deadlines, durations, numbers, names."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import Environment

from helpdesk.web import format as write

ALMATY = ZoneInfo("Asia/Almaty")
NOW = datetime(2026, 9, 18, 14, 8, tzinfo=ALMATY).astimezone(UTC)
RUSSIAN = Path(__file__).parents[2] / "helpdesk" / "translations" / "ru" / "LC_MESSAGES" / "messages.po"


def at(day: int, clock: str, month: int = 9, year: int = 2026) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(year, month, day, hour, minute, tzinfo=ALMATY).astimezone(UTC)


def plain(text: str) -> str:
    return text.replace(write.NBSP, " ")


@pytest.mark.parametrize(
    ("due", "ru", "en"),
    [
        (at(18, "14:55"), "до 14:55", "until 14:55"),
        (at(18, "13:30"), "был 13:30", "was 13:30"),
        (at(18, "14:08"), "был 14:08", "was 14:08"),
        (at(21, "10:20"), "до пн 10:20", "until Mon 10:20"),
        (at(17, "17:50"), "был чт 17:50", "was Thu 17:50"),
        (at(19, "00:10"), "до сб 00:10", "until Sat 00:10"),
        (at(25, "10:20"), "до 25.09 10:20", "until 25 Sep 10:20"),
        (at(11, "10:20", 1, 2027), "до 11.01.2027 10:20", "until 11 Jan 2027 10:20"),
    ],
)
def test_a_deadline_is_a_clock_time(due: datetime, ru: str, en: str) -> None:
    assert write.due_text(due, NOW, ALMATY, "ru") == ru
    assert write.due_text(due, NOW, ALMATY, "en") == en


def test_a_deadline_is_told_in_the_readers_zone() -> None:
    assert write.due_text(at(18, "14:55"), NOW, ZoneInfo("Europe/Moscow"), "ru") == "до 12:55"


def test_midnight_is_the_zones_not_greenwichs() -> None:
    assert write.due_text(at(19, "01:00"), NOW, ZoneInfo("Europe/London"), "en") == "until 21:00"


@pytest.mark.parametrize(
    ("seconds", "ru", "en"),
    [
        (0, "0 мин", "0 min"),
        (45, "45 с", "45 s"),
        (60, "1 мин", "1 min"),
        (12 * 60 + 59, "12 мин", "12 min"),
        (3600, "1 ч", "1 h"),
        (5400, "1 ч 30 мин", "1 h 30 min"),
        (3 * 3600 + 7 * 60, "3 ч 07 мин", "3 h 07 min"),
        (1204 * 3600, "1 204 ч", "1,204 h"),
        (-2280, "38 мин", "38 min"),
    ],
)
def test_durations(seconds: int, ru: str, en: str) -> None:
    assert plain(write.duration(seconds, "ru")) == ru
    assert plain(write.duration(seconds, "en")) == en


def test_a_duration_never_breaks_over_two_lines() -> None:
    assert " " not in write.duration(5400, "ru")


def test_working_time_left_and_over() -> None:
    assert plain(write.working_left(5400, "ru")) == "1 ч 30 мин раб. времени"
    assert plain(write.working_left(5400, "en")) == "1 h 30 min working time"
    assert plain(write.working_left(-2280, "ru")) == "+38 мин раб. времени"


@pytest.mark.parametrize(
    ("when", "ru", "en"),
    [
        (at(18, "09:12"), "сегодня 09:12", "today 09:12"),
        (at(17, "17:02"), "вчера 17:02", "yesterday 17:02"),
        (at(19, "09:00"), "завтра 09:00", "tomorrow 09:00"),
        (at(2, "08:05"), "02.09 08:05", "2 Sep 08:05"),
        (at(12, "08:05", 3, 2025), "12.03.2025 08:05", "12 Mar 2025 08:05"),
    ],
)
def test_stamps(when: datetime, ru: str, en: str) -> None:
    assert write.stamp(when, NOW, ALMATY, "ru") == ru
    assert write.stamp(when, NOW, ALMATY, "en") == en


def test_a_date_bears_its_year_only_when_it_is_another() -> None:
    assert write.short_date(at(14, "10:00"), NOW, ALMATY, "ru") == "14.09"
    assert write.short_date(at(14, "10:00", year=2025), NOW, ALMATY, "en") == "14 Sep 2025"


def test_on_paper_an_instant_bears_its_offset() -> None:
    assert plain(write.full_stamp(at(18, "17:50"), NOW, ALMATY, "ru")) == "18.09.2026 17:50 UTC+5"
    assert plain(write.full_stamp(at(18, "17:50"), NOW, ALMATY, "en")) == "18 Sep 2026, 17:50 UTC+5"
    assert write.full_stamp(at(18, "17:50"), NOW, ZoneInfo("Asia/Kolkata"), "en").endswith("UTC+5:30")


def test_scripts_get_utc() -> None:
    assert write.iso(at(18, "14:20")) == "2026-09-18T09:20:00Z"
    assert write.iso(at(18, "14:20") + timedelta(milliseconds=250)) == "2026-09-18T09:20:00.250Z"


@pytest.mark.parametrize(
    ("value", "ru", "en"),
    [(0, "0", "0"), (999, "999", "999"), (48213, "48 213", "48,213"), (1234567, "1 234 567", "1,234,567")],
)
def test_numbers(value: int, ru: str, en: str) -> None:
    assert plain(write.number(value, "ru")) == ru
    assert write.number(value, "en") == en


def test_fractions_and_shares() -> None:
    assert plain(write.number(12345.6, "ru", 1)) == "12 345,6"
    assert write.number(-3, "en") == "\u22123"
    assert plain(write.percent(0.914, "ru", 1)) == "91,4 %"
    assert write.percent(0.914, "en", 1) == "91.4%"


def test_a_ticket_number() -> None:
    assert plain(write.ticket_no(48213, "ru")) == "№48 213"
    assert write.ticket_no(48213, "en") == "#48213"


@pytest.mark.parametrize(
    ("size", "ru"),
    [
        (0, "0 Б"),
        (900, "900 Б"),
        (246_000, "240 КБ"),
        (1_500_000, "1,4 МБ"),
        (26_000_000, "25 МБ"),
        (5 << 40, "5 120 ГБ"),
    ],
)
def test_file_sizes(size: int, ru: str) -> None:
    assert plain(write.file_size(size, "ru")) == ru


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Айгуль Сеитова", "АС"),
        ("anna maria lopez", "AM"),
        ("ТОО «Пример-Сервис»", "ТП"),
        ("user_4471", "U"),
        ("+7 700 000-04-18", "#"),
        ("", "#"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert write.initials(name) == letters


def test_short_names() -> None:
    assert plain(write.short_name("Айгуль Сеитова")) == "А. Сеитова"
    assert write.short_name("Support desk east") == "Support desk east"
    assert write.short_name("ТОО Пример") == "ТОО Пример"
    assert write.short_name("") == ""


def test_filters_read_the_moment_of_the_page() -> None:
    env = Environment(autoescape=True)
    write.install(env, lambda: write.Moment(NOW, ALMATY, "ru"))
    page = env.from_string("{{ due|due_text }}, {{ due|due_text(zone) }}, {{ 5400|duration }}, {{ 48213|ticket_no }}")
    shown = page.render(due=NOW + timedelta(minutes=12), zone=ZoneInfo("Europe/Moscow"))
    assert plain(shown) == "до 14:20, до 12:20, 1 ч 30 мин, №48 213"


@pytest.fixture(scope="module")
def russian() -> Translations:
    """The catalogue as it is written, so the test needs no compiled one."""
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(RUSSIAN.read_bytes()), locale="ru"))
    compiled.seek(0)
    return Translations(compiled)


@pytest.mark.parametrize(
    ("count", "word"),
    [
        (0, "обновлений"),
        (1, "обновление"),
        (2, "обновления"),
        (5, "обновлений"),
        (11, "обновлений"),
        (12, "обновлений"),
        (14, "обновлений"),
        (21, "обновление"),
        (22, "обновления"),
        (25, "обновлений"),
        (101, "обновление"),
        (111, "обновлений"),
    ],
)
def test_russian_plurals(russian: Translations, count: int, word: str) -> None:
    assert russian.ungettext("%(num)s update", "%(num)s updates", count) == f"%(num)s {word}"
