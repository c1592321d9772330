"""In a storm one digest instead of a thousand letters: who was told often enough is told the rest in one go, a little later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, insert, select

from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.store import many, settings
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import fresh_secret, token

SINGLE = 5  # letters to one recipient
STORM = timedelta(minutes=10)  # within this
GATHERING = timedelta(minutes=5)  # before a digest leaves
LISTED = 50
COUNTED = {
    "ru": {
        "breached": "нарушено: {}",
        "overdue": "всё ещё просрочено: {}",
        "warned": "скоро истекут: {}",
        "ruled": "по правилам: {}",
    },
    "en": {"breached": "{} missed", "overdue": "{} still overdue", "warned": "{} near", "ruled": "{} by rules"},
}
SUBJECT = {"ru": "Сроки: {counted}", "en": "Deadlines: {counted}"}
MORE = {"ru": "… и ещё {count}", "en": "… and {count} more"}


def delivery(way: str, channel_id: int | None, recipient: str, content: Json, at: datetime) -> Json:
    """The row of something that is to be sent to staff at an instant, about no one ticket."""
    return {
        "kind": "notice", "channel": way, "channel_id": channel_id, "recipient": recipient, "content": content,
        "key": f"{token(fresh_secret(), settings().secret_key)}@{settings().own_host}", "promised_at": at, "next_try_at": at,
    }  # fmt: skip


@dataclass
class Gathered:
    """What one recipient is told later: how many of each kind, and the first lines of it."""

    way: str
    channel_id: int | None
    language: str
    counts: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def add(self, kind: str, line: Callable[[], str]) -> None:
        """One more; only of the first ones the line is asked for."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.lines) < LISTED:
            self.lines.append(line())

    def content(self, before: Json) -> Json:
        """This added to what waits *before* it."""
        counts = {**before.get("counts", {})}
        for kind, count in self.counts.items():
            counts[kind] = counts.get(kind, 0) + count
        lines = [*before.get("lines", []), *self.lines][:LISTED]
        subject, text = words(self.language, counts, lines)
        text = f"{subject}\n{text}" if self.way == "webhook" else text
        return {"counts": counts, "lines": lines, "subject": subject, "text": text}


class Storm:
    """What is gathered at one instant, for the recipients who were told of enough deadlines lately."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._gathered: dict[tuple[str, int | None, str], Gathered] = {}

    def takes(self, way: str, channel_id: int | None, recipient: str, language: str) -> Gathered | None:
        """What one more line to this recipient is to be added to, if a letter for each would be too many."""
        told = self._told[recipient] = self._told.get(recipient, 0) + 1
        if told <= SINGLE:
            return None
        key = way, channel_id, recipient
        if key not in self._gathered:
            self._gathered[key] = Gathered(way, channel_id, language)
        return self._gathered[key]

    @cached_property
    def _told(self) -> dict[str, int]:
        """How many notices each recipient was promised lately."""
        query = (
            select(Delivery.recipient, func.count())
            .join(Ticket, Ticket.id == Delivery.ticket_id)
            .where(
                Delivery.kind == "notice",
                Delivery.promised_at > self.at - STORM,
                Delivery.promised_at <= self.at,
                ~Ticket.demo,
            )
        )
        return {recipient: count for recipient, count in db.session.execute(query.group_by(Delivery.recipient))}

    def write(self) -> None:
        """Add to the digests that wait, and promise those that do not yet."""
        if not self._gathered:
            return
        waiting, fresh = self._waiting(), []
        for key, found in self._gathered.items():
            if before := waiting.get(key):
                before.content = found.content(before.content)
            else:
                row = delivery(found.way, found.channel_id, key[2], found.content({}), self.at)
                fresh.append(row | {"next_try_at": self.at + GATHERING})
        many(insert(Delivery.__table__), fresh)  # type: ignore[arg-type]

    def _waiting(self) -> dict[Any, Delivery]:
        """The digests that have not begun to leave; nobody else may send them or add to them meanwhile."""
        query = select(Delivery).where(
            Delivery.kind == "notice", Delivery.ticket_id.is_(None), Delivery.promised_at > self.at - GATHERING,
            Delivery.state == "waiting", Delivery.attempts == 0, Delivery.next_try_at > self.at,
            Delivery.recipient.in_({recipient for *_, recipient in self._gathered}),
        )  # fmt: skip
        locked = query.order_by(Delivery.id).with_for_update(of=Delivery).execution_options(populate_existing=True)
        found = [row for row in db.session.scalars(locked) if "counts" in row.content]
        return {(row.channel, row.channel_id, row.recipient): row for row in found}


def words(language: str, counts: Json, lines: list[str]) -> tuple[str, str]:
    """Subject and text of a digest."""
    counted = ", ".join(name.format(counts[kind]) for kind, name in COUNTED[language].items() if counts.get(kind))
    left = sum(counts.values()) - len(lines)
    shown = [*lines, *([MORE[language].format(count=left)] if left else [])]
    return SUBJECT[language].format(counted=counted), "\n".join([*shown, "", f"{settings().base_url}/queue", ""])
