"""The stage of the demo: teams, staff, promises, channels and shifts, before the first customer writes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.people.models import ContactPoint, Membership, Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import demo_desk, demo_roster, demo_script
from helpdesk.services.database import db
from helpdesk.services.demo_raw import own_address
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.models import CalendarRow, CalendarVersion, PolicyRow, PolicyVersion

WEEK = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
WORKING = Calendar.from_definition({"tz": "Asia/Almaty", "weekly": WEEK})
TARGETS = {
    "*": {"first_response": 4 * 3600, "answer": 8 * 3600, "resolution": 24 * 3600},
    "urgent": {"first_response": 1800, "answer": 3600, "resolution": 8 * 3600},
}


@dataclass(frozen=True)
class Stage:
    """Who works here, by team, the ways in, and when who is at work."""

    agents: dict[int, list[int]]
    channels: list[Channel]
    spans: demo_roster.Spans

    def customers(self, channel: Channel) -> list[int]:
        """Who writes to this way in."""
        return demo_script.writing_to(list(self.agents).index(channel.team_id))

    def there(self, team_id: int, at: datetime) -> list[int]:
        """Two of a team at least: those at work, and when they are fewer whoever may be called."""
        people = self.agents[team_id]
        found = [one for one in people if any(begins <= at < ends for begins, ends in self.spans[one])]
        return found if len(found) > 1 else [*found, *[one for one in people if one not in found]][:3]


def build(begins: datetime, ends: datetime) -> Stage:
    """Everything that stood ready at *begins*; shifts go on after *ends*, and are made ahead from then on."""
    with pretend(begins), transaction():
        teams = _teams()
        agents = _people(teams)
        demo_desk.set_up(teams, _lead())
        _promises()
        channels = _channels(teams)
        spans = demo_roster.fill(agents, begins, ends)
        db.session.flush()
    db.session.expunge_all()
    return Stage(agents, channels, spans)


def _teams() -> list[Team]:
    teams = [Team(name=name, time_zone="Asia/Almaty", demo=True) for name in demo_script.TEAMS]
    db.session.add_all(teams)
    db.session.flush()
    return teams


def _people(teams: list[Team]) -> dict[int, list[int]]:
    """Agents of one team each, a lead of both, and the administrators, who look on."""
    agents: dict[int, list[int]] = {}
    for name, login, team, locale in demo_script.AGENTS:
        agents.setdefault(teams[team].id, []).append(_staff(name, login, Role.AGENT, [teams[team]], locale))
    name, login, locale = demo_script.LEAD
    _staff(name, login, Role.SUPERVISOR, teams, locale)
    for administrator in db.session.scalars(select(Person).where(Person.role == Role.ADMINISTRATOR, Person.active)):
        administrator.memberships += [Membership(team_id=team.id) for team in teams]
    return agents


def _lead() -> Person:
    return db.session.scalars(select(Person).where(Person.login == demo_script.LEAD[1])).one()


def _staff(name: str, login: str, role: str, teams: list[Team], locale: str) -> int:
    person = Person(name=name, role=role, login=login, locale=locale, active=True, demo=True, tags=[], created_at=now())
    person.languages, person.skills = ["ru", "kk" if locale == "ru" else "en"], ["refund"]
    person.memberships = [Membership(team_id=team.id) for team in teams]
    address = f"{login}@demo.invalid"
    person.contacts = [ContactPoint(kind="email", value=address, shown=address, created_at=now())]
    db.session.add(person)
    db.session.flush()
    return person.id


def _promises() -> None:
    """Working hours with a lunch break for what is written, all hours for what is urgent; they hold for demo teams."""
    calendar = CalendarRow(name="Demo: Mon–Fri 9–18", demo=True)
    calendar.versions = [CalendarVersion(version=1, definition=WORKING.definition() or {}, made_at=now())]
    db.session.add(calendar)
    db.session.flush()
    definition = {
        "name": "Demo: standard", "when": {"team": list(demo_script.TEAMS)}, "targets": TARGETS,
        "time": {"*": "working", "urgent": "calendar"}, "pauses": ["pending", "on_hold"],
    }  # fmt: skip
    policy = PolicyRow(name="Demo: standard", position=0, active=True, demo=True)
    policy.versions = [
        PolicyVersion(version=1, definition=definition, calendar_version_id=calendar.versions[0].id, made_at=now())
    ]
    db.session.add(policy)


def _channels(teams: list[Team]) -> list[Channel]:
    kinds = [("mail", "Demo: mail", 0, own_address()), ("mail", "Demo: streaming", 1, "streaming@demo.invalid")]
    kinds += [("webhook", "demo-chat", 1, ""), ("telegram", "demo-telegram", 0, ""), ("calls", "demo-calls", 0, "")]
    made = [
        Channel(kind=kind, name=name, team_id=teams[team].id, address=address, settings={}, state={}, demo=True)
        for kind, name, team, address in kinds
    ]
    db.session.add_all(made)
    return made
