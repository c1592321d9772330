"""How clocks came out before, and would come out under a draft, in numbers to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.services.simulate import Counts
from helpdesk.sla.clock import CLOCKS


@dataclass(frozen=True)
class Line:
    """How one clock came out before and would come out, all teams together or one of them; *moved* counts due instants."""

    kind: str
    team: str
    before: dict[str, int]
    after: dict[str, int]
    moved: int

    @property
    def shares(self) -> tuple[float | None, float | None]:
        """The percentages in time, before and after: met of met and missed; None where nothing has a verdict."""
        return _in_time(self.before), _in_time(self.after)

    @property
    def differs(self) -> bool:
        """Whether the draft changes anything of it."""
        return self.moved > 0 or self.before != self.after

    @property
    def more_missed(self) -> int:
        """How many more would be missed; negative when fewer."""
        return self.after.get("missed", 0) - self.before.get("missed", 0)


def _in_time(counts: dict[str, int]) -> float | None:
    met, missed = counts.get("met", 0), counts.get("missed", 0)
    return 100 * met / (met + missed) if met + missed else None


def lines(counts: Counts, scope: str) -> list[Line]:
    """What was counted of one scope, all teams together, in the order of the clocks."""
    return [line_of(kind, "", list(cells.values())) for kind, cells in in_order(counts.numbers.get(scope, {}))]


def in_order(kinds: dict[str, Any]) -> list[tuple[str, Any]]:
    """By clock, in the order in which clocks are told."""
    return sorted(kinds.items(), key=lambda one: CLOCKS.index(one[0]))


def line_of(kind: str, team: str, cells: Sequence[dict[str, int]]) -> Line:
    """The sum of what was counted for some teams."""
    sums: dict[str, int] = {}
    for cell in cells:
        for what, number in cell.items():
            sums[what] = sums.get(what, 0) + number
    return Line(kind, team, _side(sums, "before "), _side(sums, "after "), sums.get("moved", 0))


def _side(sums: dict[str, int], side: str) -> dict[str, int]:
    return {what.removeprefix(side): number for what, number in sums.items() if what.startswith(side)}
