"""What nobody answers, whoever falls ill, and what is reopened while its owner is away: nothing is left without a holder."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.people.models import Absence
from helpdesk.services import desk, due, handing_on, handover, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Event, Notice, Ticket
from tests.dying import killed
from tests.making import (
    HOUR,
    MINUTE,
    MONDAY,
    arrive,
    eml,
    make,
    make_mailbox,
    make_policy,
    make_shift,
    make_staff,
    make_team,
)
from tests.oracle import Oracle
from workers import shifts

DAY = timedelta(days=1)
LONG = {"first_response": 10**6, "answer": 10**6, "update": None, "resolution": 10**6}


@pytest.fixture
def team(app):
    make_policy(LONG)
    return make_team("Coupons")


@pytest.fixture
def people(team):
    """Ana's shift is the first hour; Bea, Cid, Dan and Eva are there all day, Lea leads."""
    found = {name: make_staff(teams=[team], name=name) for name in ("Ana", "Bea", "Cid", "Dan", "Eva")}
    found["Lea"] = make_staff("supervisor", teams=[team], name="Lea")
    make_shift(found["Ana"], team, MONDAY - HOUR, MONDAY + HOUR)
    for name in ("Bea", "Cid", "Dan", "Eva"):
        make_shift(found[name], team, MONDAY, MONDAY + 9 * HOUR)
    return found


@pytest.fixture
def ana(people):
    return people["Ana"]


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def ticket(mailbox, ana):
    with pretend(MONDAY):
        arrive(mailbox, eml(Message_ID="<first@customer.test>"))
        intake.file_waiting()
        return desk.take(1, by=ana)


def asked():
    """Whom the ticket was offered to, and what became of it."""
    query = select(Offer).order_by(Offer.id).execution_options(populate_existing=True)
    return [(one.receiver.name if one.receiver else None, one.state) for one in db.session.scalars(query)]


def holder():
    found = db.session.scalar(select(Ticket).execution_options(populate_existing=True))
    return found.owner.name if found.owner else None


def told(person, kind):
    return len(db.session.scalars(select(Notice).where(Notice.person_id == person.id, Notice.kind == kind)).all())


def last(kind):
    return db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc())).first()


def lapse(at):
    with pretend(at):
        return handing_on.lapse_due()


def ends(people):
    with pretend(MONDAY + HOUR):
        handing_on.end_shifts()


def test_what_nobody_answers_in_ten_minutes_is_offered_to_the_next_one(ticket, people):
    ends(people)
    assert (lapse(MONDAY + HOUR + 9 * MINUTE), lapse(MONDAY + HOUR + 10 * MINUTE)) == (0, 1)
    assert asked() == [("Bea", "lapsed"), ("Cid", "offered")]


def test_it_lapses_once_however_often_it_is_looked_for(ticket, people):
    ends(people)
    assert [lapse(MONDAY + HOUR + 10 * MINUTE) for _ in range(3)] == [1, 0, 0]


def test_the_team_says_how_long_and_how_many_are_asked(ticket, people, team):
    with transaction():
        team.answer_minutes, team.most_asked = 5, 1
    ends(people)
    lapse(MONDAY + HOUR + 5 * MINUTE)
    assert asked() == [("Bea", "lapsed")]


def test_after_the_third_the_supervisor_is_told_once_and_it_lies_in_the_queue_of_those_at_work(ticket, people, config):
    ends(people)
    for minutes in (10, 20, 30, 40):
        lapse(MONDAY + HOUR + minutes * MINUTE)
    assert asked() == [("Bea", "lapsed"), ("Cid", "lapsed"), ("Dan", "lapsed")]
    assert (told(people["Lea"], "untaken"), holder(), last("assigned").facts["why"]) == (1, None, "nobody took over")
    assert [offer.state for offer in handover.untaken(people["Lea"])] == ["lapsed"]
    assert Oracle(config).problems() == []


def test_the_tick_knows_when_an_offer_lapses(ticket, people):
    ends(people)
    with pretend(MONDAY + HOUR):
        assert due.soonest()["workers.shifts.lapse"] == MONDAY + HOUR + 10 * MINUTE


def test_who_comes_later_today_has_their_minutes_from_then_on(ticket, people, ana, team):
    late = make_staff(teams=[team], name="Zoe")
    make_shift(late, team, MONDAY + 2 * HOUR, MONDAY + 9 * HOUR)
    with pretend(MONDAY):
        made = handover.offer(1, to=late.id, note="Call back.", by=ana)
    assert made.answer_by == MONDAY + 2 * HOUR + 10 * MINUTE


def test_a_refusal_of_what_its_giver_left_behind_asks_the_next_one(ticket, people):
    ends(people)
    with pretend(MONDAY + 2 * HOUR):
        (offer,) = handover.offered_to(people["Bea"])
        handover.refuse(offer.id, reason="I leave too.", by=people["Bea"])
    assert asked() == [("Bea", "refused"), ("Cid", "offered")]


def test_a_refusal_is_told_to_a_giver_at_work_who_chooses_another(ticket, people, ana):
    with pretend(MONDAY):
        offer = handover.offer(1, to=people["Bea"].id, note="Call back.", by=ana)
        handover.refuse(offer.id, reason="I leave too.", by=people["Bea"])
    assert (asked(), told(ana, "refused")) == ([("Bea", "refused")], 1)


def test_the_substitute_of_who_is_absent_is_asked_first(ticket, people, ana):
    stands_in = people["Dan"].id
    make(Absence(person_id=ana.id, kind="vacation", starts_at=MONDAY, ends_at=MONDAY + DAY, substitute_id=stands_in))
    with pretend(MONDAY + MINUTE):
        handing_on.begin_absences()
    assert asked() == [("Dan", "offered")]


def test_who_falls_ill_hands_everything_over_at_once_with_a_note_of_the_system(ticket, people, ana):
    clocks = select(Clock.due_at).order_by(Clock.kind)
    before = db.session.scalars(clocks).all()
    make(Absence(person_id=ana.id, kind="sick", starts_at=MONDAY, ends_at=MONDAY + DAY))
    with pretend(MONDAY + MINUTE):
        assert [handing_on.begin_absences() for _ in range(2)] == [1, 0]
        (offer,) = handover.offered_to(people["Bea"])
    assert offer.note == "The owner is on sick leave and left no note. The customer's last words: “Hello, help me.”"
    assert last("handover_offered").facts["why"] == "sick"
    assert db.session.scalars(clocks).all() == before


def test_what_somebody_who_falls_ill_was_asked_for_is_offered_to_the_next_one(ticket, people):
    ends(people)
    make(Absence(person_id=people["Bea"].id, kind="sick", starts_at=MONDAY + HOUR, ends_at=MONDAY + DAY))
    with pretend(MONDAY + HOUR + MINUTE):
        handing_on.begin_absences()
    assert asked() == [("Bea", "lapsed"), ("Cid", "offered")]


def test_an_absence_to_come_hands_over_when_it_begins(ticket, people, ana):
    make(Absence(person_id=ana.id, kind="vacation", starts_at=MONDAY + 30 * MINUTE, ends_at=MONDAY + DAY))
    with pretend(MONDAY):
        assert due.soonest()["workers.shifts.leave"] == MONDAY + 30 * MINUTE
        assert handing_on.begin_absences() == 0


def answered(mailbox, at):
    with pretend(at):
        arrive(mailbox, eml(In_Reply_To="<first@customer.test>", References="<first@customer.test>"))
        intake.file_waiting()


@pytest.mark.parametrize("rest", [desk.solve, desk.pend, desk.hold])
def test_what_wakes_while_its_owner_is_away_goes_to_the_queue_and_says_why(ticket, ana, mailbox, rest, config):
    with pretend(MONDAY):
        rest(1, by=ana)
    answered(mailbox, MONDAY + 2 * HOUR)
    assert (holder(), last("assigned").facts["why"], last("assigned").actor_id) == (None, "owner away", None)
    assert Oracle(config).problems() == []


@pytest.mark.parametrize("rest", [desk.solve, desk.pend])
def test_what_wakes_while_its_owner_is_at_work_stays_theirs(ticket, ana, mailbox, rest):
    with pretend(MONDAY):
        rest(1, by=ana)
    answered(mailbox, MONDAY + 30 * MINUTE)
    assert holder() == "Ana"


def test_what_a_colleague_reopens_does_not_return_to_somebody_absent(ticket, people, ana):
    with pretend(MONDAY):
        desk.solve(1, by=ana)
    with pretend(MONDAY + 2 * HOUR):
        desk.reopen(1, by=people["Bea"])
    assert holder() is None


def test_where_no_roster_is_kept_nobody_is_away(ticket, ana):
    with pretend(MONDAY):
        desk.solve(1, by=ana)
    with pretend(MONDAY + 30 * DAY):
        desk.reopen(1, by=ana)
    assert holder() == "Ana"


def test_what_one_leaves_is_spread_over_those_who_have_least(ticket, people, mailbox, ana):
    with pretend(MONDAY):
        arrive(mailbox, eml("vera@customer.test"))
        intake.file_waiting()
        desk.take(2, by=ana)
    ends(people)
    assert sorted(asked()) == [("Bea", "offered"), ("Cid", "offered")]


def test_accepting_all_takes_what_is_still_offered(ticket, people, mailbox, ana):
    with pretend(MONDAY):
        arrive(mailbox, eml())
        intake.file_waiting()
        desk.take(2, by=ana)
        for number in (1, 2):
            handover.offer(number, to=people["Bea"].id, note="Both alike.", by=ana)
        assert len(handover.accept_all(by=people["Bea"])) == 2
    assert {one.owner.name for one in db.session.scalars(select(Ticket))} == {"Bea"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("job", ["end", "leave", "lapse", "watch", "call"])
def test_a_worker_that_is_killed_at_its_commit_leaves_it_done_once(app, config, job, when):
    """Everything is due now: a shift that ended, an absence, an offer out of time, a ticket that hangs, a sheet."""
    team = make_team()
    ana, bea, cid = (make_staff(teams=[team], name=name) for name in ("Ana", "Bea", "Cid"))
    lead = make_staff("supervisor", teams=[team])
    make_shift(ana, team, now() - HOUR, now() + (20 * MINUTE if job in ("call", "leave") else -MINUTE))
    for person in (bea, cid) if job != "watch" else ():
        make_shift(person, team)
    marat = make_staff(None, name="Marat", login=None)
    desk.open_ticket(customer=marat, team_id=team.id, subject="x", text="x", by=ana)
    desk.take(1, by=ana)
    if job == "leave":
        make(Absence(person_id=ana.id, kind="sick", starts_at=now(), ends_at=now() + HOUR))
    if job == "lapse":
        with pretend(now() - HOUR):
            handover.offer(1, to=bea.id, note="x", by=ana)
    assert killed(config, f"workers.shifts.{job}", "helpdesk.services.store._commit", when)
    for _ in range(2):
        getattr(shifts, job)()
    kinds = {"watch": (lead, "hangs"), "call": (ana, "sheet")}
    if job in kinds:
        assert told(*kinds[job]) == 1
    else:
        assert [state for _, state in asked()] == ["lapsed", "offered"][job != "lapse" :]
    assert Oracle(config).problems() == []
