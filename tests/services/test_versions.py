"""A form made for an older ticket is refused, whoever sends it and however many at once; a fresh one never is."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import desk
from helpdesk.services.database import db
from tests.making import make_staff, make_team
from tests.oracle import Oracle

WRITERS = 8
ACTS = {
    "subject": lambda number, word, **more: desk.change_subject(number, to=word, **more),
    "tags": lambda number, word, **more: desk.change_tags(number, to=[word], **more),
    "priority": lambda number, word, **more: desk.change_priority(number, to={"a": "low"}.get(word, "high"), **more),
    "take": lambda number, _word, **more: desk.take(number, **more),
    "pend": lambda number, _word, **more: desk.pend(number, **more),
    "resume": lambda number, _word, **more: desk.resume(number, **more),
}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def people(team):
    return [make_staff(teams=[team]) for _ in range(3)]


@pytest.fixture
def oracle(config):
    return Oracle(config)


def fresh(team, by):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="x", text="x", by=by).number


def stored(oracle, number):
    """The version, and how often staff changed the ticket since it was opened, both from the database."""
    ((version, ticket_id, count),) = oracle.rows(f"SELECT version, id, event_count FROM ticket WHERE number = {number}")
    ((acts,),) = oracle.rows(f"SELECT count(*) FROM event WHERE ticket_id = {ticket_id} AND actor_id IS NOT NULL")
    assert count == acts
    return version, acts


STEP = st.tuples(st.integers(0, 2), st.sampled_from(list(ACTS)), st.sampled_from("ab"), st.integers(0, 2))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=15, max_size=25))
def test_a_form_is_taken_when_nothing_has_changed_since_it_was_made_and_never_else(people, team, oracle, steps):
    number = fresh(team, people[0])
    versions = [stored(oracle, number)]
    for who, act, word, age in steps:
        seen = versions[max(0, len(versions) - 1 - age)]
        try:
            ACTS[act](number, word, by=people[who], version=seen[0])
            taken = True
        except Conflict:
            taken = False
        versions.append(stored(oracle, number))
        assert taken == (seen == versions[-2])
        assert taken or versions[-1] == versions[-2]
        assert versions[-1][0] - versions[-2][0] == versions[-1][1] - versions[-2][1]


def test_of_many_who_send_the_same_form_at_once_one_is_taken(app, people, team, oracle):
    number = fresh(team, people[0])
    version, _ = stored(oracle, number)
    outcomes, ready = [], threading.Barrier(WRITERS)

    def send(word):
        with app.app_context():
            by = db.session.get(Person, people[0].id)
            ready.wait()
            try:
                desk.change_subject(number, to=word, by=by, version=version)
                outcomes.append(word)
            except Conflict:
                outcomes.append(None)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=send, args=(f"word {count}",)) for count in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (taken,) = filter(None, outcomes)
    assert len(outcomes) == WRITERS
    assert oracle.rows(f"SELECT subject, version FROM ticket WHERE number = {number}") == [(taken, version + 1)]
    assert oracle.problems() == []
