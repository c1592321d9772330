"""The supervisor's board: the figures of the person's teams at this instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from helpdesk.people.models import Break, Person
from helpdesk.people.roles import Role
from helpdesk.reports import breaches, flow, standing
from helpdesk.reports.breaches import Broken, Due
from helpdesk.reports.flow import Flow, Level
from helpdesk.reports.standing import Hanging, Standing
from helpdesk.services import breaks, handover, urgency
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import permit
from helpdesk.services.urgency import Look
from helpdesk.tickets.handover import Offer

TARGET = 0.85
ENOUGH = 5  # promises with a verdict, below which a share says nothing
NEXT = 20
INTERVALS = 12
HALF_HOUR, HOUR, WEEK = timedelta(minutes=30), timedelta(hours=1), timedelta(days=7)
FRESH = 5  # seconds for which totals of the day are good enough


@dataclass(frozen=True)
class Team:
    """One row of the table of teams."""

    standing: Standing
    level: Level
    on_duty: int


@dataclass(frozen=True)
class Upcoming:
    """A ticket that falls due, with the look of its deadline."""

    due: Due
    look: Look
    on_duty: bool


@dataclass(frozen=True)
class Day:
    """Totals of the day. *edges* part the half hours, *hours* the day so far."""

    levels: dict[int, Level]
    edges: list[datetime]
    intervals: list[Level]
    hours: list[datetime]
    flow: Flow
    ages: list[int]
    solved_in_week: int


@dataclass(frozen=True)
class Board:
    """Everything the page shows, as of *at*."""

    at: datetime
    teams: list[Team]
    upcoming: list[Upcoming]
    broken: list[Broken]
    hanging: list[Hanging]
    untaken: Sequence[Offer]
    day: Day
    on_duty: frozenset[int]
    breaks: list[Break]

    @property
    def level(self) -> Level:
        """The day's promises of all teams."""
        levels = [team.level for team in self.teams]
        return Level(sum(level.met for level in levels), sum(level.missed for level in levels))

    def total(self, name: str) -> int:
        """One figure of the standings, over all teams."""
        return sum(getattr(team.standing, name) for team in self.teams)

    @property
    def longest_wait(self) -> timedelta | None:
        """How long the customer waits who waits longest."""
        return max(self.at - self.waiting_since, timedelta()) if self.waiting_since else None

    @property
    def waiting_since(self) -> datetime | None:
        """When the oldest message without an answer came."""
        return min((one.standing.waiting_since for one in self.teams if one.standing.waiting_since), default=None)

    @property
    def uncovered(self) -> list[str]:
        """Teams with open tickets and nobody on duty."""
        return [team.standing.name for team in self.teams if team.standing.open and not team.on_duty]

    @property
    def days_of_work(self) -> float | None:
        """The backlog in days at the pace of the last seven."""
        return 7 * self.total("open") / self.day.solved_in_week if self.day.solved_in_week else None


def board(by: Person, zone: tzinfo) -> Board:
    """The board of this person's teams; an administrator's is of all teams. The day is that of *zone*."""
    permit(by, "see_board")
    at, teams = now(), None if by.role == Role.ADMINISTRATOR else tuple(by.team_ids)
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    stands, crew = standing.standings(db.session(), teams, at), standing.crew(db.session(), at)
    day = _day(
        str(db.engine.url), tuple(stand.team_id for stand in stands), teams, midnight, int(at.timestamp()) // FRESH
    )
    duty = frozenset().union(*(crew.get(stand.team_id, set()) for stand in stands))
    nothing = Level(0, 0)
    return Board(
        at=at,
        teams=[
            Team(stand, day.levels.get(stand.team_id, nothing), len(crew.get(stand.team_id, ()))) for stand in stands
        ],
        upcoming=[_upcoming(due, at, duty) for due in breaches.next_due(db.session(), teams, at, NEXT)],
        broken=breaches.broken(db.session(), teams, midnight, NEXT),
        hanging=standing.hanging(db.session(), teams, at),
        untaken=handover.untaken(by),
        day=day,
        on_duty=duty,
        breaks=[rest for rest in breaks.of_teams(by, at) if rest.person_id in duty],
    )


def _upcoming(due: Due, at: datetime, duty: frozenset[int]) -> Upcoming:
    look = urgency.running(due.due_at, due.target, due.policy_version_id, due.priority, at)
    return Upcoming(due, look, due.owner_id in duty)


@lru_cache(maxsize=64)
def _day(_database: str, every: tuple[int, ...], teams: tuple[int, ...] | None, midnight: datetime, _slot: int) -> Day:
    """The day's totals, counted once for everybody who looks within a few seconds."""
    at = now()
    edges, hours, session = _half_hours(at), _hours(midnight, at), db.session()
    return Day(
        levels=flow.levels(session, teams, midnight, at),
        edges=edges,
        intervals=flow.by_interval(session, teams, edges, at),
        hours=hours,
        flow=flow.flow(session, every, hours),
        ages=standing.ages(session, teams, at),
        solved_in_week=flow.solved_since(session, every, at - WEEK, at),
    )


def _half_hours(at: datetime) -> list[datetime]:
    end = datetime.fromtimestamp((int(at.timestamp()) // 1800 + 1) * 1800, UTC)
    return [end - HALF_HOUR * i for i in range(INTERVALS, -1, -1)]


def _hours(midnight: datetime, at: datetime) -> list[datetime]:
    whole = int((at - midnight) / HOUR)
    return [*(midnight + HOUR * i for i in range(whole + 1)), at]
