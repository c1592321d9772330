"""A team's shifts as a table: written for a spreadsheet, and read from one, each row by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.people.models import Person, Shift
from helpdesk.services import roster, spreadsheets
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.services.weeks import on_day, people, span_of, team

COLUMNS = {
    "date": ("date", "day", "дата", "день"), "login": ("login", "логин"), "name": ("name", "person", "имя", "человек", "сотрудник"),
    "from": ("from", "start", "с", "начало"), "to": ("to", "end", "до", "конец"),
}  # fmt: skip
MOST = 2000
WEEKS = 4
CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?")


@dataclass(frozen=True)
class Row:
    """One row: the shift it says, whether that is *there* already, or the *trouble* with it."""

    line: int
    cells: dict[str, str]
    person: Person | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    there: bool = False
    trouble: HelpdeskError | None = None


def table(team_id: int, monday: date, by: Person) -> list[list[str]]:
    """The shifts of four weeks from *monday*, by the team's clocks: date, login, name, from, to."""
    zone = ZoneInfo(team(team_id, by).time_zone)
    begin, end = span_of(monday, zone)[0], span_of(monday + timedelta(days=7 * (WEEKS - 1)), zone)[1]
    query = select(Shift).where(Shift.team_id == team_id, Shift.starts_at >= begin, Shift.starts_at < end)
    found = db.session.scalars(query.options(joinedload(Shift.person)).order_by(Shift.starts_at, Shift.id))
    return [_line(shift, zone) for shift in found]


def _line(shift: Shift, zone: ZoneInfo) -> list[str]:
    starts, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    return [f"{starts:%d.%m.%Y}", shift.person.login or "", shift.person.name, f"{starts:%H:%M}", f"{ends:%H:%M}"]


def look(team_id: int, content: bytes, by: Person) -> list[Row]:
    """What each row would do; nothing is written."""
    lines = spreadsheets.rows(content)
    if len(lines) > MOST:
        raise HelpdeskError("Import at most {number} rows at once; split the file.", number=MOST)
    return list(_rows(team_id, lines, by))


def import_(team_id: int, content: bytes, *, leave_out: bool, by: Person) -> int:
    """Write the new shifts down; how many. A wrong row keeps all from being written, unless it is to be left out."""
    with transaction():
        roster.alone(person.id for person in people(team_id, by))
        rows = look(team_id, content, by)
        if not leave_out and any(row.trouble for row in rows):
            raise Conflict("Nothing was written: some rows are wrong. Correct them, or have them left out.")
        new = [row for row in rows if row.trouble is None and not row.there]
        for row in new:
            if row.person and row.starts_at and row.ends_at:
                roster.put(row.person.id, team_id, row.starts_at, row.ends_at)
    changed("roster.imported", by, team=team_id, count=len(new))
    return len(new)


def _rows(team_id: int, lines: Sequence[tuple[int, list[str]]], by: Person) -> Iterator[Row]:
    members, zone = people(team_id, by), ZoneInfo(team(team_id, by).time_zone)
    names = _header(lines)
    taken: dict[int, list[tuple[datetime, datetime]]] = {}
    for line, given in lines[1:]:
        cells = dict(zip(names, given, strict=False))
        try:
            yield _read(line, cells, members, zone, taken, team_id)
        except HelpdeskError as trouble:
            yield Row(line, cells, trouble=trouble)


def _header(lines: Sequence[tuple[int, list[str]]]) -> list[str]:
    """What each column is; date, from, to and a login or a name must be among them."""
    heads = [cell.strip().casefold() for cell in lines[0][1]] if lines else []
    names = [next((name for name, known in COLUMNS.items() if head in known), head) for head in heads]
    if not {"date", "from", "to"} <= set(names) or not {"login", "name"} & set(names):
        raise HelpdeskError("The first row must name the columns: date, login or name, from, to.")
    return names


def _read(
    line: int, cells: dict[str, str], members: Sequence[Person], zone: ZoneInfo,
    taken: dict[int, list[tuple[datetime, datetime]]], team_id: int,
) -> Row:  # fmt: skip
    person = _person(cells, members)
    starts_at, ends_at = on_day(
        _day(cells.get("date", "")), _clock(cells.get("from", "")), _clock(cells.get("to", "")), zone
    )
    mine = taken.setdefault(person.id, [])
    if any(starts_at < end and begin < ends_at for begin, end in mine):
        raise Conflict("Another row of this file overlaps with it; leave one of them.")
    mine.append((starts_at, ends_at))
    same = (
        Shift.person_id == person.id,
        Shift.team_id == team_id,
        Shift.starts_at == starts_at,
        Shift.ends_at == ends_at,
    )
    there = db.session.scalar(select(Shift.id).where(*same).limit(1)) is not None
    if not there and roster.taken(person.id, starts_at, ends_at):
        raise Conflict("This person has a shift at that time already; remove it first.")
    return Row(line, cells, person, starts_at, ends_at, there)


def _person(cells: dict[str, str], members: Sequence[Person]) -> Person:
    login, name = cells.get("login", "").casefold(), cells.get("name", "")
    found = [one for one in members if (one.login == login if login else one.name.casefold() == name.casefold())]
    if not found:
        raise Conflict(
            "{name} is nobody in this team; check the spelling or add them to it.", name=login or name or "–"
        )
    if len(found) > 1:
        raise Conflict("{name} is the name of several people; give the login.", name=name)
    return found[0]


def _day(text: str) -> date:
    for pattern in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            day = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if 2000 <= day.year <= 2090:
            return day
    raise Conflict("“{text}” is no day; write it as 31.12.2026 or 2026-12-31.", text=text[:40])


def _clock(text: str) -> time:
    found = CLOCK.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Conflict("“{text}” is no time of day; write it as 09:00.", text=text[:40])
    return time(int(found[1]), int(found[2]))
