"""The sheet of a shift and the board: as many statements for many offers as for a few."""

import re

import pytest
from sqlalchemy import event

from helpdesk.services import desk, handover, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def offer(team):
    """Make so many offers, each of a customer's own ticket, from one colleague to another."""
    ana, bea = make_staff(teams=[team]), make_staff(teams=[team])
    box = make_mailbox(team)

    def offer(count):
        for _ in range(count):
            arrive(box, eml(sender=f"c{db.session.query(Ticket).count()}{_}@customer.test"))
        intake.file_waiting()
        for ticket in db.session.query(Ticket).filter(Ticket.owner_id.is_(None)):
            desk.take(ticket.number, by=ana)
            handover.offer(ticket.number, to=bea.id, note="Call back.", by=ana)
        return bea

    return offer


@pytest.fixture
def statements(app):
    """How many statements a page needs."""
    seen = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    def count(client, path):
        seen.clear()
        assert client.get(path).status_code == 200
        return len(seen)

    return count


def test_25_offers_need_no_more_statements_than_3(as_, team, offer, statements):
    bea, lead = as_(offer(3)), as_(make_staff("supervisor", teams=[team]))
    pages = ((bea, "/shift"), (lead, "/shift"), (lead, "/board"))
    few = [statements(client, path) for client, path in pages]
    offer(22)
    assert [statements(client, path) for client, path in pages] <= few


@pytest.fixture
def ana(team):
    """Ana, whose shift ends in twenty minutes, holds two tickets; Bea stays."""
    ana, bea = (
        make_staff(teams=[team], name="Ana"),
        make_staff(teams=[team], name="Bea", languages=["en"], skills=["VIP"]),
    )
    make_shift(ana, team, now() - HOUR, now() + 20 * MINUTE)
    make_shift(bea, team)
    box = make_mailbox(team)
    for _ in range(2):
        arrive(box, eml())
    intake.file_waiting()
    for number in (1, 2):
        desk.take(number, by=ana)
    return ana


def offers():
    return [(one.receiver.name, one.note) for one in db.session.query(Offer).order_by(Offer.id)]


def test_before_the_shift_ends_every_page_says_so_and_the_sheet_suggests_who_takes_over_and_why(as_, ana):
    client = as_(ana)
    assert "You hold 2 open tickets." in client.get("/queue").text
    page = client.get("/shift").text
    assert "answers in English" in page
    assert re.search(r"selected>Bea · 0 open<.*Suggested: Bea — on shift until", page, re.S)


def test_all_are_offered_to_those_chosen_with_one_note(as_, ana):
    bea = next(one.person for one in ana.memberships[0].team.memberships if one.person.name == "Bea")
    form = {"tickets": [1, 2], "to_1": bea.id, "to_2": bea.id, "note_2": "Call her.", "note_all": "Wait for mail."}
    as_(ana).post("/shift/offers", data=form)
    assert offers() == [("Bea", "Wait for mail."), ("Bea", "Call her.")]
    page = as_(bea).post("/shift/offers/acceptance", follow_redirects=True).text
    assert "2 tickets are yours now." in page


def test_a_row_without_a_note_is_told_of_and_not_offered(as_, ana):
    bea = next(one.person for one in ana.memberships[0].team.memberships if one.person.name == "Bea")
    form = {"tickets": [1, 2], "to_1": bea.id, "to_2": bea.id, "note_2": "Call her."}
    page = as_(ana).post("/shift/offers", data=form, follow_redirects=True).text
    assert "1 has no receiver or no note yet." in page
    assert offers() == [("Bea", "Call her.")]


def test_a_lead_sees_what_hangs_counted_in_the_bar_and_takes_it_from_the_page(as_, team):
    arrive(make_mailbox(team), eml())
    intake.file_waiting()
    lead = make_staff("supervisor", teams=[team])
    make_shift(lead, make_team())
    client = as_(lead)
    assert "1 ticket hangs" in client.get("/queue").text
    assert 'formaction="/tickets/1/take"' in client.get("/shift/hanging").text
    client.post("/tickets/1/take", data={"back": "/shift/hanging"})
    assert "Every ticket has a holder on duty" in client.get("/shift/hanging").text


def test_an_agent_has_no_page_of_what_hangs(as_, ana):
    assert as_(ana).get("/shift/hanging").status_code == 403
