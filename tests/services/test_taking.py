"""Taking the next ticket: each goes to one person, it fits them, and the history says why."""

import threading

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import desk, intake, taking
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets.models import Event, Ticket
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def root():
    return make_staff("administrator")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


def wait(team, many=1):
    """So many mails of customers, filed in the order in which they came."""
    mailbox = make_mailbox(team, f"box{team.id}@helpdesk.test")
    for _ in range(many):
        arrive(mailbox, eml())
    intake.file_waiting()


def speak(number, language):
    with transaction():
        db.session.scalar(select(Ticket).where(Ticket.number == number)).language = language


def number_of(found):
    return found and found.ticket.number


def test_fifty_who_take_the_next_at_once_own_fifty_tickets(app, team):
    wait(team, 50)
    people = [make_staff(teams=[team]).id for _ in range(50)]
    ready, owned = threading.Barrier(50), []

    def take(person_id):
        with app.app_context():
            person = db.session.get(Person, person_id)
            ready.wait()
            owned.append(number_of(taking.take_next(by=person)))
            db.session.remove()

    threads = [threading.Thread(target=take, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(owned) == list(range(1, 51))
    assert len(set(db.session.scalars(select(Ticket.owner_id)))) == 50


def test_who_speaks_some_languages_gets_tickets_in_those_only(team, ana, root):
    wait(team, 2)
    speak(1, "kk")
    speak(2, "en")
    taking.fit(ana.id, languages=["ru", "en"], skills=[], by=root)
    assert number_of(taking.take_next(by=ana)) == 2
    assert taking.take_next(by=ana) is None
    assert taking.anything_waits(ana)


def test_a_tag_that_asks_for_a_skill_is_given_to_who_has_it_only(team, ana, root):
    bea = make_staff(teams=[team])
    wait(team, 2)
    desk.change_tags(1, to=["refund"], by=ana)
    taking.rule(team.id, skill_tags=["refund"], most_open=None, by=root)
    taking.fit(bea.id, languages=[], skills=["refund", "legal"], by=root)
    assert number_of(taking.take_next(by=ana)) == 2
    assert number_of(taking.take_next(by=bea)) == 1


def test_a_skill_asked_for_in_one_team_is_not_asked_for_in_another(team, root):
    other = make_team()
    ana = make_staff(teams=[team, other])
    wait(other)
    desk.change_tags(1, to=["refund"], by=ana)
    taking.rule(team.id, skill_tags=["refund"], most_open=None, by=root)
    assert number_of(taking.take_next(by=ana)) == 1


def test_who_holds_as_many_as_they_may_gets_no_more_until_one_waits(team, ana, root):
    wait(team, 2)
    taking.rule(team.id, skill_tags=[], most_open=1, by=root)
    taking.take_next(by=ana)
    with pytest.raises(Conflict, match="You hold 1 open tickets"):
        taking.take_next(by=ana)
    desk.pend(1, by=ana)
    assert number_of(taking.take_next(by=ana)) == 2


def test_the_history_says_why_it_was_the_next(team, ana, root):
    wait(team)
    desk.change_tags(1, to=["refund", "vip"], by=ana)
    taking.rule(team.id, skill_tags=["refund"], most_open=None, by=root)
    taking.fit(ana.id, languages=["en"], skills=["refund"], by=root)
    taking.take_next(by=ana)
    taken = db.session.scalars(select(Event).where(Event.kind == "taken")).one()
    facts = {name: taken.facts[name] for name in ("why", "language", "skills")}
    assert facts == {"why": "next", "language": "en", "skills": ["refund"]}
    assert ticket_for(ana, 1).owner == ana


def test_what_was_put_back_with_a_reason_is_given_to_others_and_after_an_hour_again(team, ana):
    bea, lead = make_staff(teams=[team]), make_staff("supervisor", teams=[team])
    wait(team, 2)
    taking.take_next(by=ana)
    assert number_of(taking.skip(1, reason="Legal matter", by=ana)) == 2
    assert [(one.ticket.number, one.person, one.reason) for one in taking.skips(lead)] == [(1, ana, "Legal matter")]
    assert taking.take_next(by=ana) is None
    with pretend(now() + HOUR):
        assert number_of(taking.take_next(by=ana)) == 1
    taking.skip(1, reason="Still not mine", by=ana)
    assert number_of(taking.take_next(by=bea)) == 1


def test_nobody_puts_back_without_a_reason_nor_what_is_not_theirs(team, ana):
    wait(team)
    taking.take_next(by=ana)
    with pytest.raises(Conflict, match="Say why"):
        taking.skip(1, reason=" ", by=ana)
    with pytest.raises(Conflict, match="not yours"):
        taking.skip(1, reason="Mine now", by=make_staff("supervisor", teams=[team]))
    assert ticket_for(ana, 1).owner == ana


def test_who_leads_another_team_reads_nothing_of_it(team, ana):
    wait(team)
    taking.take_next(by=ana)
    taking.skip(1, reason="Legal matter", by=ana)
    assert taking.skips(make_staff("supervisor", teams=[make_team()])) == []
