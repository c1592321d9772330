"""Macros and snippets as those who lead a team keep them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from helpdesk.errors import NotAllowed
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import reasons
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.identity import IN_MACRO
from helpdesk.services.store import get, permit, transaction
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.placeholders import check


def kept(by: Person) -> Sequence[Macro]:
    """All that this person may see: those of their teams and those of all, by name."""
    permit(by, "keep_macros")
    query = select(Macro).order_by(Macro.active.desc(), Macro.kind, Macro.name, Macro.id)
    if by.role != Role.ADMINISTRATOR:
        query = query.where(or_(Macro.team_id.is_(None), Macro.team_id.in_(by.team_ids)))
    return db.session.scalars(query).all()


def teams_of(by: Person) -> Sequence[Team]:
    """The teams for which this person may keep some."""
    query = select(Team).where(Team.active).order_by(Team.name)
    return db.session.scalars(query if by.role == Role.ADMINISTRATOR else query.where(Team.id.in_(by.team_ids))).all()


def macro(macro_id: int, *, by: Person) -> Macro:
    """One of them."""
    permit(by, "keep_macros")
    found: Macro = get(Macro, macro_id)
    if found.team_id is not None:
        permit(by, "keep_macros", found.team_id)
    return found


def keep(
    macro_id: int | None, *, kind: str, name: str, language: str, body: str, actions: Json, replies: bool,
    team_id: int | None, review_on: date | None, active: bool, by: Person,
) -> Macro:  # fmt: skip
    """Save one, made when there is no *macro_id*. A placeholder that stands for nothing is refused."""
    _permit(by, team_id)
    check(body, IN_MACRO)
    if actions.get("reason"):
        reasons.still_given(actions["reason"])
    with transaction():
        known = Macro(used=0) if macro_id is None else macro(macro_id, by=by)
        if macro_id is not None:
            _permit(by, known.team_id)
        known.kind, known.name, known.language, known.body, known.actions = kind, name, language, body, actions
        known.replies, known.team_id, known.review_on, known.active = replies, team_id, review_on, active
        db.session.add(known)
    changed("macro.saved", by, macro=known.id)
    return known


def _permit(by: Person, team_id: int | None) -> None:
    permit(by, "keep_macros", team_id)
    if team_id is None and by.role != Role.ADMINISTRATOR:
        raise NotAllowed("What all teams use is kept by an administrator; choose a team of yours.")
