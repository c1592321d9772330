"""Row 11: fifty creators at once, each of whom loses to others at the number: begun anew, each with a number of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select

from helpdesk.people.models import Person
from helpdesk.services import desk, intake, splitting
from helpdesk.services.database import db
from helpdesk.services.numbers import TAKE
from helpdesk.services.store import PAUSES
from helpdesk.tickets.models import Event, Message, Ticket
from tests.conftest import ON
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle
from tests.web.conftest import app, as_  # noqa: F401

MANY = 50
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'another goes first' USING ERRCODE = '{}'; END $$"
SURELY_OFTENER = 99


class Losing:
    """In each thread so many takings of a number are lost; on SQLite, where writers wait in line, none can be."""

    def __init__(self, times):
        self.times, self.own, self.lost = times, threading.local(), 0

    def __call__(self, _connection, _cursor, statement, parameters, _context, _many):
        before = getattr(self.own, "lost", 0)
        if ON == "sqlite" or not statement.startswith(TAKE.text[:30]) or before >= self.times:
            return statement, parameters
        self.own.lost = before + 1
        self.lost += 1
        return RAISE.format(("40P01", "40001")[before % 2]), {}


@pytest.fixture
def losing(app, request):  # noqa: F811
    made = Losing(request.param)
    event.listen(db.engine, "before_cursor_execute", made, retval=True)
    yield made
    event.remove(db.engine, "before_cursor_execute", made)


@pytest.fixture
def team(app):  # noqa: F811
    make_policy()
    return make_team()


@pytest.mark.parametrize("losing", [2], indirect=True)
def test_each_creator_gets_a_ticket_with_a_number_of_its_own(app, config, losing, team):  # noqa: F811
    pairs = [(make_staff(teams=[team]).id, make_staff(None, login=None, name=f"Customer {n}").id) for n in range(MANY)]
    together, team_id = threading.Barrier(MANY), team.id

    def create(pair):
        with app.app_context():
            together.wait(30)
            by, customer = (db.session.get_one(Person, one) for one in pair)
            return desk.open_ticket(customer=customer, team_id=team_id, subject="Cup", text="Called", by=by).number

    db.session.remove()
    with ThreadPoolExecutor(MANY) as pool:
        numbers = list(pool.map(create, pairs))
    db.session.rollback()
    rows = db.session.execute(
        select(Ticket.number, Event.actor_id, Ticket.customer_id).join(Event).where(Event.seq == 1)
    )
    assert {number: (by, customer) for number, by, customer in rows} == dict(zip(numbers, pairs, strict=True))
    assert sorted(numbers) == list(range(1, MANY + 1))
    assert losing.lost == (0 if ON == "sqlite" else 2 * MANY)
    assert Oracle(config).problems() == []


if ON == "postgresql":  # writers of SQLite wait in line

    @pytest.mark.parametrize("losing", [SURELY_OFTENER], indirect=True)
    def test_who_loses_ever_again_is_told_so_and_nothing_is_done(config, losing, team, as_):
        client, oracle = as_(make_staff(teams=[team])), Oracle(config)
        form = {"name": "Marat", "team": str(team.id), "subject": "Cup", "text": "Called"}
        answer = client.post("/tickets/new", data=form)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Nothing was changed" in answer.text
        assert losing.lost == len(PAUSES) + 1
        assert oracle.one("SELECT count(*) FROM ticket") == 0

    @pytest.mark.parametrize("losing", [2], indirect=True)
    def test_what_is_split_off_gets_a_number_and_its_ticket_tells_of_it_once(config, losing, team):
        by, losing.own.lost = make_staff(teams=[team]), losing.times
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
        losing.own.lost = 0
        asked = db.session.scalar(select(Message.id))
        assert splitting.split(1, [asked], subject="Saucer", by=by).number == 2
        assert list(db.session.scalars(select(Event.kind).where(Event.kind.startswith("split")))) == [
            "split_from",
            "split",
        ]
        assert Oracle(config).problems() == []

    @pytest.mark.parametrize("losing", [1, 2], indirect=True)
    def test_what_came_in_is_filed_all_the_same(losing, team):
        mailbox = make_mailbox(team)
        for _ in range(3):
            arrive(mailbox, eml())
        intake.file_waiting()
        assert list(db.session.scalars(select(Ticket.number).order_by(Ticket.number))) == [1, 2, 3]
