"""The ladder of a policy: what its steps do when a threshold of a clock is reached, within the transaction that fires it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services.database import db
from helpdesk.services.notices import Tellers
from helpdesk.services.policies import pinned
from helpdesk.services.whom import Whom
from helpdesk.sla.firing import BREACH
from helpdesk.sla.policy import Action, usual_actions
from helpdesk.tickets import actions, handover
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Priority, Ticket

PRIORITIES = [priority.value for priority in Priority]
DONE: Json = {}
log = structlog.get_logger()


def kind_of(threshold: str) -> str:
    """What the history calls it: warned before the breach, breached, overdue after it."""
    return "breached" if threshold == BREACH else "overdue" if threshold.startswith("+") else "warned"


class Ladder:
    """The steps of all policies at one instant, climbed for many clocks; what is looked up by its name is looked up once."""

    def __init__(self, tellers: Tellers, whom: Whom) -> None:
        self.tellers, self.whom = tellers, whom
        self._steps: dict[tuple[int, str], tuple[Action, ...]] = {}
        self._facts: dict[tuple[str, str], dict[str, str]] = {}
        self._channels: dict[str, int | None] = {}
        self._teams: dict[str, Team | None] = {}

    def climb(self, matter: Any, clock: Any, kind: str) -> Json:
        """Carry out every step of the threshold that this clock has reached, once each; what could not be done is
        logged and returned.

        What is to be done to the ticket itself is left in *matter.changes*. A ladder that somebody stopped is not climbed.
        """
        if clock.ladder_stopped_at is not None:
            return DONE
        rung, threshold = _Rung(matter, clock, kind, self), clock.next_threshold
        if clock.kind == "resolution" and threshold == pinned(matter.policy_version_id).policy.late_from:
            rung.ask_owner()
        undone = [
            f"{action.do} {action.to}"
            for action in self._actions(matter.policy_version_id, threshold)
            if not rung.do(action)
        ]
        if undone:
            log.warning("ladder.undone", ticket=matter.number, threshold=threshold, actions=undone)
        return {"undone": undone} if undone else DONE

    def _actions(self, policy_version_id: int, threshold: str) -> tuple[Action, ...]:
        """A breach that the policy has no step for is told as usual: nobody misses it for want of a step."""
        key = policy_version_id, threshold
        if key not in self._steps:
            usual = usual_actions(threshold) if threshold == BREACH else ()
            self._steps[key] = pinned(policy_version_id).policy.actions.get(threshold, usual)
        return self._steps[key]

    def facts(self, clock: str, threshold: str) -> dict[str, str]:
        """What a notice says of a clock: the very same object every time, to be written out once."""
        return self._facts.setdefault((clock, threshold), {"clock": clock, "threshold": threshold})

    def channel(self, name: str) -> int | None:
        """The chat of that name."""
        if name not in self._channels:
            query = select(Channel.id).where(Channel.name == name, Channel.kind == "webhook", Channel.active)
            self._channels[name] = db.session.scalar(query)
        return self._channels[name]

    def team(self, name: str) -> Team | None:
        """The team of that name."""
        if name not in self._teams:
            self._teams[name] = db.session.scalar(select(Team).where(Team.name == name, Team.active))
        return self._teams[name]


class _Rung:
    """One threshold of one clock; whoever was told is not told again."""

    def __init__(self, matter: Any, clock: Any, kind: str, ladder: Ladder) -> None:
        self.matter, self.clock, self.kind, self.ladder = matter, clock, kind, ladder
        self.tellers, self.whom = ladder.tellers, ladder.whom
        self.facts = ladder.facts(clock.kind, clock.next_threshold)
        self._told: set[int] = set()

    def do(self, action: Action) -> bool:
        """Do one thing; False when there is nobody and nothing by that name."""
        return DOING[action.do](self, action.to or "")

    @property
    def stale(self) -> bool:
        """Whether this warns of what is missed already, because nobody looked in time: not worth a mail beside that one."""
        due_at = self.clock.due_at
        return self.kind == "warned" and due_at is not None and due_at < self.tellers.at

    def tell_owner(self, _to: str) -> bool:
        """The owner when on duty. Who stands in for them reads a mere warning in the page."""
        owner = self.whom.owner_on_duty(self.matter)
        for person in [owner] if owner else self.whom.stand_ins(self.matter):
            self._tell(person, mailed=person is owner or self.kind != "warned")
        return True

    def ask_owner(self) -> None:
        """Ask the owner, or who stands in for them, to tell the customer that the solution is going to be late."""
        if self.matter.owner_id is not None:
            owner = self.whom.owner_on_duty(self.matter)
            for person in [owner] if owner else self.whom.stand_ins(self.matter):
                self.tellers.notify(person, self.matter, "tell_customer", mailed=False)

    def tell_lead(self, _to: str) -> bool:
        return self._tell_all(self.whom.leads(self.matter))

    def tell_role(self, role: str) -> bool:
        return self._tell_all(self.whom.of_role(self.matter, role))

    def _tell_all(self, people: list[Person]) -> bool:
        for person in people:
            self._tell(person, mailed=True)
        return bool(people)

    def _tell(self, person: Person, *, mailed: bool) -> None:
        if person.id not in self._told:
            self._told.add(person.id)
            self.tellers.notify(person, self.matter, self.kind, self.facts, mailed=mailed and not self.stale)

    def post_chat(self, name: str) -> bool:
        channel_id = self.ladder.channel(name)
        if channel_id is not None:
            self.tellers.post(name, channel_id, self.matter, self.kind, self.facts)
        return channel_id is not None

    def set_priority(self, name: str) -> bool:
        """Raise it, never lower it: so no two steps undo each other for ever."""
        if name in PRIORITIES:
            self.matter.changes.append(partial(_raise, to=name, at=self.tellers.at))
        return name in PRIORITIES

    def move_team(self, name: str) -> bool:
        """Hand it to the team, whose people are told from here on."""
        team = self.ladder.team(name)
        if team is not None and self.matter.open and team.id != self.matter.team_id:
            self.matter.team_id = team.id
            self.matter.changes.append(partial(_move, to=team, at=self.tellers.at))
        return team is not None


def _raise(ticket: Ticket, *, to: str, at: datetime) -> None:
    if ticket.open and PRIORITIES.index(to) > PRIORITIES.index(ticket.priority):
        actions.change_priority(ticket, to=Priority(to), by=None, at=at)


def _move(ticket: Ticket, *, to: Team, at: datetime) -> None:
    """What was offered in the old team is withdrawn."""
    actions.change_team(ticket, to=to, by=None, at=at)
    offer = db.session.scalar(select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "offered"))
    if offer is not None:
        handover.withdraw(offer, by=None, at=at, why="another team")


DOING: dict[str, Callable[[_Rung, str], bool]] = {
    "tell_owner": _Rung.tell_owner,
    "tell_lead": _Rung.tell_lead,
    "tell_role": _Rung.tell_role,
    "post_chat": _Rung.post_chat,
    "set_priority": _Rung.set_priority,
    "move_team": _Rung.move_team,
}
