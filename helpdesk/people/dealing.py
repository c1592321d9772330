"""Dealing tickets out: who of those at work is given the next one, by turns or by load, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from helpdesk.people.receivers import Candidate, Matter, skilled, strange

WAYS = ("turns", "load")


@dataclass(frozen=True)
class Hand(Candidate):
    """Somebody at work who is given no more than *most*; *turn* counts when they were last dealt a ticket."""

    most: int | None = None
    turn: int = 0

    @property
    def has_room(self) -> bool:
        """Whether they may be given one more."""
        return self.most is None or self.load < self.most

    def lacks(self, wanted: Collection[str]) -> list[str]:
        """Those of the *wanted* skills that they don't have."""
        return sorted(set(wanted) - set(self.skills))

    def fits(self, matter: Matter, wanted: Collection[str]) -> bool:
        """Whether it asks for no language and none of the *wanted* skills that they lack."""
        return strange(self, matter) < 2 and not set(self.lacks(wanted)) & set(matter.tags)


@dataclass(frozen=True)
class Deal:
    """By which way somebody gets a ticket; *last* is whom its customer dealt with last, if that counts."""

    way: str
    by_fit: bool = False
    last: int | None = None

    def to(self, hands: Sequence[Hand], matter: Matter) -> tuple[Hand, str]:
        """Who of those that could take it gets it, and what decided: "last", "turns" or "load"."""
        whole = max((one.most for one in hands if one.most), default=1)
        best = min(hands, key=lambda one: (one.id != self.last, *self._fit(one, matter), *self._order(one, whole)))
        return best, "last" if best.id == self.last else self.way

    def _fit(self, one: Hand, matter: Matter) -> tuple[int, int]:
        return (strange(one, matter), -len(skilled(one, matter))) if self.by_fit else (0, 0)

    def _order(self, one: Hand, whole: int) -> tuple[Fraction, int, int]:
        """By load it is the share of what each may hold; whoever has no limit may hold as much as anybody."""
        share = Fraction(one.load, one.most or whole) if self.way == "load" else Fraction(0)
        return share, one.turn, one.id
