"""An oracle beside the product: it reads the database by plain SQL and says what is wrong with it.

It uses nothing of the product, so that a mistake there cannot hide itself here.
"""

import hashlib
import json
import re
import sqlite3
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise

import psycopg

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MACHINES = {
    "acknowledged",
    "warned",
    "breached",
    "delivered",
    "reply_held",
    "woken",
    "delivery_failed",
    "delivery_delayed",
    "delivery_unknown",
    "handover_offered",
    "handover_lapsed",
    "handover_withdrawn",
    "assigned",
    "policy_applied",
    "imported",
    "import_ended",
    "loop_broken",
}
STATUS = {
    "pended": "pending", "held": "on_hold", "resumed": "open", "solved": "solved", "reopened": "open", "closed": "closed",
    "junked": "closed", "joined": "closed",
}  # fmt: skip
RESULTS = {"sent": "delivered", "failed": "delivery_failed", "unknown": "delivery_unknown"}
COPIES = {"sent": (1,), "failed": (0,), "unknown": (0, 1)}


class Oracle:
    """What lies in one database and its folder of files."""

    def __init__(self, config):
        self.url, self.files = config.database_url, config.blobs

    def rows(self, statement):
        if self.url.startswith("sqlite"):
            link = sqlite3.connect(f"file:{self.url.removeprefix('sqlite:///')}?mode=ro", uri=True, timeout=30)
        else:
            link = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        try:
            return link.execute(statement).fetchall()
        finally:
            link.close()

    def one(self, statement):
        """The only value of the only row."""
        ((value,),) = self.rows(statement)
        return value

    def content(self, sha256):
        return (self.files / sha256[:2] / sha256[2:]).read_bytes()

    def fates(self):
        """Where each UUID that came in is to be seen: "message", or the state of a row that is none (I1, I2)."""
        places = [
            (text.encode(), "message") for (text,) in self.rows("SELECT text FROM message WHERE direction = 'in'")
        ]
        unfiled = self.rows("SELECT raw, sha256, state FROM inbox WHERE state <> 'filed'")
        places += [(self.content(sha256) if raw is None else bytes(raw), state) for raw, sha256, state in unfiled]
        fates = defaultdict(list)
        for content, place in places:
            for uuid in set(UUID.findall(content)):
                fates[uuid.decode()].append(place)
        return dict(fates)

    def misplaced(self, sent):
        """What was sent and is not in exactly one place, and what nobody sent, each with where it is (I1, I2)."""
        fates, known = self.fates(), set(sent)
        wrong = {one: places for one, places in fates.items() if len(places) != 1 or one not in known}
        return wrong | {one: [] for one in sent if one not in fates}

    def answers_to(self, addresses, sink):
        """Whatever was promised or sent to one of these addresses."""
        promised = {recipient for (recipient,) in self.rows("SELECT recipient FROM delivery")}
        return sorted((promised | {mail.recipient for mail in sink.mails}) & set(addresses))

    def problems(self):
        """Whatever breaks I4 (each breach once, at its instant), I5 (histories), I6 (files) or I8 (numbers), or a stint."""
        firings = [*self.wrong_firings(), *self.wrong_instants(), *self.wrong_stints()]
        return [*self.broken_histories(), *firings, *self.wrong_files(), *self.wrong_numbers()]

    def broken_histories(self):
        """Tickets whose events are not a whole chain, lack who or when, or do not lead to the ticket's state."""
        tickets = self.rows(
            "SELECT ticket.id, number, event_count, head, status, owner_id, team.name, priority, subject, reason_id, tags, open"
            " FROM ticket JOIN team ON team.id = ticket.team_id"
        )
        events = self.events()
        for ticket_id, number, count, head, *state in tickets:
            if chain(number, events[ticket_id]) != (count, head):
                yield f"#{number}: the chain is broken"
            if not all(
                at
                and recorded
                and (actor or kind in MACHINES or facts.get("origin") == "imported" or facts.get("rule"))
                for _, at, recorded, actor, kind, facts, _ in events[ticket_id]
            ):
                yield f"#{number}: nobody did it, or at no time"
            yield from differences(number, state_of([(kind, facts) for *_, kind, facts, _ in events[ticket_id]]), state)

    def events(self):
        """Each ticket's events in order: seq, at, recorded_at, actor, kind, facts, hash."""
        found = defaultdict(list)
        columns = "ticket_id, seq, at, recorded_at, actor_id, kind, facts, hash"
        for ticket_id, seq, at, recorded, actor, kind, facts, digest in self.rows(
            f"SELECT {columns} FROM event ORDER BY ticket_id, seq"
        ):
            found[ticket_id].append((seq, instant(at), instant(recorded), actor, kind, loaded(facts), digest))
        return found

    def wrong_stints(self):
        """Open tickets without exactly one holder, and stints that do not tile a life or are not of whom the history says."""
        teams, columns = (
            dict(self.rows("SELECT name, id FROM team")),
            "owner_id, team_id, began_at, ended_at, began_seq, ended_seq",
        )
        stints, events = defaultdict(list), self.events()
        for ticket, owner, team, began, ended, *seqs in self.rows(
            f"SELECT ticket_id, {columns} FROM stint ORDER BY ticket_id, began_seq"
        ):
            stints[ticket].append((owner, team, instant(began), instant(ended), *seqs))
        for ticket, *row in self.rows("SELECT id, open, owner_id, team_id FROM ticket"):
            yield from (f"ticket {ticket}: {one}" for one in untiled(stints[ticket], events[ticket], teams, row))

    def wrong_firings(self):
        """Breaches that were missed, or fired or told twice."""
        missed = set(self.rows("SELECT ticket_id, kind, turn FROM clock WHERE state = 'missed'"))
        fired = Counter(self.rows("SELECT ticket_id, kind, turn FROM firing WHERE threshold = '100%'"))
        told = Counter(
            (ticket, facts["clock"], facts["turn"])
            for ticket, events in self.events().items()
            for *_, kind, facts, _ in events
            if kind == "breached"
        )
        void = set(self.rows("SELECT ticket_id, kind, turn FROM clock WHERE state = 'void'"))
        for breach in missed | fired.keys() | told.keys():
            if (fired[breach], told[breach]) != (1, 1) or breach not in missed | void:
                yield f"{breach}: fired {fired[breach]} times, told {told[breach]} times"

    def wrong_instants(self):
        """Breaches found before they were due, or due or told at another instant than that of their clock."""
        clocks = self.rows("SELECT ticket_id, kind, turn, state, due_at FROM clock")
        due = {tuple(key): instant(at) for *key, _, at in clocks}
        void = {tuple(key) for *key, state, _ in clocks if state == "void"}
        told = {
            (ticket, facts["clock"], facts["turn"]): (at, recorded, *map(datetime.fromisoformat, times(facts)))
            for ticket, events in self.events().items()
            for _, at, recorded, _, kind, facts, _ in events
            if kind == "breached"
        }
        for *key, at, found in self.breaches():
            clock = at if tuple(key) in void else due.get(tuple(key))
            if clock != at or told.get(tuple(key)) != (at, found, at, found) or found <= at:
                yield f"{key}: due {clock}, fired as due {at} at {found}, told {told.get(tuple(key))}"

    def breaches(self):
        """What was called out: ticket, kind, turn, when it was due, when that was found."""
        columns = "ticket_id, kind, turn, due_at, detected_at"
        for *key, at, found in self.rows(f"SELECT {columns} FROM firing WHERE threshold = '100%' ORDER BY due_at, id"):
            yield (*key, instant(at), instant(found))

    def wrong_files(self):
        """Attachments without their file, files that are not what their name says, and files that belong to nothing."""
        wanted = {
            sha256
            for (sha256,) in self.rows(
                "SELECT sha256 FROM attachment WHERE erased_at IS NULL UNION SELECT sha256 FROM inbox WHERE raw IS NULL"
            )
        }
        whole = {path.parent.name + path.name: path for path in self.files.glob("??/" + "?" * 62)}
        yield from (f"{sha256}: no file" for sha256 in wanted - whole.keys())
        yield from (f"{sha256}: belongs to nothing" for sha256 in whole.keys() - wanted)
        yield from (
            f"{name}: another content"
            for name, path in whole.items()
            if hashlib.sha256(path.read_bytes()).hexdigest() != name
        )

    def wrong_numbers(self):
        """Ticket numbers given twice, left out, or to be given again."""
        numbers = sorted(number for (number,) in self.rows("SELECT number FROM ticket"))
        given = self.rows("SELECT value FROM counter WHERE name = 'ticket'")
        if numbers != list(range(1, len(numbers) + 1)) or given != [(len(numbers),)] * bool(numbers):
            yield f"numbers {numbers}, the counter stands at {given}"

    def wrong_deliveries(self, sink):
        """Deliveries that are not settled, or whose copies in the *sink* or lines in the history are too few or too many (I3)."""
        copies = Counter((mail.mail["Message-ID"].strip("<>"), mail.recipient) for mail in sink.mails)
        told = Counter(
            (facts["delivery"], kind)
            for events in self.events().values()
            for *_, kind, facts, _ in events
            if "delivery" in facts
        )
        columns = "id, key, recipient, state, kind"
        for delivery, key, recipient, state, kind in self.rows(
            f"SELECT {columns} FROM delivery WHERE state <> 'withdrawn'"
        ):
            lines = 1 if kind in ("reply", "acknowledgement") else 0
            if copies[key, recipient] not in COPIES.get(state, ()) or told[delivery, RESULTS[state]] != lines:
                yield f"{delivery} is {state}: {copies[key, recipient]} copies"
        withdrawn = set(self.rows("SELECT key, recipient FROM delivery WHERE state = 'withdrawn'"))
        yield from (f"{key} was taken back, and sent" for key in withdrawn & copies.keys())


def untiled(stints, events, teams, row):
    """What is wrong with the stints (owner, team, from, to, event, event) of one ticket."""
    is_open, *holder = row
    if [stint[:2] for stint in stints if stint[3] is None] != [tuple(holder)] * bool(is_open):
        yield f"open is {is_open} with {holder}, its stints are {stints}"
    for (_, _, before, end, _, last), (_, _, begin, _, first, _) in pairwise(stints):
        if end is None or not before <= end <= begin or (last == first) > (end == begin):
            yield f"a gap or an overlap at event {first}"
    if any(stint[3] is not None and not stint[2] <= stint[3] for stint in stints):
        yield "a stint ends before it begins"
    for count in range(1, len(events) + 1):
        told = state_of([(kind, facts) for *_, kind, facts, _ in events[:count]])
        elsewhere = events[0][5].get("origin") == "imported" and "import_ended" not in {
            one[4] for one in events[:count]
        }
        lives = told["status"] not in ("solved", "closed") and not elsewhere
        held = [stint[:2] for stint in stints if stint[4] <= count and (stint[5] is None or count < stint[5])]
        if held != [(told["owner"], teams[told["team"]])] * lives:
            yield f"after event {count} held by {held}, the history says {told}"


def times(facts):
    return facts["due_at"], facts["detected_at"]


def chain(number, events):
    """How long the chain holds, and the hash at its end."""
    head, count = "0" * 64, 0
    for seq, at, recorded, actor, kind, facts, digest in events:
        canonical = [number, seq, stamp(at), stamp(recorded), actor, kind, facts]
        text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if seq != count + 1 or hashlib.sha256(f"{head}{text}".encode()).hexdigest() != digest:
            break
        head, count = digest, seq
    return count, head


def state_of(events):
    """Status, owner, team, priority, subject and tags that a history of (kind, facts) leads to."""
    state = {}
    for kind, facts in events:
        if kind == "opened":
            state |= {"status": "new", "owner": None, "team": facts["team"], "priority": facts["priority"]}
        if kind in ("taken", "assigned"):
            state["owner"] = facts.get("new_id")
        if kind == "reason_changed":
            state["reason"] = facts.get("new_id")
        elif kind.endswith("_changed"):
            state[kind.removesuffix("_changed")] = facts["new"]
        if state["status"] == "new" and (kind == "replied" or (kind in ("taken", "assigned") and state["owner"])):
            state["status"] = "open"
        state["status"] = (
            facts["new"] if kind in ("unjunked", "unjoined", "import_ended") else STATUS.get(kind, state["status"])
        )
        if kind in ("reply_withdrawn", "undone", "parted"):
            state["status"] = facts.get("status", state["status"])
    return state


def differences(number, told, stored):
    """What of a ticket's row its history tells otherwise."""
    *known, tags, is_open = stored
    row = {
        **dict(zip(("status", "owner", "team", "priority", "subject", "reason"), known, strict=True)),
        "tags": loaded(tags),
    }
    for name, value in told.items():
        if row[name] != value:
            yield f"#{number}: {name} is {row[name]!r}, its history says {value!r}"
    if bool(is_open) != (told["status"] not in ("solved", "closed")):
        yield f"#{number}: open is {is_open}, but it is {told['status']}"


def loaded(value):
    return json.loads(value) if isinstance(value, str) else value


def instant(value):
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def stamp(at):
    return at.astimezone(UTC).isoformat(timespec="microseconds")
