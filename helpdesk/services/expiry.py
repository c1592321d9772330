"""Sign-ins that will end, as far as that is known before: said early enough that somebody can do something about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant, SignInService
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services import administrators
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings, transaction
from helpdesk.tickets.models import Notice

SECRET_EARLY = timedelta(days=30)  # before a client secret ends
TESTING, TESTING_EARLY = timedelta(days=7), timedelta(days=3)  # Google ends sign-ins of an app in testing after a week
IDLE, IDLE_EARLY = timedelta(days=90), timedelta(days=14)  # Microsoft ends sign-ins that are not used
PLACE = "/admin/sign-in-services"
SENTENCES = {
    ("ru", "secret"): "Секрет клиента {service} действует до {day}; введите новый, иначе почта встанет",
    ("en", "secret"): "The client secret of {service} ends on {day}; enter a new one, or mail will stop",
    (
        "ru",
        "testing",
    ): "Ящик {mailbox}: вход действует до {day}, приложение Google ещё проверяется; войдите заново и опубликуйте его",
    (
        "en",
        "testing",
    ): "Mailbox {mailbox}: the sign-in ends on {day}, the Google app is in testing; sign in again and publish it",
    ("ru", "idle"): "Ящик {mailbox}: вход действует до {day}, им давно не пользовались; войдите заново",
    ("en", "idle"): "Mailbox {mailbox}: the sign-in ends on {day}, it was not used for long; sign in again",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """*what* ends (secret, testing, idle) of a *service* at an instant, and the mailbox it is about, if one."""

    what: str
    service: str
    at: datetime
    mailbox: str = ""
    channel_id: int | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended already."""
        return self.at <= now()

    @property
    def facts(self) -> Json:
        """As it is told, once; another day is another ending."""
        day = f"{self.at:%Y-%m-%d}"
        return {
            "what": self.what,
            "service": self.service,
            "mailbox": self.mailbox,
            "channel": self.channel_id,
            "day": day,
        }


def endings(channel_id: int | None = None) -> list[Ending]:
    """What ends soon or has ended; of one mailbox, or all."""
    services = {row.kind: row for row in db.session.scalars(select(SignInService))}
    query = select(Grant, Channel).join(Channel, Channel.id == Grant.channel_id).where(Grant.refused == "")
    if channel_id is not None:
        query = query.where(Grant.channel_id == channel_id)
    granted = [(grant, channel) for grant, channel in db.session.execute(query.order_by(Grant.channel_id))]
    kinds = services.keys() if channel_id is None else {grant.service for grant, _channel in granted}
    secrets = [ending for kind in sorted(kinds) if kind in services for ending in _secret(services[kind])]
    return secrets + [ending for grant, channel in granted for ending in _of(grant, channel, services)]


def tell() -> bool:
    """Tell the administrators of each ending once, long enough before; whether there was one to be told of."""
    db.session.rollback()
    found = endings()
    db.session.rollback()
    return bool(found) and _tell(found)


def _tell(found: Sequence[Ending]) -> bool:
    """Of two watchers only one does: they wait for each other."""
    with transaction():
        db.session.execute(select(Person.id).where(Person.role == Role.ADMINISTRATOR).with_for_update(key_share=True))
        known = [notice.facts for notice in db.session.scalars(select(Notice).where(Notice.kind == "ending"))]
        news = [one for one in found if one.facts not in known]
        if news:
            administrators.tell("ending", [one.facts for one in news], lambda language: _lines(language, news), PLACE)
    return bool(news)


def _lines(language: str, news: Sequence[Ending]) -> list[str]:
    return [SENTENCES[language, one.what].format(**one.facts) for one in news]


def _secret(row: SignInService) -> Iterator[Ending]:
    if row.secret_ends is not None:
        at = datetime.combine(row.secret_ends, time(), ZoneInfo(settings().time_zone))
        if at - SECRET_EARLY <= now():
            yield Ending("secret", row.kind, at)


def _of(grant: Grant, channel: Channel, services: dict[str, SignInService]) -> Iterator[Ending]:
    known = services.get(grant.service)
    if known is not None and known.kind == "google" and known.testing:
        yield from _soon("testing", grant, channel, grant.granted_at + TESTING, TESTING_EARLY)
    if grant.service == "microsoft":
        yield from _soon("idle", grant, channel, grant.renewed_at + IDLE, IDLE_EARLY)


def _soon(what: str, grant: Grant, channel: Channel, at: datetime, early: timedelta) -> Iterator[Ending]:
    if at - early <= now():
        yield Ending(what, grant.service, at, channel.name, channel.id)
