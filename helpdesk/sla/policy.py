"""Who is promised what: an ordered list of policies, of which the first that matches a ticket holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from .calendar import Calendar
from .clock import CLOCKS, PAUSES
from .refusal import Refusal

CONDITIONS = ("team", "channel", "priority", "tag", "reason")
TIMES = ("working", "calendar")
ANY_PRIORITY = "*"
LONGEST = timedelta(days=366)
LATE = 0.75  # of a target: from then on it is going to be late
ACTIONS = {
    "tell_owner": False,
    "tell_lead": False,
    "tell_role": True,
    "post_chat": True,
    "set_priority": True,
    "move_team": True,
}
USUAL_STEPS: tuple[Mapping[str, Any], ...] = (
    {"at": 0.5, "actions": [{"do": "tell_owner"}]},
    {"at": 0.75, "actions": [{"do": "tell_owner"}]},
    {"at": 0.9, "actions": [{"do": "tell_owner"}]},
    {"at": 1.0, "actions": [{"do": "tell_owner"}, {"do": "tell_lead"}]},
)


class PolicyError(Refusal):
    """The policy cannot be used; the message says what to change."""


@dataclass(frozen=True)
class Action:
    """What a step does: one of ACTIONS, and to what or whom where it needs that."""

    do: str
    to: str | None = None


@dataclass(frozen=True)
class Step:
    """Actions at a fraction of the target, or so many seconds of the clock's calendar after the breach."""

    at: float | None
    after: int | None
    actions: tuple[Action, ...]

    @property
    def threshold(self) -> str:
        """The name under which it fires once: "75%", or "+900"."""
        return f"{self.at:.0%}" if self.at is not None else f"+{self.after}"


@dataclass(frozen=True)
class Policy:
    """One entry of the list: for which tickets, what is promised by priority, what pauses, what warns."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, Mapping[str, int | None]]
    time: Mapping[str, str]
    pauses: tuple[str, ...]
    steps: tuple[Step, ...]

    @staticmethod
    def from_definition(raw: Mapping[str, Any]) -> "Policy":
        """A policy of {"name", "when", "targets", "time", "pauses", "steps"}; PolicyError says what to change.

        when: {"team" | "channel" | "priority" | "tag" | "reason": [values]}; all must hold, any value does.
        targets: {priority or "*": {clock: seconds or null}}. time: "working" or "calendar", or {priority: one of them}.
        pauses: statuses, both by default. steps: [{"at": 0.75 | "after": 900, "actions": [{"do": "tell_owner"}]}].
        """
        _known(raw, "policy", ("name", "when", "targets", "time", "pauses", "steps"))
        targets = _targets(raw.get("targets"))
        return Policy(
            name=_said(raw.get("name"), "name"),
            when=_when(raw.get("when", {})),
            targets=targets,
            time=_times(raw.get("time", "working"), targets),
            pauses=_pauses(raw.get("pauses", PAUSES)),
            steps=tuple(_step(step) for step in _several(raw.get("steps", USUAL_STEPS), "steps")),
        )

    def definition(self) -> dict[str, Any]:
        """The whole definition, from which an equal policy can be made."""
        return {
            "name": self.name,
            "when": {name: list(values) for name, values in self.when.items()},
            "targets": {priority: dict(targets) for priority, targets in self.targets.items()},
            "time": dict(self.time),
            "pauses": list(self.pauses),
            "steps": [_as_dict(step) for step in self.steps],
        }

    def matches(self, facts: Mapping[str, Any]) -> bool:
        """Whether a ticket's facts meet all conditions: text for team, channel and priority, texts for tag and reason."""
        return not self.unmet(facts)

    def unmet(self, facts: Mapping[str, Any]) -> list[str]:
        """The conditions that a ticket's facts do not meet, by name."""
        return [name for name, values in self.when.items() if not _holds(facts.get(name), values)]

    def targets_for(self, priority: str) -> dict[str, int | None]:
        """Seconds promised per clock at that priority; None where nothing is."""
        given = self.targets.get(priority, self.targets.get(ANY_PRIORITY, {}))
        return {clock: given.get(clock) for clock in CLOCKS}

    def time_for(self, priority: str) -> str:
        """How time is counted at that priority: "working" or "calendar"."""
        return self.time.get(priority, self.time.get(ANY_PRIORITY, "working"))

    def calendar_for(self, priority: str, working: Calendar) -> Calendar:
        """The calendar by which that priority is counted: the working one, or 24/7."""
        return working if self.time_for(priority) == "working" else Calendar.from_definition(None)

    @cached_property
    def actions(self) -> Mapping[str, tuple[Action, ...]]:
        """What is done at each threshold, every action once."""
        found: dict[str, dict[Action, None]] = {}
        for step in self.steps:
            found.setdefault(step.threshold, {}).update(dict.fromkeys(step.actions))
        return {threshold: tuple(actions) for threshold, actions in found.items()}

    @property
    def fractions(self) -> tuple[float, ...]:
        """Fractions of the target at which something is done."""
        return tuple(step.at for step in self.steps if step.at is not None)

    @property
    def late_from(self) -> str:
        """The first threshold that says it is going to be late: a warning, at the latest the breach."""
        return f"{min((one for one in self.fractions if one >= LATE), default=1.0):.0%}"

    @property
    def delays(self) -> tuple[int, ...]:
        """Seconds after the breach at which something is done."""
        return tuple(step.after for step in self.steps if step.after is not None)


def usual_actions(threshold: str) -> tuple[Action, ...]:
    """What is done at a threshold when a policy says nothing of steps."""
    return _USUAL.get(threshold, ())


def shadowed(policies: Sequence[Policy]) -> list[tuple[Policy, Policy]]:
    """Pairs (policy, earlier one) where the earlier takes every ticket that the policy could match."""
    found = []
    for i, policy in enumerate(policies):
        if earlier := next((other for other in policies[:i] if _covers(other, policy)), None):
            found.append((policy, earlier))
    return found


def overlapping(policies: Sequence[Policy]) -> list[tuple[Policy, Policy]]:
    """Pairs (policy, earlier one) that may match the same ticket, though each may match one that the other does not."""
    pairs = [(policy, earlier) for i, policy in enumerate(policies) for earlier in policies[:i]]
    return [(a, b) for a, b in pairs if _meet(a, b) and not _covers(a, b) and not _covers(b, a)]


def _meet(one: Policy, other: Policy) -> bool:
    """Whether a ticket may match both: it has one value of each fact, but any number of tags."""
    shared = (one.when.keys() & other.when.keys()) - {"tag"}
    return all(set(one.when[name]) & set(other.when[name]) for name in shared)


def _covers(wide: Policy, narrow: Policy) -> bool:
    return all(name in narrow.when and set(narrow.when[name]) <= set(values) for name, values in wide.when.items())


def _holds(fact: Any, values: tuple[str, ...]) -> bool:
    return fact in values if fact is None or isinstance(fact, str) else any(one in values for one in fact)


def _as_dict(step: Step) -> dict[str, Any]:
    when = {"at": step.at} if step.at is not None else {"after": step.after}
    return {**when, "actions": [{"do": a.do, **({"to": a.to} if a.to is not None else {})} for a in step.actions]}


def _known(raw: Any, where: str, fields: Iterable[str]) -> None:
    if not isinstance(raw, Mapping):
        raise PolicyError("{where} must be an object, not {raw!r:.60}.", where=where, raw=raw)
    for field in raw:
        if field not in fields:
            raise PolicyError(
                "{where} has an unknown field {field!r:.60}; use {fields}.",
                where=where,
                field=field,
                fields=", ".join(fields),
            )


def _said(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyError("{where} must be a word, not {value!r:.60}.", where=where, value=value)
    return value


def _several(raw: Any, where: str) -> Sequence[Any]:
    if isinstance(raw, str) or not isinstance(raw, Sequence):
        raise PolicyError("{where} must be a list, not {raw!r:.60}.", where=where, raw=raw)
    return raw


def _when(raw: Any) -> dict[str, tuple[str, ...]]:
    _known(raw, "when", CONDITIONS)
    return {name: _values(values, name) for name, values in raw.items()}


def _values(raw: Any, name: str) -> tuple[str, ...]:
    if not _several(raw, f"when.{name}"):
        raise PolicyError("The condition {name} is empty; name a value, or leave the condition out.", name=name)
    return tuple(_said(value, f"when.{name}") for value in raw)


def _targets(raw: Any) -> dict[str, dict[str, int | None]]:
    if not isinstance(raw, Mapping) or not raw:
        raise PolicyError('A policy needs targets, such as {"*": {"first_response": 3600}}.')
    for priority, targets in raw.items():
        _known(targets, f"targets.{priority:.60}", CLOCKS)
    return {
        _said(priority, "targets"): {clock: _seconds(value, clock) for clock, value in targets.items()}
        for priority, targets in raw.items()
    }


def _seconds(value: Any, clock: str) -> int | None:
    if value is None:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 < value <= LONGEST.total_seconds():
        raise PolicyError(
            "The target of {clock} must be seconds, more than 0 and at most a year, not {value!r:.60}.",
            clock=clock,
            value=value,
        )
    return int(value)


def _times(raw: Any, targets: Mapping[str, Any]) -> dict[str, str]:
    times = {ANY_PRIORITY: raw} if isinstance(raw, str) else raw
    _known(times, "time", (*targets, ANY_PRIORITY))
    for time in times.values():
        if time not in TIMES:
            raise PolicyError("Time is counted as working or calendar time, not {time!r:.60}.", time=time)
    return dict(times)


def _pauses(raw: Any) -> tuple[str, ...]:
    for status in _several(raw, "pauses"):
        if status not in PAUSES:
            raise PolicyError(
                "{status!r:.60} is not a status that pauses; use {pauses}.", status=status, pauses=", ".join(PAUSES)
            )
    return tuple(raw)


def _step(raw: Any) -> Step:
    _known(raw, "steps", ("at", "after", "actions"))
    at, after = raw.get("at"), raw.get("after")
    if (at is None) == (after is None):
        raise PolicyError("A step is either at a fraction of the target or after the breach; give one of at and after.")
    actions = tuple(_action(action) for action in _several(raw.get("actions"), "steps.actions"))
    return Step(_fraction(at), _seconds(after, "steps.after"), actions)


def _fraction(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise PolicyError("A step's at is a fraction of the target from 0.01 to 1, not {value!r:.60}.", value=value)
    return round(float(value), 2) or 0.01


def _action(raw: Any) -> Action:
    _known(raw, "actions", ("do", "to"))
    do, to = raw.get("do"), raw.get("to")
    if not isinstance(do, str) or do not in ACTIONS:
        raise PolicyError("{do!r:.60} is not an action; use {actions}.", do=do, actions=", ".join(ACTIONS))
    if ACTIONS[do] and to is None:
        raise PolicyError("The action {do} needs to say to whom or what.", do=do)
    if not ACTIONS[do] and to is not None:
        raise PolicyError("The action {do} takes no to.", do=do)
    return Action(do, None if to is None else _said(to, "actions.to"))


_USUAL = {step.threshold: step.actions for step in map(_step, USUAL_STEPS)}
