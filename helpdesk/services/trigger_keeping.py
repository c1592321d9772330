"""Rules of the desk as the administrator keeps them: the list in its order, saving, and the log of what each did."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.people.roster import workers
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.store import get, permit, transaction
from helpdesk.services.versions import STEP
from helpdesk.sla.models import CalendarRow
from helpdesk.tickets.triggers import Trigger, TriggerRun

MOST, PAGE = 100, 50

Names = Mapping[str, Mapping[str, str]]


def listed(by: Person) -> Sequence[Trigger]:
    """All rules in the order in which they are tried."""
    permit(by, "administer")
    return db.session.scalars(select(Trigger).order_by(Trigger.position, Trigger.id)).all()


def trigger(trigger_id: int, *, by: Person) -> Trigger:
    """One of them."""
    permit(by, "administer")
    found: Trigger = get(Trigger, trigger_id)
    return found


def names(by: Person) -> Names:
    """What rules may name, by its kind: the id as text, and the name."""
    permit(by, "administer")
    staff = select(Person.id, Person.name).where(workers(), Person.active).order_by(Person.name)
    ways = select(Channel.id, Channel.name).where(Channel.active).order_by(Channel.name)
    return {
        kind: {str(row_id): name for row_id, name in db.session.execute(query)}
        for kind, query in {
            "team": select(Team.id, Team.name).where(Team.active).order_by(Team.name),
            "mailbox": ways,
            "hours": select(CalendarRow.id, CalendarRow.name).order_by(CalendarRow.name),
            "person": staff,
        }.items()
    }


def keep(
    trigger_id: int | None, *, name: str, occasion: str, whole: bool, conditions: Sequence[Json], actions: Json,
    stops: bool, active: bool, by: Person,
) -> Trigger:  # fmt: skip
    """Save a rule, at the end of the list when there is no *trigger_id*. What it names must be there."""
    permit(by, "administer")
    _check(conditions, actions, names(by))
    with transaction():
        known = _new() if trigger_id is None else get(Trigger, trigger_id)
        known.name, known.occasion, known.whole, known.stops, known.active = name, occasion, whole, stops, active
        known.conditions, known.actions = list(conditions), actions
        db.session.add(known)
    changed("trigger.saved", by, trigger=known.id)
    found: Trigger = known
    return found


def _new() -> Trigger:
    many, last = db.session.execute(select(func.count(), func.max(Trigger.position)).select_from(Trigger)).one()
    if many >= MOST:
        raise Conflict("There are {most} rules already; change one that is switched off.", most=MOST)
    return Trigger(position=(last or 0) + STEP)


def _check(conditions: Sequence[Json], actions: Json, known: Names) -> None:
    """Refuse what names a team, a mailbox, a calendar or somebody that is not there."""
    named = [(one["what"], value) for one in conditions for value in one["values"]]
    named += [("team", str(actions["team"]))] if "team" in actions else []
    owner, told = actions.get("owner", ""), actions.get("tell", ())
    named += [("person", str(one)) for one in (owner, *told) if isinstance(one, int)]
    for kind, value in named:
        if kind in known and value not in known[kind]:
            raise Conflict("Something that the rule names is not there any more; choose again.")


def move(trigger_id: int, *, up: bool, by: Person) -> None:
    """Let a rule be tried one place earlier or later."""
    permit(by, "administer")
    with transaction():
        rows = list(db.session.scalars(select(Trigger).order_by(Trigger.position, Trigger.id).with_for_update()))
        at = rows.index(get(Trigger, trigger_id))
        rows.insert(max(0, at - 1) if up else at + 1, rows.pop(at))
        for place, row in enumerate(rows, 1):
            row.position = place * STEP
    changed("trigger.moved", by, trigger=trigger_id, up=up)


def switch(trigger_id: int, *, active: bool, by: Person) -> None:
    """Let a rule be tried, or no more."""
    permit(by, "administer")
    with transaction():
        get(Trigger, trigger_id).active = active
    changed("trigger.switched", by, trigger=trigger_id, active=active)


def told(trigger_id: int, *, before: int | None, by: Person) -> Sequence[TriggerRun]:
    """What a rule did, newest first, a page at a time; further on those *before* the last one shown.

    Beside them what happened while rules could not be heeded at all.
    """
    permit(by, "administer")
    mine = (TriggerRun.trigger_id == trigger_id) | TriggerRun.trigger_id.is_(None)
    query = select(TriggerRun).where(mine).options(joinedload(TriggerRun.ticket)).order_by(TriggerRun.id.desc())
    query = query.where(TriggerRun.id < before) if before else query
    return db.session.scalars(query.limit(PAGE)).all()
