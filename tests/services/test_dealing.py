"""Tickets are dealt out to those at work: by turns or by load, within limits, and the history says why."""

import threading
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.people.models import Break, Person
from helpdesk.services import bell, dealing, desk, intake, reading, taking
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Event, Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons", dealing="turns")


def at_work(team, many=1, **more):
    people = [make_staff(teams=[team], **more) for _ in range(many)]
    for person in people:
        make_shift(person, team)
    return people


def wait(team, many=1, **mail):
    mailbox = make_mailbox(team, f"box{team.id}.{now().timestamp()}@helpdesk.test")
    for _ in range(many):
        arrive(mailbox, eml(**mail))
    intake.file_waiting()


def owners():
    db.session.rollback()
    return list(db.session.scalars(select(Ticket.owner_id).order_by(Ticket.number)))


def test_tickets_go_round_those_at_work_by_turns(team):
    people = [person.id for person in at_work(team, 3)]
    wait(team, 7)
    assert dealing.deal_out() == 7
    assert owners() == [*people, *people, people[0]]


def test_who_is_on_a_break_off_duty_or_of_another_team_gets_nothing(team):
    (resting,) = at_work(team)
    make(Break(person_id=resting.id, kind="rest", starts_at=now() - MINUTE, ends_at=now() + HOUR))
    make_staff(teams=[team])
    at_work(make_team())
    wait(team)
    assert dealing.deal_out() == 0
    assert owners() == [None]


def test_where_people_take_tickets_nothing_is_dealt_out(team):
    at_work(team)
    with transaction():
        team.dealing = ""
    wait(team)
    assert dealing.deal_out() == 0


def test_nobody_is_given_more_than_the_limit_and_the_rest_waits_for_room(team):
    (ana,) = at_work(team)
    with transaction():
        team.most_open = 2
    wait(team, 3)
    assert (dealing.deal_out(), dealing.deal_out()) == (2, 0)
    desk.solve(1, by=ana)
    assert dealing.has_news()
    assert dealing.deal_out() == 1
    assert owners() == [ana.id] * 3


def test_the_history_says_why_by_the_machine_and_the_owner_is_told(team):
    (ana,) = at_work(team, languages=["en"], skills=["refund"])
    wait(team)
    desk.change_tags(1, to=["refund"], by=make_staff(teams=[team]))
    with transaction():
        team.most_open = 8
    dealing.deal_out()
    event = db.session.scalars(select(Event).where(Event.kind == "assigned")).one()
    facts = {name: event.facts[name] for name in ("why", "language", "skills", "held", "most")}
    assert event.actor_id is None
    assert facts == {"why": "turns", "language": "en", "skills": ["refund"], "held": 0, "most": 8}
    assert [(one.kind, one.facts) for one in reading.unread(ana)] == [("dealt", {"why": "turns"})]


def test_what_lies_still_is_not_dealt_to_the_same_one_again(team):
    ana, bea = at_work(team, 2)
    wait(team)
    dealing.deal_out()
    taking.skip(1, reason="Not mine", by=ana)
    dealing.deal_out()
    assert owners() == [bea.id]


def test_whom_a_customer_dealt_with_last_gets_the_next_one_too_while_there_is_room(team):
    ana, bea = at_work(team, 2)
    with transaction():
        team.deals_to_last, team.most_open = True, 2
    wait(team)
    desk.take(1, by=bea)
    wait(team, 2)
    dealing.deal_out()
    assert owners() == [bea.id, bea.id, ana.id]
    why = db.session.scalars(select(Event.facts).where(Event.kind == "assigned").order_by(Event.id)).all()
    assert [facts["why"] for facts in why] == ["last", "turns"]


def test_what_fits_nobody_waits_and_holds_up_nothing_behind_it(team, monkeypatch):
    monkeypatch.setattr(dealing, "AT_ONCE", 1)
    (ana,) = at_work(team, languages=["en"])
    wait(team, text="Сәлеметсіз бе, қалайсыз?", subject="Қайта")
    wait(team)
    dealing.deal_out()
    assert owners() == [None, ana.id]


def test_a_limit_of_ones_own_goes_before_that_of_the_team(team):
    (ana,) = at_work(team)
    root = make_staff("administrator")
    dealing.rule(team.id, way="turns", by_fit=False, to_last=False, limits={ana.id: 1}, by=root)
    wait(team, 2)
    assert dealing.deal_out() == 1
    with pytest.raises(Conflict, match="more than 1"):
        taking.take_next(by=ana)


def test_filing_rings_for_a_team_that_deals_out_and_for_no_other(team):
    wait(make_team())
    assert "workers.dealing.deal_out" not in [job.func_name for job in bell.queue().jobs]
    wait(team)
    assert "workers.dealing.deal_out" in [job.func_name for job in bell.queue().jobs]


def test_two_who_deal_at_once_while_people_take_give_each_ticket_once_and_nobody_too_many(app, team):
    people = at_work(team, 4)
    with transaction():
        team.most_open = 5
    wait(team, 30)
    ready = threading.Barrier(6)

    def run(act):
        with app.app_context():
            ready.wait()
            with suppress(Conflict):
                for _ in range(10):
                    act()
            db.session.remove()

    acts = [dealing.deal_out, dealing.deal_out]
    acts += [partial(lambda one: taking.take_next(by=db.session.get(Person, one)), one.id) for one in people]
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(owners()) == {**{person.id: 5 for person in people}, None: 10}
