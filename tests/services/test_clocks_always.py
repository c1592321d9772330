"""Stored clocks are the replay of what was done, whatever was done, and each breach is called out once.

The test keeps a diary of its own, so that neither the events nor their translation into happenings is believed.
"""

import dataclasses
import itertools
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services import desk, firing, handover, intake, rules, store, treatments, undo
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.clock import Happening
from helpdesk.sla.firing import fire_times
from helpdesk.sla.models import Clock
from helpdesk.sla.replay import replay
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.tokens import token
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle, instant

WEEK = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NORMAL = {"first_response": 3600, "answer": 2 * 3600, "update": 5 * 3600, "resolution": 12 * 3600}
URGENT = {"first_response": 900, "answer": 1800, "update": 3600, "resolution": 3 * 3600}
PAUSES, OPEN, ENDED = ("pending", "on_hold"), ("new", "open", "pending", "on_hold"), ("solved", "closed")
MOVES = {
    "pend": ("pending", ("new", "open", "on_hold"), "pending"),
    "hold": ("on_hold", ("new", "open", "pending"), "on_hold"),
    "resume": ("open", PAUSES, "resumed"),
    "solve": ("solved", OPEN, "solved"),
    "close": ("closed", OPEN, "solved"),
    "reopen": ("open", ENDED, "reopened"),
}
TALK = ("writes", "reply", "reply_and_pend", "reply_and_solve", "note", "waive", "junk", "unjunk")
TAKEN_BACK = ("takes_back", "takes_back_and_pend", "takes_back_and_solve", "takes_back_late")
EDITS = ("edit_for_new", "edit_for_running", "edit_and_recompute")
STEPS = [
    *MOVES,
    *TALK,
    *TAKEN_BACK,
    "writes",
    "reply",
    "urgent",
    "normal",
    "hand_over",
    "fire",
    "fire_and_take_in_hand",
    *EDITS,
]
OFFICE = Calendar.from_definition({"tz": "UTC", "weekly": WEEK})


@dataclass(frozen=True)
class Edition:
    """What the policy says: the diary's own words for it, and the form's."""

    targets: dict
    urgent: dict
    pauses: tuple
    calendar: Calendar

    @property
    def definition(self):
        working = self.calendar is OFFICE
        targets = {"*": self.targets, "urgent": self.urgent}
        return {"targets": targets, "pauses": list(self.pauses), "time": "working" if working else "calendar"}


LONGER = {clock: 3 * seconds for clock, seconds in NORMAL.items()}
EDITIONS = (
    Edition(NORMAL, URGENT, PAUSES, OFFICE),
    Edition(LONGER, NORMAL, ("pending",), Calendar.from_definition(None)),
)
MONDAYS = (MONDAY + timedelta(weeks=5 * count) for count in itertools.count())
GAPS = [MINUTE, 20 * MINUTE, HOUR, 2 * HOUR, 7 * HOUR, 26 * HOUR]


class Desk:
    """What all tickets share: the mailbox, the staff, and the policy with the edition that is in force."""

    def __init__(self):
        self.edition = EDITIONS[0]
        self.policy = make_policy(name="All", weekly=WEEK, by_priority={"urgent": URGENT}, targets=NORMAL)
        self.calendar = self.policy.versions[0].calendar_version.calendar_id
        team = make_team()
        self.mailbox = make_mailbox(team, settings={"acknowledge": False})
        self.ana, self.bea = make_staff(teams=[team]), make_staff(teams=[team])
        self.boss = make_staff("administrator")

    def edit(self, treatment):
        """Save the other edition, and bring it where it is to go."""
        self.edition = EDITIONS[1 - EDITIONS.index(self.edition)]
        rules.save_policy(
            self.policy.id, definition={"name": "All", **self.edition.definition}, calendar_id=self.calendar, by=self.boss,
            treatment=treatment,
        )  # fmt: skip
        treatments.apply()


class Diary:
    """One ticket: what is done to it through the use cases, and beside that what it must mean."""

    def __init__(self, parts):
        self.parts, self.mailbox, self.ana, self.bea = parts, parts.mailbox, parts.ana, parts.bea
        self.began = self.edition = parts.edition
        self.priority = "normal"
        self.at, self.status, self.waits = next(MONDAYS), "new", True
        self.happenings = [Happening(self.at, "opened", "customer")]
        self.in_hand, self.before_junk = set(), None
        with pretend(self.at):
            arrive(self.mailbox, eml())
            intake.file_waiting()
        self.ticket = db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        self.number = self.ticket.number

    def does(self, gap, step):
        self.at += gap
        with pretend(self.at), suppress(Conflict):
            self.moves(step) if step in MOVES else getattr(self, step)()

    def happened(self, kind, **facts):
        self.happenings.append(Happening(self.at, kind, facts=facts))

    def moves(self, step):
        getattr(desk, step)(self.number, by=self.ana)
        status, before, happening = MOVES[step]
        if self.status in before:
            self.happened(happening)
            self.in_hand = set() if happening == "reopened" else self.in_hand
        if self.status in before or step == "close":
            self.status, self.waits = status, self.waits and status not in ENDED

    def writes(self):
        if self.status == "closed":
            return
        signed = token(self.ticket.secret, store.settings().secret_key)
        arrive(self.mailbox, eml(to=f"support+{signed}@helpdesk.test", text="And?"))
        intake.file_waiting()
        if self.status in (*PAUSES, "solved"):
            self.happened("reopened" if self.status == "solved" else "resumed")
            self.in_hand = set() if self.status == "solved" else self.in_hand
            self.status = "open"
        self.waits = True
        self.happened("customer_message")

    def reply(self, then=""):
        desk.reply(self.number, text="Hello.", by=self.ana, then=then)
        self.happened("staff_message")
        self.status, self.waits = "open" if self.status == "new" else self.status, False

    def reply_and_pend(self):
        if self.status not in ENDED:
            self.reply("pend")
            self.happened("pending")
            self.status = "pending"

    def reply_and_solve(self):
        self.reply("solve")
        if self.status != "solved":
            self.happened("solved")
            self.status = "solved"

    def takes_back(self, then=""):
        message = desk.reply(self.number, text="Hello.", by=self.ana, then=then)
        undo.withdraw(self.number, message.id, by=self.ana)

    def takes_back_and_pend(self):
        self.takes_back("pend")

    def takes_back_and_solve(self):
        self.takes_back("solve")

    def takes_back_late(self):
        """The customer wrote meanwhile: the pause that came with the answer was one, and ended."""
        if self.status in ENDED:
            return
        message = desk.reply(self.number, text="Hello.", by=self.ana, then="pend")
        if self.status != "pending":
            self.happened("pending")
        self.status = "pending"
        self.writes()
        undo.withdraw(self.number, message.id, by=self.ana)

    def waive(self):
        desk.waive_answer(self.number, by=self.ana)
        if self.waits:
            self.happened("no_answer_needed")
            self.waits = False

    def junk(self):
        desk.junk(self.number, by=self.ana)
        if self.before_junk is None:
            self.happened("void")
            self.before_junk, self.status, self.waits = (self.status, self.waits), "closed", False

    def unjunk(self):
        desk.unjunk(self.number, by=self.ana)
        self.happened("unvoid")
        (self.status, self.waits), self.before_junk = self.before_junk, None

    def urgent(self):
        self.turns("urgent")

    def normal(self):
        self.turns("normal")

    def turns(self, priority):
        desk.change_priority(self.number, to=priority, by=self.ana)
        self.priority = priority
        self.happened("targets", targets=self.targets)

    @property
    def targets(self):
        return self.edition.urgent if self.priority == "urgent" else self.edition.targets

    def edit_for_new(self):
        self.parts.edit("new")

    def edit_for_running(self):
        """The targets, the hours and the pauses are others from here on, if the ticket is open."""
        self.parts.edit("running")
        if self.status in OPEN and self.edition is not self.parts.edition:
            self.edition = self.parts.edition
            self.happened("calendar", calendar=self.edition.calendar)
            self.happened("pauses", pauses=self.edition.pauses)
            self.happened("targets", targets=self.targets)

    def edit_and_recompute(self):
        """What is open is counted as if they had always been."""
        self.parts.edit("recompute")
        if self.status in OPEN:
            self.edition = self.parts.edition
            facts = {"targets": self.targets, "calendar": self.edition.calendar, "pauses": self.edition.pauses}
            self.happened("recomputed", **facts)

    def hand_over(self):
        desk.take(self.number, by=self.ana)
        offer = handover.offer(self.number, to=self.bea.id, note="Call back.", by=self.ana)
        handover.accept(offer.id, by=self.bea)
        self.status = "open" if self.status == "new" else self.status

    def note(self):
        desk.note(self.number, text="Look at this.", by=self.ana)

    def fire(self):
        firing.fire_due()

    def fire_and_take_in_hand(self):
        """Every deadline that has called out and is still open."""
        firing.fire_due()
        rows = db.session.execute(
            select(Clock.kind, Clock.turn, Clock.started_seq).where(Clock.ticket_id == self.ticket.id)
        )
        for kind, turn, started_seq in rows.all():
            with suppress(Conflict):
                desk.stop_ladder(self.number, clock=kind, started_seq=started_seq, by=self.ana)
                self.in_hand.add((kind, turn))

    def tells(self):
        """The clocks, as the diary has it."""
        return sorted(
            (one.clock, one.turn, one.state, one.started_at, one.due_at, one.ended_at) for one in self.clocks()
        )

    def clocks(self):
        began = self.began
        return replay(self.happenings, began.targets, began.pauses, began.calendar, self.at).clocks

    def still_to_come(self):
        """What will fire from here on if nothing more happens."""
        steps = ((one, step) for one in self.clocks() for step in fire_times(one, (0.5, 0.75, 0.9, 1.0)))
        return sorted(
            (one.clock, one.turn, step.threshold, step.at)
            for one, step in steps
            if step.at > self.at and ((one.clock, one.turn) not in self.in_hand or step.threshold == "100%")
        )


@pytest.fixture
def config(config):
    return dataclasses.replace(config, undo_seconds=10)


@pytest.fixture
def parts(app):
    return Desk()


def stored(oracle, ticket_id):
    columns = "kind, turn, state, started_at, due_at, ended_at"
    rows = oracle.rows(f"SELECT {columns} FROM clock WHERE ticket_id = {ticket_id}")
    return sorted(
        (kind, turn, state, *(at and instant(at) for at in instants)) for kind, turn, state, *instants in rows
    )


def armed(oracle, ticket_id):
    """What the rows say is still to fire, the next one twice: as columns and as the first step."""
    columns = "kind, turn, next_threshold, next_fire_at, steps"
    rows = oracle.rows(f"SELECT {columns} FROM clock WHERE ticket_id = {ticket_id}")
    found = []
    for kind, turn, threshold, at, steps in rows:
        known = json.loads(steps) if isinstance(steps, str) else steps
        first = (known[0][0], datetime.fromisoformat(known[0][1])) if known else (None, None)
        assert (threshold, at and instant(at)) == first
        found += [(kind, turn, name, datetime.fromisoformat(when)) for name, when in known]
    return sorted(found)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(GAPS), st.sampled_from(STEPS)), min_size=8, max_size=12))
@example([(HOUR, "normal"), (MINUTE, "resume"), (2 * HOUR, "reopen")])
@example([(2 * HOUR, "reply"), (7 * HOUR, "fire_and_take_in_hand"), (MINUTE, "note")])
@example([(7 * HOUR, "fire_and_take_in_hand"), (MINUTE, "solve"), (HOUR, "writes"), (MINUTE, "reply")])
@example([(HOUR, "reply_and_solve"), (HOUR, "writes"), (26 * HOUR, "close"), (HOUR, "reopen")])
@example(
    [(HOUR, "reply"), (HOUR, "writes"), (HOUR, "edit_for_running"), (HOUR, "hold"), (7 * HOUR, "edit_and_recompute")]
)
@example([(7 * HOUR, "hold"), (HOUR, "urgent")])
@example([(7 * HOUR, "fire"), (MINUTE, "junk"), (HOUR, "reopen"), (MINUTE, "urgent")])
@example([(HOUR, "reply_and_pend"), (MINUTE, "junk"), (26 * HOUR, "fire"), (HOUR, "unjunk"), (MINUTE, "writes")])
@example([(HOUR, "takes_back_and_solve"), (HOUR, "takes_back_late"), (2 * HOUR, "fire"), (HOUR, "reply_and_solve")])
@example([(HOUR, "reply_and_pend"), (HOUR, "takes_back"), (HOUR, "takes_back_late"), (HOUR, "takes_back_and_pend")])
@example([(20 * MINUTE, "hold"), (2 * HOUR, "edit_for_new"), (HOUR, "urgent"), (HOUR, "edit_and_recompute")])
@example(
    [(MINUTE, "reply_and_solve"), (MINUTE, "edit_and_recompute"), (MINUTE, "writes"), (7 * HOUR, "edit_for_running")]
)
def test_stored_clocks_are_what_the_diary_says(parts, app, config, steps):
    diary, oracle = Diary(parts), Oracle(config)
    for gap, step in steps:
        diary.does(gap, step)
    diary.does(MINUTE, "fire")
    assert stored(oracle, diary.ticket.id) == diary.tells()
    assert armed(oracle, diary.ticket.id) == diary.still_to_come()
    with app.app_context(), pretend(diary.at):
        assert differing_clocks() == []
    assert oracle.problems() == []
