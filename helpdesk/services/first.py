"""The first start: somebody who may do everything, a team, working hours with promises, and a door for mail."""

from sqlalchemy import exists, select

from helpdesk.channels.models import Channel
from helpdesk.people.models import Membership, Person, Team
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings, transaction
from helpdesk.sla.models import CalendarRow, CalendarVersion, PolicyRow, PolicyVersion

HOUR = 3600
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def administrator() -> Person:
    """The first active administrator; in an empty database one is made, with what the desk needs to begin."""
    administrators = select(Person).where(Person.role == Role.ADMINISTRATOR, Person.active).order_by(Person.id)
    found = db.session.scalars(administrators.limit(1)).first()
    if found is not None:
        return found
    with transaction():
        found = db.session.scalars(administrators.limit(1).execution_options(populate_existing=True)).first()
        return found or _begin()


def _begin() -> Person:
    team = db.session.scalars(select(Team).where(~Team.demo).order_by(Team.id).limit(1)).first()
    team = team or Team(name="Support", time_zone=settings().time_zone)
    person = Person(name="Administrator", role=Role.ADMINISTRATOR, login="admin", created_at=now())
    person.memberships = [Membership(team=team)]
    db.session.add(person)
    if not db.session.scalar(select(exists().where(Channel.kind == "mail", ~Channel.demo))):
        address = settings().own_address or f"support@{settings().own_host}"
        db.session.add(Channel(kind="mail", name="Mail", team=team, address=address))
    if not db.session.scalar(select(exists().where(PolicyRow.id.is_not(None)))):
        _promise()
    return person


def _promise() -> None:
    """Working hours from Monday to Friday, and what is promised within them."""
    weekly = {day: [["09:00", "18:00"]] for day in WEEKDAYS}
    definition = {"tz": settings().time_zone, "weekly": weekly}
    calendar = CalendarVersion(
        calendar=CalendarRow(name="Working hours"), version=1, definition=definition, made_at=now()
    )
    targets = {
        "*": {"first_response": 2 * HOUR, "answer": 4 * HOUR, "resolution": 27 * HOUR},
        "urgent": {"first_response": HOUR // 2, "answer": HOUR, "resolution": 9 * HOUR},
    }
    said = {"name": "Standard", "targets": targets, "time": "working", "pauses": ["pending", "on_hold"]}
    policy = PolicyRow(name="Standard", position=1000)
    db.session.add(PolicyVersion(policy=policy, version=1, definition=said, calendar_version=calendar, made_at=now()))
