"""What a rule does to a ticket: each thing by the verb that people use, too; nothing of it goes to customers."""

from collections.abc import Callable, Sequence
from typing import Any

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.orm import Json
from helpdesk.people.dealing import WAYS
from helpdesk.people.models import Person, Team
from helpdesk.services import dealing, desk, duty
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.whom import Whom
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.triggers import Trigger

OWNERS = ("nobody", *WAYS)
TOLD = ("owner", "lead")
STATUSES: dict[str, Callable[..., None]] = {
    "pend": actions.pend,
    "hold": actions.hold,
    "resume": actions.resume,
    "solve": actions.solve,
    "close": actions.close,
}


def act(ticket: Ticket, trigger: Trigger) -> tuple[list[str], list[Json]]:
    """Do all that a rule says, one after the other: what changed something, and what was refused and why."""
    did, undone = list[str](), list[Json]()
    for what, do in DOING.items():
        if what in trigger.actions:
            before = ticket.event_count
            try:
                told = do(ticket, trigger.actions[what], trigger.name)
            except HelpdeskError as refusal:
                undone.append(
                    {"what": what, "text": refusal.text, "facts": {n: str(v) for n, v in refusal.facts.items()}}
                )
            else:
                did += [what] if told or ticket.event_count > before else []
    return did, undone


def _team(ticket: Ticket, team_id: int, _rule: str) -> None:
    team = db.session.get(Team, team_id)
    if team is None or not team.active:
        raise Conflict("This team takes no tickets any more; choose another one in the rule.")
    actions.change_team(ticket, to=team, by=None, at=now())


def _owner(ticket: Ticket, whom: str | int, _rule: str) -> None:
    """Somebody who is there, or nobody. What somebody owns is not dealt out to others."""
    if whom == "nobody":
        actions.assign(ticket, to=None, by=None, at=now())
    elif whom in WAYS:
        if ticket.owner is None and not dealing.deal_one(ticket, str(whom)):
            raise Conflict("Nobody at work could take it; it stays in the queue of the team.")
    else:
        person = db.session.get(Person, int(whom))
        if person is None or duty.away(person, ticket.team.id, now()):
            raise Conflict("Whom the rule names is not at work in the team of the ticket; the owner stays.")
        actions.assign(ticket, to=person, by=None, at=now())


def _priority(ticket: Ticket, to: str, _rule: str) -> None:
    actions.change_priority(ticket, to=Priority(to), by=None, at=now())


def _add_tags(ticket: Ticket, tags: Sequence[str], _rule: str) -> None:
    actions.change_tags(ticket, to=[*ticket.tags, *tags], by=None, at=now())


def _drop_tags(ticket: Ticket, tags: Sequence[str], _rule: str) -> None:
    actions.change_tags(
        ticket,
        to=[tag for tag in ticket.tags if tag.casefold() not in {one.casefold() for one in tags}],
        by=None,
        at=now(),
    )


def _status(ticket: Ticket, to: str, _rule: str) -> None:
    STATUSES[to](ticket, by=None, at=now())


def _note(ticket: Ticket, text: str, rule: str) -> None:
    message = actions.note(ticket, Said(text, ticket.channel, facts={"rule": rule}), by=None, at=now())
    desk.keep_message(ticket, message, ())


def _tell(ticket: Ticket, whom: Sequence[str | int], rule: str) -> bool:
    """Tell the owner, those who lead the team, or somebody by their id; each once."""
    people = {person.id: person for one in whom for person in _told(ticket, one) if person.active}
    with Tellers(now()) as tellers:
        for person in people.values():
            tellers.notify(person, ticket, "ruled", {"rule": rule})
    if not people:
        raise Conflict("There was nobody to tell.")
    return True


def _told(ticket: Ticket, one: str | int) -> list[Person]:
    if one == "owner":
        return [ticket.owner] if ticket.owner is not None else []
    if one == "lead":
        return Whom(now()).stand_ins(ticket)
    person = db.session.get(Person, int(one))
    return [person] if person is not None else []


DOING: dict[str, Callable[[Ticket, Any, str], bool | None]] = {
    "team": _team,
    "owner": _owner,
    "priority": _priority,
    "add_tags": _add_tags,
    "drop_tags": _drop_tags,
    "status": _status,
    "note": _note,
    "tell": _tell,
}
