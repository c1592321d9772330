"""Whatever happens on the roster and to a ticket, in whatever order, interrupted or not: it has one holder, or it hangs and
that is told of once. An oracle says so that reads the rows by plain SQL and knows the rules anew."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from helpdesk.errors import HelpdeskError
from helpdesk.people.models import Absence
from helpdesk.services import desk, handing_on, handover, hanging, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make, make_mailbox, make_shift, make_staff, make_team
from tests.oracle import Oracle, instant, loaded

NAMES = ("ana", "bea", "cid", "lead")
WHO, NUMBER = st.sampled_from(NAMES), st.sampled_from((1, 2))
WITH_TICKET = ("take", "solve", "reopen", "pend", "release", "accept", "refuse", "mail")
STEPS = st.one_of(
    st.tuples(st.sampled_from(WITH_TICKET), WHO, NUMBER),
    st.tuples(st.just("offer"), WHO, NUMBER, WHO),
    st.tuples(st.just("shift"), WHO, st.integers(5, 120)),
    st.tuples(st.just("absence"), WHO, st.integers(5, 60), st.sampled_from(("sick", "vacation", "day_off"))),
    st.tuples(st.just("crash"), st.sampled_from(("end_shifts", "begin_absences", "lapse_due", "watch"))),
    st.tuples(st.just("tick")),
)
WEEK = timedelta(days=7)


class Killed(BaseException):
    """What a process that dies does not catch."""


@dataclass
class World:
    """One team, four people and two tickets, and the instant it is."""

    oracle: Oracle
    at: object = MONDAY
    people: dict = field(default_factory=dict)

    def begin(self):
        """Two tickets come in while everybody is on duty for an hour."""
        team = make_team()
        for name in NAMES:
            self.people[name] = make_staff("supervisor" if name == "lead" else "agent", teams=[team], name=name)
            make_shift(self.people[name], team, MONDAY, MONDAY + HOUR)
        self.team, self.box = team, make_mailbox(team, f"t{team.id}@helpdesk.test")
        with pretend(self.at):
            for number in (1, 2):
                arrive(self.box, self.mail(number, self.first(number)))
            intake.file_waiting()
        found = self.oracle.rows(f"SELECT number FROM ticket WHERE team_id = {team.id} ORDER BY number")
        self.numbers = dict(enumerate((one for (one,) in found), 1))

    def first(self, number):
        return f"<{number}.{self.team.id}@customer.test>"

    def mail(self, number, key, **more):
        return eml(sender=f"c{number}.{self.team.id}@customer.test", Message_ID=key, **more)

    def step(self, minutes, what, *how):
        """Let some time pass, and one thing happen; what is refused is no step."""
        self.at += minutes * MINUTE
        with pretend(self.at), suppress(HelpdeskError):
            getattr(self, what)(*how) if hasattr(self, what) else self.verb(what, *how)
        db.session.rollback()

    def verb(self, what, who, number):
        by = self.people[who]
        if what in ("accept", "refuse"):
            more = {"reason": "No."} if what == "refuse" else {}
            for offer in handover.offered_to(by):
                getattr(handover, what)(offer.id, by=by, **more)
        elif what == "release":
            desk.assign(self.numbers[number], to=None, by=self.people["lead"])
        elif what == "mail":
            key = f"<{number}.{self.team.id}.{self.at.timestamp()}@customer.test>"
            arrive(self.box, self.mail(number, key, References=self.first(number)))
            intake.file_waiting()
        else:
            getattr(desk, what)(self.numbers[number], by=by)

    def offer(self, who, number, to):
        handover.offer(self.numbers[number], to=self.people[to].id, note="x", by=self.people[who])

    def shift(self, who, minutes):
        make_shift(self.people[who], self.team, self.at, self.at + minutes * MINUTE)

    def absence(self, who, minutes, kind):
        make(Absence(person_id=self.people[who].id, kind=kind, starts_at=self.at, ends_at=self.at + minutes * MINUTE))

    def crash(self, job):
        """Do a job whose first transaction is never committed."""

        def die(*_):
            raise Killed

        engine = db.engine
        event.listen(engine, "commit", die)
        try:
            with suppress(Killed):
                getattr(hanging if job == "watch" else handing_on, job)()
        finally:
            event.remove(engine, "commit", die)
            db.session.rollback()

    def tick(self):
        """All that is due, twice: what was done is not done again."""
        for _ in range(2):
            handing_on.end_shifts()
            handing_on.begin_absences()
            handing_on.lapse_due()
            hanging.watch()

    def on_duty(self):
        """Who is at work."""
        away = [who for who, begin, end in self.spans("person_id", "absence") if begin <= self.at < end]
        return {who for who, begin, end in self.spans("person_id", "shift") if begin <= self.at < end} - set(away)

    def spans(self, column, table):
        for who, begin, end in self.oracle.rows(f"SELECT {column}, starts_at, ends_at FROM {table}"):
            yield who, instant(begin), instant(end)

    def hung(self):
        """The tickets that hang, by their ids."""
        here = self.on_duty() & {person.id for person in self.people.values()}
        asked = {
            one
            for (one,) in self.oracle.rows("SELECT ticket_id FROM offer WHERE state = 'offered' AND to_id IS NOT NULL")
        }
        mine = f"team_id = {self.team.id} AND status NOT IN ('solved', 'closed')"
        tickets = self.oracle.rows(f"SELECT id, owner_id FROM ticket WHERE {mine}")
        return {one for one, owner in tickets if one not in asked and (owner not in here if owner else not here)}

    def check(self):
        """At any time: one holder each, whose stints tile its life, and the page shows what hangs."""
        assert list(self.oracle.wrong_stints()) == []
        listed = {ticket.id for ticket in hanging.listed(self.people["lead"], self.at)}
        assert (listed, hanging.count(self.people["lead"], self.at)) == (self.hung(), len(self.hung()))
        db.session.rollback()

    def check_done(self):
        """After a tick: nobody is late with an answer, nobody away owns what others could do, each alarm was told once."""
        late = self.oracle.rows("SELECT answer_by FROM offer WHERE state = 'offered' AND answer_by IS NOT NULL")
        assert [at for (at,) in late if instant(at) <= self.at] == []
        mine = f"JOIN ticket ON ticket.id = ticket_id WHERE team_id = {self.team.id}"
        rows = self.oracle.rows(f"SELECT ticket_id, over_at FROM hanging {mine}")
        planned = any(end > self.at - WEEK for team, _, end in self.spans("team_id", "shift") if team == self.team.id)
        assert sorted(one for one, over in rows if over is None) == sorted(self.hung() if planned else ())
        told = self.oracle.rows("SELECT person_id, facts FROM notice WHERE kind = 'hangs'")
        lead = [loaded(facts).get("count", 1) for person, facts in told if person == self.people["lead"].id]
        assert sum(lead) == len(rows)


EVENING = [(0, ("take", "ana", 1)), (5, ("shift", "bea", 300)), (5, ("shift", "cid", 300)), (60, ("tick",))]


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 25), STEPS), min_size=15, max_size=25))
@example([*EVENING, (9, ("crash", "lapse_due")), (5, ("tick",)), (1, ("refuse", "cid", 1)), (1, ("tick",))])
@example(
    [
        *EVENING,
        (1, ("accept", "bea", 1)),
        (1, ("crash", "begin_absences")),
        (1, ("absence", "bea", 60, "sick")),
        (1, ("tick",)),
    ]
)
@example(
    [
        *EVENING,
        (1, ("accept", "bea", 1)),
        (1, ("solve", "bea", 1)),
        (1, ("absence", "bea", 60, "sick")),
        (1, ("mail", "ana", 1)),
    ]
)
@example(
    [
        (0, ("take", "ana", 1)),
        (70, ("crash", "end_shifts")),
        (1, ("crash", "watch")),
        (1, ("tick",)),
        (5, ("shift", "bea", 30)),
        (1, ("tick",)),
        (40, ("tick",)),
    ]
)
def test_each_open_ticket_has_one_holder_or_hangs_and_is_told_of_once(config, app, steps):
    fresh = World(Oracle(config))
    fresh.begin()
    for minutes, step in steps:
        fresh.step(minutes, *step)
        fresh.check()
        if step[0] == "tick":
            fresh.check_done()
    fresh.step(0, "tick")
    fresh.check_done()
    assert list(fresh.oracle.broken_histories()) == []
