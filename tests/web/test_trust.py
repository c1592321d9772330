"""The pages by which staff say what counts: junk, strangers, participants, and what belongs where."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, inboxes, intake
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def ticket(mailbox):
    comes(mailbox, eml())
    return db.session.scalars(select(Ticket)).one()


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def test_junk_says_so_and_is_taken_back_by_a_button(as_, ticket, ana):
    client = as_(ana)
    client.post("/tickets/1/junk")
    page = client.get("/tickets/1").text
    assert "This ticket is junk." in page
    assert "/tickets/1/junk/return" in page
    assert "does not count, and has no deadlines" in page
    client.post("/tickets/1/junk/return")
    assert "junk/return" not in client.get("/tickets/1").text


@pytest.fixture
def two(mailbox, ticket):
    """Marat's, and what perhaps belongs to it."""
    comes(mailbox, eml(sender="eve@elsewhere.test", text="The blue one.", to=f"support+{ticket.secret}@helpdesk.test"))


@pytest.mark.parametrize("number", [1, 2])
def test_both_tickets_show_what_perhaps_belongs_and_why(as_, two, ana, number):
    page = as_(ana).get(f"/tickets/{number}").text
    assert "perhaps belongs" in page
    assert f"/tickets/{3 - number}" in page
    assert "cut or forged address" in page


@pytest.fixture
def foreign(two, ana):
    """Marat's ticket, with a subject that nobody else is to see, now of another team; Eve's stays."""
    desk.change_subject(1, to="CANARY", by=ana)
    desk.change_team(1, to=make_team().id, by=ana)


def test_of_a_foreign_teams_ticket_nothing_is_suggested_or_told(as_, foreign, ana, lead):
    assert as_(ana).get("/tickets/2").status_code == 200
    assert "CANARY" not in as_(ana).get("/tickets/2").text
    page = as_(lead).get("/intake?tab=approval").text
    assert "CANARY" not in page
    assert "Nothing waits" in page


def test_whoever_sees_both_teams_is_asked(as_, foreign):
    page = as_(make_staff("administrator")).get("/intake?tab=approval").text
    assert "CANARY" in page


def test_one_click_joins_it_and_goes_to_the_other_ticket(as_, two, ana):
    client = as_(ana)
    answer = client.post("/tickets/2/belonging")
    assert answer.location.endswith("/tickets/1")
    page = client.get("/tickets/1").text
    assert "The blue one." in page
    assert "moved from" in page
    assert "This belongs to another ticket." in client.get("/tickets/2").text


def test_one_click_dismisses_it(as_, two, ana):
    client = as_(ana)
    client.post("/tickets/2/belonging/dismissal")
    assert "perhaps belongs" not in client.get("/tickets/1").text + client.get("/tickets/2").text


def test_who_is_in_copy_is_let_in_and_kept_out_in_the_ticket(as_, mailbox, ana):
    comes(mailbox, eml(Cc="Olga <olga@customer.test>"))
    client = as_(ana)
    assert "you let them in" in client.get("/tickets/1").text
    client.post("/tickets/1/participants/1/approval")
    page = client.get("/tickets/1").text
    assert "olga@customer.test takes part now" in page
    assert "you let them in" not in page
    client.post("/tickets/1/participants/1/refusal")
    page = client.get("/tickets/1").text
    assert "kept out</span>" in page
    assert "/participants/1/refusal" not in page
    client.post("/tickets/1/participants/1/approval")
    assert "kept out</span>" not in client.get("/tickets/1").text


def test_a_strangers_words_are_refused_in_the_ticket_and_stay_to_be_seen(as_, mailbox, ticket, ana):
    signed = token(ticket.secret, settings().secret_key, "marat@customer.test")
    comes(mailbox, eml(sender="eve@elsewhere.test", text="Let me in.", to=f"support+{signed}@helpdesk.test"))
    message = ticket_messages()[-1]
    client = as_(ana)
    client.post(f"/tickets/1/messages/{message.id}/refusal")
    page = client.get("/tickets/1").text
    assert "Let me in." in page
    assert "Refused: it does not count." in page
    client.post(f"/tickets/1/messages/{message.id}/approval")
    assert ticket_messages()[-1].kind == "declined"


def ticket_messages():
    return db.session.scalars(select(Message).order_by(Message.id).execution_options(populate_existing=True)).all()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


def test_the_intake_page_lists_what_waits_newest_first_with_reasons(as_, mailbox, two, lead):
    signed = token(ticket_messages()[0].ticket.secret, settings().secret_key, "marat@customer.test")
    comes(mailbox, eml(sender="vera@elsewhere.test", text="Let me in.", to=f"support+{signed}@helpdesk.test"))
    comes(mailbox, eml(Cc="olga@customer.test"))
    page = as_(lead).get("/intake?tab=approval").text
    told = ["has this person in copy", "has not taken part", "cut or forged address"]
    assert sorted(told, key=page.index) == told


def test_it_is_decided_on_the_intake_page_and_one_stays_there(as_, two, lead):
    client = as_(lead)
    answer = client.post("/tickets/2/belonging", data={"back": "/intake?tab=approval"})
    assert answer.location == "/intake?tab=approval"
    assert "Nothing waits" in client.get("/intake?tab=approval").text


@pytest.mark.parametrize("end", ["junk", "close"])
def test_what_ended_waits_for_nobody(as_, mailbox, two, lead, ana, end):
    signed = token(ticket_messages()[0].ticket.secret, settings().secret_key, "marat@customer.test")
    comes(mailbox, eml(sender="vera@elsewhere.test", text="Let me in.", to=f"support+{signed}@helpdesk.test"))
    for number in (1, 2):
        getattr(desk, end)(number, by=ana)
    assert "Nothing waits" in as_(lead).get("/intake?tab=approval").text
    assert inboxes.counts(lead)["approval"] == 0


def test_what_waits_in_other_teams_is_not_shown(as_, two):
    page = as_(make_staff("supervisor", [make_team()])).get("/intake?tab=approval").text
    assert "Nothing waits" in page


def test_a_sender_is_blocked_and_unblocked_on_the_intake_page(as_, mailbox, lead):
    client = as_(lead)
    client.post("/intake/blocks", data={"value": "evil.test", "channel": mailbox.id, "note": "Lottery"})
    page = client.get("/intake?tab=blocks").text
    assert "evil.test" in page
    assert lead.name in page
    comes(mailbox, eml(sender="x@evil.test"))
    assert "The sender is blocked." in client.get("/intake?tab=refused").text
    client.post("/intake/blocks/1/removal")
    page = client.get("/intake?tab=blocks").text
    assert "Mail from evil.test is let in again." in page
    assert "Nobody is blocked." in page


def test_the_way_to_all_other_pages_stays_on_the_page_of_the_blocked(as_, mailbox, lead):
    rail = as_(lead).get("/intake?tab=blocks").text.partition("<main")[0]
    assert 'href="/queue"' in rail
    assert 'href="/intake"' in rail


def test_a_wrong_domain_is_answered_with_what_to_write(as_, mailbox, lead):
    answer = as_(lead).post("/intake/blocks", data={"value": "everything", "channel": mailbox.id, "note": "Lottery"})
    assert answer.status_code == 422
    assert "Write an address" in answer.text
    assert 'value="everything"' in answer.text
    assert 'value="Lottery"' in answer.text


def test_junk_may_block_its_sender(as_, mailbox, ticket, ana):
    as_(ana).post("/tickets/1/junk", data={"block": "1"})
    comes(mailbox, eml())
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_junk_whose_sender_can_not_be_blocked_is_no_junk_either(as_, mailbox, ana):
    make_staff(email="vera@staff.test")
    comes(mailbox, eml(sender="vera@staff.test"))
    answer = as_(ana).post("/tickets/1/junk", data={"block": "1"})
    assert answer.status_code == 409
    assert "One of us writes from there" in answer.text
    assert ticket_messages()[0].ticket.status == "new"


def test_the_intake_page_says_it_in_russian(as_, two, lead, team):
    page = as_(make_staff("supervisor", [team], locale="ru")).get("/intake?tab=approval").text
    assert "Ждут решения" in page
    assert "Относится туда" in page
