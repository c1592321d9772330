"""Makes the people, teams, channels and policies that tests need, with as little said as possible."""

import itertools
from datetime import UTC, datetime, timedelta

from helpdesk.channels.models import Channel
from helpdesk.people.models import ContactPoint, Membership, Person, Shift, Team
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import accept
from helpdesk.services.store import transaction
from helpdesk.sla.models import CalendarRow, CalendarVersion, PolicyRow, PolicyVersion

MONDAY = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
_count = itertools.count(1)


def make(row):
    """Commit one row and return it."""
    with transaction():
        db.session.add(row)
    return row


def make_team(name=None, **more):
    return make(Team(name=name or f"Team {next(_count)}", time_zone="UTC", **more))


def make_staff(role="agent", teams=(), name=None, email=None, **more):
    number = next(_count)
    person = Person(
        name=name or f"{role.title()} {number}", role=role, login=more.pop("login", f"{role}{number}"), created_at=now(),
        locale=more.pop("locale", "en"), active=True, tags=[], **more,
    )  # fmt: skip
    person.memberships = [Membership(team_id=team.id) for team in teams]
    person.contacts = [
        ContactPoint(
            kind="email",
            value=email or f"{role}{number}@staff.test",
            shown=f"{role}{number}@staff.test",
            created_at=now(),
        )
    ]
    return make(person)


def make_shift(person, team, starts_at=None, ends_at=None):
    starts_at = starts_at or now() - HOUR
    return make(
        Shift(person_id=person.id, team_id=team.id, starts_at=starts_at, ends_at=ends_at or starts_at + 9 * HOUR)
    )


def make_mailbox(team, address="support@helpdesk.test", settings=None, **more):
    return make(
        Channel(kind="mail", name=address, team_id=team.id, address=address, settings=settings or {}, state={}, **more)
    )


TARGETS = {"first_response": 3600, "answer": 7200, "update": None, "resolution": 28800}


def make_policy(targets=None, name=None, weekly=None, position=100, by_priority=None, calendar=None, **definition):
    """A policy for every ticket, in calendar time unless a *calendar*, or *weekly* windows (UTC), are given."""
    calendar_version_id = None
    hours = calendar or (weekly and {"tz": "UTC", "weekly": weekly})
    if hours:
        calendar = CalendarRow(name=f"Calendar {next(_count)}")
        calendar.versions = [CalendarVersion(version=1, definition=hours, made_at=now())]
        calendar_version_id = make(calendar).versions[0].id
    policy = PolicyRow(name=name or f"Policy {next(_count)}", position=position, active=True)
    definition = {
        "name": policy.name, "targets": {"*": targets or TARGETS, **(by_priority or {})}, "time": "working" if hours else "calendar",
        "pauses": ["pending", "on_hold"], **definition,
    }  # fmt: skip
    policy.versions = [
        PolicyVersion(version=1, definition=definition, calendar_version_id=calendar_version_id, made_at=now())
    ]
    return make(policy)


def eml(
    sender="Marat <marat@customer.test>",
    to="support@helpdesk.test",
    subject="The coupon",
    text="Hello, help me.",
    **headers,
):
    """A raw mail; *headers* with _ for -, such as In_Reply_To."""
    headers.setdefault("Message_ID", f"<{next(_count)}.{id(object())}@customer.test>")
    lines = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()


def arrive(channel, raw, key=None):
    """Put raw bytes into the ledger as their channel does."""
    with transaction():
        return accept(channel_id=channel.id, source=channel.kind, key=key or f"key-{next(_count)}", raw=raw)
