"""The watch over the mailboxes: trouble that lasts is told to the administrators once, and once more when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant
from helpdesk.orm import Json
from helpdesk.services import administrators, bell, expiry, troubles
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction

FAILURES = 2  # in a row
SILENCE = timedelta(seconds=60)  # twice the longest time between two looks at a mailbox
DIFFERENCES = 2  # in a row, of the server's count and ours
STEADY = timedelta(minutes=2)  # without trouble, until it is told that all is well
LOOK = timedelta(seconds=30)  # between two notes that a trouble is still there
AHEAD = timedelta(minutes=10)  # between two looks at what will end
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WELL = "well"
SENTENCES = {
    ("ru", "failing"): "Почтовый ящик {name} не читается: {error}",
    ("en", "failing"): "Mailbox {name} cannot be read: {error}",
    ("ru", "silent"): "Почтовый ящик {name} никто не читает; проверьте, работает ли программа приёма почты",
    ("en", "silent"): "Nobody reads mailbox {name}; see that the mail listener runs",
    ("ru", "differing"): "В почтовом ящике {name} на сервере писем {server}, а здесь {ledger}",
    ("en", "differing"): "Mailbox {name} has {server} mails on the server, and {ledger} here",
    ("ru", "refused"): "Письма ящика {name} сохранены, но сервер не даёт их пометить или перенести: {error}",
    ("en", "refused"): "Mail of {name} is stored, but the server lets nobody mark or move it: {error}",
    ("ru", WELL): "Почтовый ящик {name} снова в порядке",
    ("en", WELL): "Mailbox {name} works again",
}


class Seen(NamedTuple):
    """A mailbox as it was when the watcher looked."""

    id: int
    name: str
    settings: Json
    state: Json
    tried_at: datetime | None
    seen_at: datetime | None
    error: str
    failures: int
    alarm: str
    alarm_at: datetime | None


def trouble(channel: Channel | Seen, at: datetime, watched_since: datetime | None = None) -> str:
    """What ails a mailbox that is read from a server: failing, silent, differing or refused; nothing is ""."""
    state = channel.state
    if channel.failures >= FAILURES:
        return "failing"
    if at - _last_sign(channel, at, watched_since) > SILENCE:
        return "silent"
    if state.get("differs", 0) >= DIFFERENCES:
        return "differing"
    return "refused" if state.get("refused") and state.get("tries") != 1 else ""


def _last_sign(channel: Channel | Seen, at: datetime, watched_since: datetime | None) -> datetime:
    """When anybody was last seen reading it, or when somebody could have begun to."""
    connected = channel.settings.get("connected_at")
    known = (channel.seen_at, channel.tried_at, watched_since, connected and datetime.fromisoformat(connected))
    return max((one for one in known if one and one <= at), default=LONG_AGO)


@dataclass
class Watch:
    """What a watcher remembers: since when it has seen each mailbox, so that a downtime of all is no one's trouble."""

    since: dict[int, datetime] = field(default_factory=dict)
    looked_ahead: datetime = LONG_AGO

    def look(self) -> None:
        """Tell administrators of every trouble that is new, of every one that is over, and of sign-ins that will end."""
        self._look_ahead()
        at, found = now(), _watched()
        self.since = {one.id: min(self.since.get(one.id, at), at) for one in found}
        news = [(one, word) for one in found if (word := _news(one, trouble(one, at, self.since[one.id]), at))]
        still = [one.id for one in found if _to_be_noted(one, trouble(one, at, self.since[one.id]), at)]
        db.session.rollback()
        if news or still:
            _tell(news, still, at)

    def _look_ahead(self) -> None:
        if abs(now() - self.looked_ahead) >= AHEAD:
            self.looked_ahead = now()
            if expiry.tell():
                bell.tell("board", "mailboxes")


def _watched() -> Sequence[Seen]:
    columns = [getattr(Channel, name) for name in Seen._fields]
    query = select(*columns).where(Channel.kind == "mail", Channel.active, ~Channel.demo).order_by(Channel.id)
    return [Seen(*row) for row in db.session.execute(query) if row.settings.get("imap_host")]


def _news(channel: Seen, found: str, at: datetime) -> str:
    """The trouble, or the end of one, that nobody was told of yet."""
    if found:
        return found if found != channel.alarm else ""
    return WELL if channel.alarm and (channel.alarm_at is None or at - channel.alarm_at >= STEADY) else ""


def _to_be_noted(channel: Seen, found: str, at: datetime) -> bool:
    """Whether a trouble that was told of is still there, and that was not written down for a while."""
    return found != "" and found == channel.alarm and (channel.alarm_at is None or at - channel.alarm_at >= LOOK)


def _tell(news: Sequence[tuple[Seen, str]], still: Sequence[int], at: datetime) -> None:
    """Note it on the mailboxes and promise what people are told; of two watchers only one does."""
    with transaction():
        _set(Channel.id.in_(still), {"alarm_at": at})
        mine = [(one, word) for one, word in news if _noted(one, word, at)]
        if untold := _untold(mine):
            facts = [{"mailbox": one.name, "trouble": word} for one, word in untold]
            administrators.tell("mailbox", facts, lambda language: _lines(language, untold), "/intake")
    if untold:
        bell.tell("board", "mailboxes")


def _untold(news: Sequence[tuple[Seen, str]]) -> list[tuple[Seen, str]]:
    """Without the mailboxes that fail because somebody has to sign in again, which was told already."""
    known = set(db.session.scalars(select(Grant.channel_id).where(Grant.refused != ""))) if news else set()
    return [(one, word) for one, word in news if word != "failing" or one.id not in known]


def _lines(language: str, news: Sequence[tuple[Seen, str]]) -> list[str]:
    return [sentence(language, one, word) for one, word in news]


def _noted(channel: Seen, word: str, at: datetime) -> bool:
    """Whether this is the first to say so."""
    alarm = "" if word == WELL else word
    return _set((Channel.id == channel.id) & (Channel.alarm == channel.alarm), {"alarm": alarm, "alarm_at": at})


def _set(which: Any, values: Json) -> bool:
    changed = update(Channel).where(which).values(**values).returning(Channel.id)
    return db.session.execute(changed, execution_options={"synchronize_session": False}).first() is not None


def sentence(language: str, channel: Seen, word: str) -> str:
    """What happened to a mailbox, in a line."""
    state = channel.state
    return SENTENCES[language, word].format(
        name=channel.name,
        error=troubles.said(channel.error, troubles.of(language)),
        server=state.get("server_count"),
        ledger=state.get("ledger_count"),
    )
