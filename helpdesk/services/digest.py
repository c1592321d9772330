"""In a storm one digest instead of a thousand letters: who was told often enough is told the rest in one go, a little later."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, insert, select

from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.store import many, settings
from helpdesk.tickets.models import Delivery
from helpdesk.tickets.tokens import fresh_secret, token

SINGLE = 5  # letters to one recipient
STORM = timedelta(minutes=10)  # within this
GATHERING = timedelta(minutes=5)  # before a digest leaves
LISTED = 50
COUNTED = {
    "ru": {"breached": "нарушено {}", "overdue": "всё ещё просрочено {}", "warned": "истекают {}"},
    "en": {"breached": "{} missed", "overdue": "{} still overdue", "warned": "{} near"},
}
SUBJECT = {"ru": "Сроки: {counted}", "en": "Deadlines: {counted}"}
MORE = {"ru": "… и ещё {count}", "en": "… and {count} more"}


def delivery(kind: str, way: str, channel_id: int | None, recipient: str, content: Json, at: datetime) -> Json:
    """The row of something that is to be sent to staff at an instant."""
    return {
        "kind": kind, "channel": way, "channel_id": channel_id, "recipient": recipient, "content": content,
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

    def content(self, before: Json) -> Json:
        """This added to what waits *before* it."""
        counts = {**before.get("counts", {})}
        for kind, count in self.counts.items():
            counts[kind] = counts.get(kind, 0) + count
        return {"language": self.language, "counts": counts, "lines": [*before.get("lines", []), *self.lines][:LISTED]}


class Storm:
    """What is gathered at one instant, for the recipients who were told of enough deadlines lately."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._gathered: dict[tuple[str, str], Gathered] = {}

    def takes(self, way: str, channel_id: int | None, recipient: str, language: str, kind: str, line: str) -> bool:
        """Whether this line goes into a digest, because a letter for each would be too many."""
        told = self._told[recipient] = self._told.get(recipient, 0) + 1
        if told <= SINGLE:
            return False
        found = self._gathered.setdefault((way, recipient), Gathered(way, channel_id, language))
        found.counts[kind] = found.counts.get(kind, 0) + 1
        if len(found.lines) < LISTED:
            found.lines.append(line)
        return True

    @cached_property
    def _told(self) -> dict[str, int]:
        """How many notices each recipient was promised lately."""
        query = select(Delivery.recipient, func.count()).where(
            Delivery.kind == "notice", Delivery.promised_at > self.at - STORM, Delivery.promised_at <= self.at
        )
        return {recipient: count for recipient, count in db.session.execute(query.group_by(Delivery.recipient))}

    def write(self) -> None:
        """Add to the digests that wait, and promise those that do not yet."""
        if not self._gathered:
            return
        waiting = self._waiting()
        for (way, recipient), found in self._gathered.items():
            if before := waiting.get((way, recipient)):
                before.content = found.content(before.content)
        leaves = self.at + GATHERING
        fresh = [key for key in self._gathered if key not in waiting]
        rows = [(key[1], self._gathered[key]) for key in fresh]
        many(
            insert(Delivery.__table__),  # type: ignore[arg-type]
            [
                delivery("digest", one.way, one.channel_id, recipient, one.content({}), self.at)
                | {"next_try_at": leaves}
                for recipient, one in rows
            ],
        )

    def _waiting(self) -> dict[Any, Delivery]:
        """The digests that have not begun to leave; nobody else may send them or add to them meanwhile."""
        query = select(Delivery).where(
            Delivery.kind == "digest",
            Delivery.state == "waiting",
            Delivery.recipient.in_({who for _, who in self._gathered}),
        )
        locked = query.order_by(Delivery.id).with_for_update(of=Delivery).execution_options(populate_existing=True)
        return {(row.channel, row.recipient): row for row in db.session.scalars(locked)}


def words(content: Json) -> tuple[str, str]:
    """Subject and text of a digest."""
    language, counts, lines = content["language"], content["counts"], content["lines"]
    counted = ", ".join(name.format(counts[kind]) for kind, name in COUNTED[language].items() if counts.get(kind))
    left = sum(counts.values()) - len(lines)
    shown = [*lines, *([MORE[language].format(count=left)] if left else [])]
    return SUBJECT[language].format(counted=counted), "\n".join([*shown, "", f"{settings().base_url}/queue", ""])
