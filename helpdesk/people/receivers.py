"""Who could take a ticket over: colleagues in order, each with what speaks for them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Reason = tuple[str, Any]


@dataclass(frozen=True)
class Candidate:
    """Somebody of the team: how many open tickets they have, and until when they are at work, None when they are not."""

    id: int
    name: str
    load: int
    until: datetime | None = None
    languages: Collection[str] = ()
    skills: Collection[str] = ()


@dataclass(frozen=True)
class Matter:
    """What a ticket asks of whoever takes it; *served* says since when they know its customer, by their ids.

    The *substitute* stands in for its absent owner.
    """

    language: str
    tags: Collection[str] = ()
    served: Mapping[int, datetime] = field(default_factory=dict)
    substitute: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """Somebody who could, and why: words with facts, such as ("speaks", "kk") or ("load", 7)."""

    candidate: Candidate
    reasons: tuple[Reason, ...]


def ranked(candidates: Iterable[Candidate], matter: Matter) -> list[Suggestion]:
    """The best first: at work, the owner's substitute, in its language, with its skills, who knows its customer, with the least to do.

    Whoever says no languages may speak any.
    """
    people = sorted(candidates, key=lambda one: _order(one, matter))
    least = min((one.load for one in people if one.until), default=0)
    return [Suggestion(one, tuple(_reasons(one, matter, least))) for one in people]


def _order(one: Candidate, matter: Matter) -> tuple[Any, ...]:
    fit = strange(one, matter), -len(skilled(one, matter)), one.id not in matter.served
    return one.until is None, one.id != matter.substitute, *fit, one.load, one.name, one.id


def strange(one: Candidate, matter: Matter) -> int:
    """How far somebody is from the language of a matter: 0 speaks it, 1 says nothing, 2 speaks others."""
    if not one.languages:
        return 1
    return 0 if matter.language in one.languages else 2


def skilled(one: Candidate, matter: Matter) -> list[str]:
    """Its tags that are skills of theirs."""
    known = {skill.casefold() for skill in one.skills}
    return [tag for tag in matter.tags if tag.casefold() in known]


def _reasons(one: Candidate, matter: Matter, least: int) -> Iterable[Reason]:
    yield ("until", one.until) if one.until else ("off", None)
    if one.id == matter.substitute:
        yield "substitute", None
    if strange(one, matter) != 1:
        yield ("strange" if strange(one, matter) else "speaks"), matter.language
    for tag in skilled(one, matter):
        yield "skill", tag
    if one.id in matter.served:
        yield "served", matter.served[one.id]
    yield ("least" if one.until and one.load == least else "load"), one.load
