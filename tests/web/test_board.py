"""The board, as a supervisor meets it."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, firing, handing_on, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team], name="Lea Lead")


def comes(team, at, address="support@helpdesk.test"):
    with pretend(at):
        arrive(make_mailbox(team, address=address), eml(to=address))
        intake.file_waiting()
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def test_the_board_of_an_empty_desk_says_so(as_, lead):
    page = as_(lead).get("/board")
    assert page.status_code == 200
    assert "Nothing has a deadline ahead." in page.text
    assert "No deadline was missed today." in page.text


def test_what_falls_due_stands_apart_from_what_was_missed(as_, team, lead):
    missed, coming = comes(team, now() - 61 * MINUTE), comes(team, now() - 59 * MINUTE, "more@helpdesk.test")
    firing.fire_due()
    page = as_(lead).get("/board").text
    nexts, _, rest = page.partition('id="b-broken"')
    assert f'id="d{coming.number}"' in nexts
    assert f'id="d{missed.number}"' not in nexts
    assert f'href="/tickets/{missed.number}"' in rest
    assert "late already: 1" in page


def test_only_the_unit_of_a_long_wait_is_small(as_, team):
    comes(team, now() - 1415 * HOUR)
    page = as_(make_staff("supervisor", [team], locale="ru")).get("/board").text
    assert "<strong>1\u00a0415<small> ч </small></strong>" in page


def test_the_page_asks_for_news_at_the_second_of_the_breach(as_, team, lead):
    ticket = comes(team, now() - 59 * MINUTE)
    page = as_(lead).get("/board").text
    assert 'data-live="/board/now"' in page
    assert 'data-stale-after="15"' in page
    assert f'data-due="{ticket.due_at:%Y-%m-%dT%H:%M:%S}' in page


def test_a_supervisor_sees_only_their_teams_and_an_administrator_all(as_, team, lead):
    comes(make_team("Refunds"), now() - 2 * HOUR)
    assert "Refunds" not in as_(lead).get("/board").text
    assert "Refunds" in as_(make_staff("administrator")).get("/board").text


def test_an_agent_has_no_board(as_, team):
    assert as_(make_staff(teams=[team])).get("/board").status_code == 403


def test_a_team_with_open_tickets_and_nobody_on_duty_is_named(as_, team, lead):
    client = as_(lead)
    comes(team, now())
    assert "nobody in: Coupons" in client.get("/board").text
    make_shift(lead, team)
    assert "every team is covered" in client.get("/board").text


def test_what_nobody_took_over_is_on_the_board(as_, team, lead):
    ana = make_staff(teams=[team], name="Ana Agent")
    ticket = comes(team, now() - MINUTE)
    desk.take(ticket.number, by=ana)
    make_shift(ana, team, starts_at=now() - 2 * HOUR, ends_at=now() - HOUR)
    handing_on.end_shifts()
    page = as_(lead).get("/board").text
    assert "nobody to hand over to" in page
    assert "A.\u00a0Agent" in page


def test_the_board_speaks_russian(as_, lead):
    page = as_(lead).get("/board?lang=ru").text
    assert "Ближайшие нарушения" in page
    assert "Next to fall due" not in page
