"""One call: what the ledger keeps of it, and what filing reads."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.channels.incoming import Incoming, Sender

LONGEST_KEY = 300
HIDDEN = re.compile(r"(anonymous|unknown|unavailable|restricted|private|withheld|hidden|скрыт.*|неизвест.*)?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. *caller* and *called* are numbers as the log has them; *row* is what the log says."""

    id: str
    started: datetime
    answered: datetime | None
    ended: datetime | None
    caller: str
    called: str
    direction: str
    ring_seconds: int | None
    talk_seconds: int | None
    name: str = ""
    operator: str = ""
    recording: str = ""
    machine: str = ""
    row: dict[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def key(self) -> str:
        """The log's own id of the call, else the hash of its row."""
        if 0 < len(self.id) <= LONGEST_KEY:
            return self.id
        return hashlib.sha256(_json(self.row)).hexdigest()

    @property
    def kind(self) -> str:
        """What filing calls it."""
        return "call_answered" if self.answered else "call_missed"

    @property
    def customer(self) -> str:
        """The number at the other end."""
        return self.called if self.direction == "out" else self.caller


def write(call: Call) -> bytes:
    """The call as the ledger keeps it; equal calls are equal bytes."""
    values = {name: value for name, value in asdict(call).items() if name != "line" and value not in ("", None)}
    return _json(values)


def read(raw: bytes) -> Incoming:
    """The call in *raw* as a contact at its own instant: when it was answered, or when it began to ring."""
    values = json.loads(raw)
    times = {name: _instant(values.get(name)) for name in ("answered", "ended")}
    call = Call(**{**_EMPTY, **values, **times, "started": datetime.fromisoformat(values["started"])})
    return Incoming(
        channel="phone",
        key=call.key,
        sender=_customer(call),
        at=call.answered or call.started,
        direction=call.direction,
        kind=call.kind,
        facts=_facts(values),
    )


_EMPTY = {"id": "", "caller": "", "called": "", "ring_seconds": None, "talk_seconds": None}


def _customer(call: Call) -> Sender:
    """Who is at the other end; a hidden number is no number."""
    number = "" if HIDDEN.fullmatch(call.customer.strip()) else call.customer
    name = "" if call.direction == "out" or HIDDEN.fullmatch(call.name) else call.name
    return Sender(name=name or number or "anonymous", kind="phone", address=number)


def _facts(values: dict[str, Any]) -> dict[str, object]:
    names = ("ring_seconds", "talk_seconds", "operator", "recording", "machine", "caller", "called", "ended")
    facts = {name: values[name] for name in names if name in values}
    return {**facts, "started_at": values["started"]}


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=datetime.isoformat).encode("utf-8", "replace")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
