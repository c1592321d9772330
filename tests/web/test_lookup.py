"""Look-up over all history, and the page that says why a deadline is what it is."""

import pytest
from sqlalchemy import select, update

from helpdesk.services import desk, intake, lookup
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def box(team):
    return make_mailbox(team)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Agent")


def comes(box, **more):
    arrive(box, eml(to=box.address, **more))
    intake.file_waiting()
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def numbers(query, by):
    return [found.ticket.number for found in lookup.search(query, by=by).found]


@pytest.mark.parametrize(
    "query",
    [
        "8 (916) 555-01-23", "+7 916 555 01 23", "9165550123", "8-916-555-01-23", "89165550123",
    ],
)  # fmt: skip
def test_a_phone_is_found_however_it_is_written(box, ana, query):
    ticket = comes(box, text="Мой номер +7 (916) 555-01-23, перезвоните.")
    comes(box, text="Мой номер 8 916 555 01 24.")
    assert numbers(query, ana) == [ticket.number]


def test_the_words_of_a_quotation_and_of_a_signature_find_the_ticket(box, ana):
    ticket = comes(box, text="Где заказ?\n\n> Уточните адрес\n\n-- \nглавный бухгалтер")
    assert [numbers(query, ana) for query in ("уточните", "бухгалтер")] == [[ticket.number]] * 2


@pytest.mark.parametrize(
    "query", ["возвраты", "ВОЗВРАТ", "ещё купоны", "еще купон", "djpdhfn", "Ольга", "o@client.test", "#1", "№ 1"]
)
def test_words_in_any_form_layout_and_case_find_the_ticket(box, ana, query):
    ticket = comes(box, sender="Ольга Образцова <o@client.test>", text="Прошу возврата: ещё один купон пропал.")
    assert numbers(query, ana) == [ticket.number]


def test_all_words_must_be_there(box, ana):
    comes(box, text="Прошу возврата.")
    assert numbers("возврат телевизора", ana) == []


def test_the_match_is_marked_and_markup_of_the_customer_is_not_markup(as_, box, ana):
    comes(box, text="<script>alert(1)</script> refund <b>please</b>")
    page = as_(ana).get("/lookup?q=refunds").text
    assert "<mark>refund</mark>" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_another_teams_ticket_is_not_found_by_anything(box, ana):
    foreign = make_mailbox(make_team("Refunds"), address="refunds@helpdesk.test")
    ticket = comes(foreign, sender="Ольга <o@client.test>", text="Secret words, 8 916 555-01-23")
    for query in ("secret", "o@client.test", "89165550123", str(ticket.number), "Ольга"):
        result = lookup.search(query, by=ana)
        assert (result.found, result.people) == ([], [])


def test_a_foreign_ticket_named_in_the_address_is_not_shown(as_, ana):
    ticket = comes(make_mailbox(make_team("Refunds"), address="refunds@helpdesk.test"), text="Secret words")
    page = as_(ana).get(f"/lookup?ticket={ticket.number}")
    assert page.status_code == 200
    assert "Secret" not in page.text
    assert as_(ana).get(f"/tickets/{ticket.number}/deadlines").status_code == 404


def test_a_deep_match_in_a_small_team_is_found_below_many_newer_ones_of_others(box, ana, monkeypatch):
    ticket = comes(box, text="common words")
    other = make_mailbox(make_team("Refunds"), address="refunds@helpdesk.test")
    for _ in range(5):
        comes(other, text="common words")
    monkeypatch.setattr(lookup, "MOST", 1)
    assert numbers("common", ana) == [ticket.number]


def test_verdicts_and_filters(as_, box, ana):
    with pretend(now() - 3 * HOUR):
        late = comes(box, text="refund one")
    fine = comes(box, text="refund two")
    client = as_(ana)
    page = client.get("/lookup?q=refund&verdict=late").text
    assert f"ticket={late.number}" in page
    assert f"ticket={fine.number}" not in page


def test_the_story_is_told_whole_or_as_contact_only(as_, box, ana):
    ticket = comes(box, text="Please help.")
    desk.note(ticket.number, text="A secret note.", by=ana)
    desk.reply(ticket.number, text="We help.", by=ana)
    desk.solve(ticket.number, by=ana)
    client = as_(ana)
    whole = client.get(f"/lookup?ticket={ticket.number}").text
    contact = client.get(f"/lookup?ticket={ticket.number}&show=contact").text
    assert "A secret note." in whole
    assert "Status: Open → Solved" in whole
    assert "A secret note." not in contact
    assert "We help." in contact


def test_why_a_deadline_was_missed(as_, box, ana):
    with pretend(now() - 2 * HOUR):
        ticket = comes(box)
    with pretend(now() - 90 * MINUTE):
        desk.take(ticket.number, by=ana)
    desk.reply(ticket.number, text="Sorry.", by=ana)
    page = as_(ana).get(f"/tickets/{ticket.number}/deadlines").text
    assert "after the deadline" in page
    assert "counted again: the same" in page
    assert "past the deadline" in page
    assert "Ana Agent" in page
    assert "nobody: it lay in the queue" in page


def test_a_pause_is_explained(as_, box, ana):
    with pretend(now() - 50 * MINUTE):
        ticket = comes(box)
        desk.reply(ticket.number, text="Which order?", by=ana)
        desk.pend(ticket.number, by=ana)
    page = as_(ana).get(f"/tickets/{ticket.number}/deadlines?clock=resolution-1").text
    assert "paused: waiting for the customer" in page
    assert "Paused," in page


def test_a_stored_clock_that_differs_from_the_history_is_told(as_, box, ana):
    ticket = comes(box)
    with transaction():
        db.session.execute(update(Clock).values(due_at=now() + 99 * HOUR))
    page = as_(ana).get(f"/tickets/{ticket.number}/deadlines").text
    assert "counted again: different from what is stored" in page


def test_a_ticket_without_a_policy_has_no_deadlines_to_explain(as_, app):
    team = make_team()
    ana = make_staff(teams=[team])
    ticket = comes(make_mailbox(team))
    assert "This ticket has no deadlines" in as_(ana).get(f"/tickets/{ticket.number}/deadlines").text
