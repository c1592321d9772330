"""One row of a log → a Call, or the Problem that stands in its way."""

import re
from datetime import UTC, datetime, timedelta

from helpdesk.channels.calls.layout import Layout, digits
from helpdesk.channels.calls.record import Call
from helpdesk.channels.calls.table import Problem, Row

AHEAD = timedelta(minutes=5)
LONGEST = 7 * 24 * 3600
PLAIN = {"started": "start", "answered": "answer", "ended": "end", "from": "src", "to": "dst", "outcome": "disposition",
         "id": "uniqueid", "talk": "billsec", "recording": "userfield"}  # fmt: skip
CLID = re.compile(r'"?(.*?)"?\s*<[^<>]*>')
AUDIO = re.compile(r"\S+\.(wav|mp3|ogg|gsm|opus)", re.I)
CHANNEL = re.compile(r"[A-Za-z0-9]+/(\d{1,9})(?:@[^-]*)?-")
WORDS = {
    "in": "in", "inbound": "in", "incoming": "in", "входящий": "in", "вх": "in", "вх.": "in",
    "out": "out", "outbound": "out", "outgoing": "out", "исходящий": "out", "исх": "out", "исх.": "out",
    "internal": "internal", "local": "internal", "внутренний": "internal",
    "answered": "answered", "answer": "answered", "ok": "answered", "отвечен": "answered", "принят": "answered",
    "missed": "missed", "no answer": "missed", "noanswer": "missed", "busy": "missed", "failed": "missed",
    "congestion": "missed", "cancel": "missed", "canceled": "missed", "cancelled": "missed", "abandoned": "missed",
    "пропущен": "missed", "пропущенный": "missed", "не отвечен": "missed", "занято": "missed", "нет ответа": "missed",
}  # fmt: skip


class Unclear(ValueError):
    """A cell that cannot be understood."""

    def __init__(self, column: str, sentence: str, value: str = "") -> None:
        super().__init__(sentence)
        self.column, self.sentence, self.value = column, sentence, value[:100]


def call(line: int, row: Row, layout: Layout, at: datetime) -> Call | Problem:
    """The call that *row* tells of, read at the instant *at*."""
    cells = {name: row.get(PLAIN.get(name, "") if layout.asterisk else column, "") for name, column in _columns(layout)}
    try:
        return _call(line, row, cells, layout, at)
    except Unclear as problem:
        column = PLAIN.get(problem.column, problem.column) if layout.asterisk else layout.name(problem.column)
        return Problem(line, column, problem.sentence, problem.value)


def _columns(layout: Layout) -> list[tuple[str, str]]:
    return [(name, name) for name in PLAIN] if layout.asterisk else list(layout.columns.items())


def _call(line: int, row: Row, cells: Row, layout: Layout, at: datetime) -> Call:
    started = _started(cells, layout, at)
    ended = _after("ended", cells, layout, started)
    direction = _direction(cells, layout)
    machine = _machine(row) if layout.asterisk and direction == "in" else ""
    answered = None if machine else _answered(cells, layout, started, ended)
    return Call(
        id=cells.get("id", ""),
        started=started,
        answered=answered,
        ended=ended,
        caller=cells["from"][:100],
        called=cells["to"][:100],
        direction=direction,
        ring_seconds=_ring(cells, started, answered, ended),
        talk_seconds=_talk(cells, answered, ended) if answered else None,
        name=_name(row) if layout.asterisk else cells.get("name", "")[:200],
        operator=_operator(row, direction) if layout.asterisk else cells.get("operator", "")[:200],
        recording=_recording(cells, layout),
        machine=machine,
        row=row,
        line=line,
    )


def _started(cells: Row, layout: Layout, at: datetime) -> datetime:
    started = _time("started", cells, layout)
    if started is None:
        raise Unclear("started", "Here must be the time when the call began.")
    if started > at + AHEAD:
        raise Unclear("started", "This time is in the future; check the zone and the date format.", cells["started"])
    return started


def _after(name: str, cells: Row, layout: Layout, started: datetime) -> datetime | None:
    time = _time(name, cells, layout)
    if time is not None and time < started:
        raise Unclear(name, "This time is before the call began.", cells[name])
    return time


def _time(name: str, cells: Row, layout: Layout) -> datetime | None:
    text = cells.get(name, "")
    if not text:
        return None
    try:
        if layout.format == "unix":
            return datetime.fromtimestamp(float(text), UTC)
        read = datetime.strptime(text, layout.format)  # noqa: DTZ007 - the zone is the layout's
        return (read if read.tzinfo else read.replace(tzinfo=layout.zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError, re.error) as error:
        raise Unclear(name, "This is not a time in the format of the mapping.", text) from error


def _direction(cells: Row, layout: Layout) -> str:
    """Said by the log, else by whose numbers they are."""
    if said := cells.get("direction", ""):
        return _meaning("direction", said, ("in", "out", "internal"), layout)
    if not layout.ours(cells["from"]):
        return "in"
    return "internal" if layout.ours(cells["to"]) else "out"


def _answered(cells: Row, layout: Layout, started: datetime, ended: datetime | None) -> datetime | None:
    """When somebody answered: the log's own instant, else reckoned back from the end, else the beginning."""
    time, talk = _after("answered", cells, layout, started), _seconds("talk", cells)
    outcome = cells.get("outcome", "")
    if outcome:
        if _meaning("outcome", outcome, ("answered", "missed"), layout) == "missed":
            return None
    elif not time and not talk:
        return None
    if time or not (ended and talk):
        return time or started
    return max(started, ended - timedelta(seconds=talk))


def _ring(cells: Row, started: datetime, answered: datetime | None, ended: datetime | None) -> int | None:
    said = _seconds("ring", cells)
    until = answered or ended
    return said if said is not None or until is None else round((until - started).total_seconds())


def _talk(cells: Row, answered: datetime, ended: datetime | None) -> int | None:
    said = _seconds("talk", cells)
    if said is not None or ended is None:
        return said
    return max(0, round((ended - answered).total_seconds()))


def _seconds(name: str, cells: Row) -> int | None:
    """A length in seconds, or as h:mm:ss or mm:ss."""
    text = cells.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,7}(:\d{1,2}){0,2}", text, re.ASCII):
        raise Unclear(name, "This is not a length: write seconds, mm:ss or h:mm:ss.", text)
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    if seconds > LONGEST:
        raise Unclear(name, "This is longer than a call can be.", text)
    return seconds


def _meaning(name: str, word: str, allowed: tuple[str, ...], layout: Layout) -> str:
    meaning = layout.words.get(word.casefold()) or WORDS.get(word.casefold())
    if meaning not in allowed:
        raise Unclear(name, "This word is unknown; say in the mapping's words what it means.", word)
    return meaning


def _machine(row: Row) -> str:
    """The program of Asterisk that picked up when no colleague's phone did: a queue left, a menu, a mailbox."""
    app = row.get("lastapp", "")
    return "" if row.get("dstchannel") or app in ("", "Dial") else app[:40]


def _name(row: Row) -> str:
    """The caller's name in `"Name" <number>`, unless it only repeats the number."""
    match = CLID.fullmatch(row.get("clid", ""))
    name = match[1].replace('""', '"').strip() if match else ""
    return "" if digits(name) and digits(name) == digits(row.get("src", "")) else name[:200]


def _operator(row: Row, direction: str) -> str:
    """The extension at our end, out of a channel's name: SIP/101-0000001a."""
    match = CHANNEL.match(row.get("channel" if direction == "out" else "dstchannel", ""))
    return match[1] if match else ""


def _recording(cells: Row, layout: Layout) -> str:
    said = cells.get("recording", "")[:500]
    return said if not layout.asterisk or AUDIO.fullmatch(said) else ""
