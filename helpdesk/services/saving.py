"""Keeping views of the queue under a name, for oneself or, as a lead, for a team."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, or_, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, transaction
from helpdesk.tickets.saving import SavedView

MOST = 30
MINE = or_(SavedView.person_id == bindparam("person"), SavedView.team_id.in_(bindparam("teams", expanding=True)))
SAVED = select(SavedView).where(MINE).order_by(SavedView.name, SavedView.id)


def saved(by: Person) -> Sequence[SavedView]:
    """One's own, and those of one's teams, by name."""
    return db.session.scalars(SAVED, {"person": by.id, "teams": by.team_ids}).all()


def save(*, name: str, query: Mapping[str, str], team_id: int | None, by: Person) -> SavedView:
    """Keep a list under a name; with a team, everybody in it sees it."""
    if team_id is not None:
        permit(by, "assign_others", team_id)
    with transaction():
        held = db.session.scalar(select(func.count()).where(SavedView.person_id == by.id)) or 0
        if held >= MOST:
            raise Conflict("You keep {most} views already; remove one first.", most=MOST)
        made = SavedView(person_id=by.id, team_id=team_id, name=name, query=dict(query), made_at=now())
        db.session.add(made)
    return made


def remove(view_id: int, *, by: Person) -> None:
    """Take away one's own view, or as a lead one of the team's; a list of others is not found."""
    with transaction():
        view: SavedView = get(SavedView, view_id)
        leads = view.team_id is not None and may(by.role, "assign_others", by.team_ids, view.team_id)
        if view.person_id != by.id and not leads:
            raise NotFound("There is no such thing, or it belongs to another team.")
        db.session.delete(view)
