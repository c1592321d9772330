"""How urgent a deadline looks: one rule for every page that shows one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.services.policies import Pinned, pinned

LONG = 4 * 3600  # targets from here on are judged by the time left, shorter ones by the share used
BURN_LEFT, SOON_LEFT = 1800, 3600
BURN_SHARE, SOON_SHARE = 0.9, 0.75

Late = tuple[datetime | None, int | None]


@dataclass(frozen=True, slots=True)
class Look:
    """A deadline as it is shown: ok, soon, burn, late, hold or met. *left* is working time, negative when over."""

    state: str
    due_at: datetime | None = None
    left: float | None = None
    resume_at: datetime | None = None
    ended_at: datetime | None = None
    turns_at: datetime | None = None
    zone: None = None


def running(
    due_at: datetime, target: float, version_id: int, priority: str, at: datetime, late: Late = (None, None)
) -> Look:  # fmt: skip
    """A clock that runs, or has run out; *late*: from when on its lateness is counted, and the seconds before that."""
    bound = pinned(version_id)
    calendar = bound.calendar(priority)
    if due_at < at:
        since, before = late
        if before is None or (since is not None and since < due_at):  # laid by the release before
            since, before = due_at, 0
        return Look("late", due_at, -before - (calendar.elapsed(since, at).total_seconds() if since else 0))
    left = calendar.elapsed(at, due_at).total_seconds()
    burn, soon = limits(target, bound)
    if left <= burn:
        return Look("burn", due_at, left, turns_at=due_at)
    state, until = ("soon", burn) if left <= soon else ("ok", soon)
    return Look(state, due_at, left, turns_at=calendar.due_at(at, timedelta(seconds=left - until)))


def paused(left: float, version_id: int, priority: str, at: datetime) -> Look:
    """A clock that stands still; *resume_at* is when it would be due if it went on now."""
    calendar = pinned(version_id).calendar(priority)
    resumed = calendar.due_at(at, timedelta(seconds=left)) if left > 0 else at
    return Look("hold", left=left, resume_at=resumed)


def limits(target: float, bound: Pinned) -> tuple[float, float]:
    """Seconds left below which it burns, and below which it is soon."""
    if target >= LONG:
        return BURN_LEFT, SOON_LEFT
    soon, burn = _shares(bound.policy.fractions)
    return round(target * (1 - burn), 3), round(target * (1 - soon), 3)


def _shares(fractions: Sequence[float]) -> tuple[float, float]:
    """The policy's last two warnings before the breach."""
    warnings = sorted(fraction for fraction in fractions if fraction < 1)[-2:]
    return (warnings[0], warnings[1]) if len(warnings) == 2 else (SOON_SHARE, BURN_SHARE)
