"""The ladder of a policy: what its steps do when a threshold of a clock is reached, within the transaction that fires it."""

import uuid
from collections.abc import Callable

import structlog
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services.database import db
from helpdesk.services.notices import Tellers, told_of
from helpdesk.services.policies import pinned
from helpdesk.services.store import settings
from helpdesk.sla.firing import BREACH
from helpdesk.sla.models import Clock
from helpdesk.sla.policy import Action, usual_actions
from helpdesk.tickets import actions, handover
from helpdesk.tickets.models import Delivery, Offer, Priority, Ticket

log = structlog.get_logger()


def kind_of(threshold: str) -> str:
    """What the history calls it: warned before the breach, breached, overdue after it."""
    return "breached" if threshold == BREACH else "overdue" if threshold.startswith("+") else "warned"


def climb(ticket: Ticket, clock: Clock, threshold: str, tellers: Tellers) -> Json:
    """Carry out every step of this threshold, once each; what could not be done is logged and returned.

    A breach that the policy has no step for is told as usual: nobody misses it for want of a step.
    """
    steps = [step for step in pinned(ticket.policy_version_id or 0).policy.steps if step.threshold == threshold]
    wanted = [action for step in steps for action in step.actions]
    if not steps and threshold == BREACH:
        wanted = list(usual_actions(threshold))
    rung = _Rung(ticket, clock, threshold, tellers)
    undone = [f"{action.do} {action.to}" for action in dict.fromkeys(wanted) if not rung.do(action)]
    if undone:
        log.warning("ladder.undone", ticket=ticket.number, threshold=threshold, actions=undone)
    return {"undone": undone} if undone else {}


class _Rung:
    """One threshold of one clock; whoever was told is not told again."""

    def __init__(self, ticket: Ticket, clock: Clock, threshold: str, tellers: Tellers) -> None:
        self.ticket, self.clock, self.threshold, self.tellers = ticket, clock, threshold, tellers
        self.kind = kind_of(threshold)
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
        owner = self.tellers.owner_on_duty(self.ticket)
        for person in [owner] if owner else self.tellers.stand_ins(self.ticket):
            self._tell(person, mailed=person is owner or self.kind != "warned")
        return True

    def tell_lead(self, _to: str) -> bool:
        return self._tell_all(self.tellers.leads(self.ticket))

    def tell_role(self, role: str) -> bool:
        return self._tell_all(self.tellers.of_role(self.ticket, role))

    def _tell_all(self, people: list[Person]) -> bool:
        for person in people:
            self._tell(person, mailed=True)
        return bool(people)

    def _tell(self, person: Person, *, mailed: bool) -> None:
        if person.id not in self._told:
            self._told.add(person.id)
            facts = {"clock": self.clock.kind, "threshold": self.threshold}
            self.tellers.notify(person, self.ticket, self.kind, mailed=mailed and not self.stale, **facts)

    def post_chat(self, name: str) -> bool:
        query = select(Channel).where(Channel.name == name, Channel.kind == "webhook", Channel.active)
        channel = db.session.scalar(query)
        if channel is None:
            return False
        text = told_of(self.ticket, "ru", self.kind, {"clock": self.clock.kind, "threshold": self.threshold})
        at, link = self.tellers.at, f"{settings().base_url}/tickets/{self.ticket.number}"
        db.session.add(
            Delivery(
                ticket_id=self.ticket.id, channel="webhook", channel_id=channel.id, kind="notice", recipient=name,
                key=uuid.uuid4().hex, content={"text": f"{text}\n{link}"}, promised_at=at, next_try_at=at,
            )
        )  # fmt: skip
        return True

    def set_priority(self, name: str) -> bool:
        """Raise it, never lower it: so no two steps undo each other for ever."""
        order = [priority.value for priority in Priority]
        if name in order and self.ticket.open and order.index(name) > order.index(self.ticket.priority):
            actions.change_priority(self.ticket, to=Priority(name), by=None, at=self.tellers.at)
        return name in order

    def move_team(self, name: str) -> bool:
        """Hand it to the team; what was offered in the old one is withdrawn."""
        team = db.session.scalar(select(Team).where(Team.name == name, Team.active))
        if team is not None and self.ticket.open and team != self.ticket.team:
            actions.change_team(self.ticket, to=team, by=None, at=self.tellers.at)
            offer = db.session.scalar(select(Offer).where(Offer.ticket_id == self.ticket.id, Offer.state == "offered"))
            if offer is not None:
                handover.withdraw(offer, by=None, at=self.tellers.at, why="another team")
            db.session.flush()
        return team is not None


DOING: dict[str, Callable[[_Rung, str], bool]] = {
    "tell_owner": _Rung.tell_owner,
    "tell_lead": _Rung.tell_lead,
    "tell_role": _Rung.tell_role,
    "post_chat": _Rung.post_chat,
    "set_priority": _Rung.set_priority,
    "move_team": _Rung.move_team,
}
