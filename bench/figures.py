"""Figures and how they are told: a table for people, JSON for programs."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. *database* and *size* (tickets) where it has some; *target* as the issue says it, if it does.

    A row whose *what* ends in "(floor)" is the least that the same machine needs in the same run for the bare work.
    """

    what: str
    value: float
    unit: str
    database: str = ""
    size: int = 0
    target: str = ""
    note: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of *values* that at least that share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(what: str, seconds: Sequence[float], shares: Iterable[tuple[float, str]], **more: object) -> list[Figure]:
    """Percentiles of some durations in milliseconds; each share with its target."""
    return [
        Figure(f"{what}, p{share * 100:.0f}", 1000 * percentile(seconds, share), "ms", target=target, **more)  # type: ignore[arg-type]
        for share, target in shares
    ]


def as_json(figures: Iterable[Figure]) -> str:
    """A list of objects."""
    return json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False)


def line(figure: Figure) -> str:
    """One line of the table."""
    size = f"{figure.size:,}" if figure.size else ""
    return f"{figure.what:58} {shown(figure.value):>10} {figure.unit:4} {figure.database:11}{size:>10}  {figure.target:9} {figure.note}"


def shown(value: float) -> str:
    """A value with three figures at least."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value >= 0.01 else f"{value:.2g}"


Tell = Callable[[str], None]
