"""A ticket's page: the talk, the acts, the guard against talking past each other."""

import re
from io import BytesIO

import pytest

from helpdesk.channels.incoming import File
from helpdesk.services import desk, handover, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Delivery, Message, Ticket
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team(name="Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.fixture
def ticket(team):
    arrive(
        make_mailbox(team),
        eml(
            text="The coupon failed at https://shop.test/o/1?a=1&b=2.\n\n> earlier words\n> of ours\n\n-- \nMarat Aliev"
        ),
    )
    intake.file_waiting()
    return db.session.query(Ticket).one()


@pytest.fixture
def client(as_, ana, ticket):
    return as_(ana)


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}{tail}"


def seen(page):
    return re.search(r'name="seen" value="(\d+)"', page.text)[1]


def customer_writes(ticket, text="Any news?"):
    with transaction():
        said = Said(text, "mail")
        db.session.add(actions.receive(ticket, said, by=ticket.customer, at=now()))


def test_the_page_shows_the_talk_the_clocks_and_the_customer(client, ticket):
    page = client.get(url(ticket)).text
    for words in (
        "The coupon failed at",
        'Show the quoted text</summary><blockquote class="prose-plain">&gt; earlier words\n&gt; of ours</blockquote>',
        'Show the signature</summary><blockquote class="prose-plain">--\nMarat Aliev</blockquote>',
        "First response",
        "Resolution",
        "marat@customer.test",
        "Coupons",
    ):
        assert words in page


def test_links_lead_where_they_say_and_nothing_is_handed_on(client, ticket):
    page = client.get(url(ticket)).text
    link = '<a href="https://shop.test/o/1?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">'
    assert link in page


def test_a_foreign_ticket_is_not_found(as_, ticket):
    stranger = as_(make_staff(teams=[make_team()]))
    doors = ("", "/thread", "/facts", "/head", "/files/1", "/messages/1/html")
    assert {stranger.get(url(ticket, door)).status_code for door in doors} == {404}
    assert stranger.post(url(ticket, "/take")).status_code == 404
    assert stranger.post(url(ticket, "/messages"), data={"text": "Hi"}).status_code == 404


def test_an_answer_is_promised_and_the_page_comes_back_to_it(client, ticket):
    answer = client.post(
        url(ticket, "/messages"), data={"text": "We look into it.", "seen": seen(client.get(url(ticket)))}
    )
    assert answer.status_code == 303
    message = db.session.query(Message).filter_by(kind="reply").one()
    assert answer.headers["Location"] == url(ticket, f"#m{message.id}")
    assert db.session.query(Delivery).filter_by(kind="reply").one().state == "waiting"
    assert "on its way" in client.get(url(ticket)).text


@pytest.mark.parametrize(("then", "status"), [("pend", "pending"), ("solve", "solved"), ("", "open")])
def test_an_answer_may_pause_or_solve(client, ticket, then, status):
    client.post(url(ticket, "/messages"), data={"text": "Done.", "then": then})
    assert ticket.status == status


def test_a_note_goes_to_nobody(client, ticket):
    client.post(url(ticket, "/messages"), data={"kind": "note", "text": "Ask the till."})
    assert db.session.query(Delivery).filter_by(kind="reply").count() == 0
    assert "the customer does not see it" in client.get(url(ticket)).text


def test_an_empty_answer_says_so_where_it_is_written(client, ticket):
    answer = client.post(url(ticket, "/messages"), data={"text": "  "})
    assert answer.status_code == 409
    assert "There is no text yet" in answer.text


def test_what_was_said_meanwhile_stops_the_answer_and_the_text_is_kept(client, ticket):
    before = seen(client.get(url(ticket)))
    customer_writes(ticket, "It is solved, thanks")
    answer = client.post(url(ticket, "/messages"), data={"text": "My long answer", "seen": before})
    assert answer.status_code == 409
    assert 'role="alertdialog"' in answer.text
    assert "It is solved, thanks" in answer.text
    assert "My long answer</textarea>" in answer.text
    assert db.session.query(Message).filter_by(kind="reply").count() == 0


def test_sent_as_it_is_the_answer_goes_unless_still_more_was_said(client, ticket):
    before = seen(client.get(url(ticket)))
    customer_writes(ticket, "One")
    guard = client.post(url(ticket, "/messages"), data={"text": "Answer", "seen": before})
    shown = re.search(r'name="anyway" value="(\d+)"', guard.text)[1]
    customer_writes(ticket, "Two")
    again = client.post(url(ticket, "/messages"), data={"text": "Answer", "seen": before, "anyway": shown})
    assert again.status_code == 409
    shown = re.search(r'name="anyway" value="(\d+)"', again.text)[1]
    assert (
        client.post(url(ticket, "/messages"), data={"text": "Answer", "seen": before, "anyway": shown}).status_code
        == 303
    )


def test_what_was_read_hides_no_other_refusal(client, ticket):
    page = client.get(url(ticket))
    heard = re.search(r'name="heard" value="(\d+)"', page.text)[1]
    customer_writes(ticket, "Any news?")
    form = {"text": "Soon", "seen": seen(client.get(url(ticket))), "heard": heard, "to": "no address"}
    answer = client.post(url(ticket, "/messages"), data=form)
    assert answer.status_code == 422
    assert 'role="alertdialog"' not in answer.text


def test_a_colleagues_answer_stops_mine_and_a_note_does_not(client, ticket, ana):
    before = seen(client.get(url(ticket)))
    desk.note(ticket.number, text="I look.", by=ana)
    assert client.post(url(ticket, "/messages"), data={"text": "A", "seen": before}).status_code == 303
    assert client.post(url(ticket, "/messages"), data={"text": "B", "seen": before}).status_code == 409


def test_a_stale_form_is_refused_and_says_what_changed(client, ticket, ana):
    bob = make_staff(teams=ticket.team and [ticket.team], name="Bob Braun")
    version = ticket.version
    desk.change_priority(ticket.number, to="urgent", by=bob)
    answer = client.post(url(ticket, "/pending"), data={"version": version})
    assert answer.status_code == 409
    assert "Priority: Normal → Urgent" in answer.text
    assert "Bob Braun" in answer.text
    assert ticket.status == "new"


ACTS = [
    ("/take", {}, lambda t, ana: t.owner == ana),
    ("/pending", {}, lambda t, _: t.status == "pending"),
    ("/hold", {}, lambda t, _: t.status == "on_hold"),
    ("/solution", {}, lambda t, _: t.status == "solved"),
    ("/closing", {}, lambda t, _: t.status == "closed"),
    ("/waiver", {}, lambda t, _: t.waiting_since is None),
    ("/priority", {"to": "urgent"}, lambda t, _: t.priority == "urgent"),
    ("/subject", {"to": "Refund"}, lambda t, _: t.subject == "Refund"),
    ("/tags", {"to": "возврат, vip,, возврат"}, lambda t, _: t.tags == ["vip", "возврат"]),
]


@pytest.mark.parametrize(("door", "form", "happened"), ACTS)
def test_each_act_does_its_thing_and_comes_back(client, ticket, ana, door, form, happened):
    answer = client.post(url(ticket, door), data={"version": ticket.version, **form})
    assert (answer.status_code, answer.headers["Location"]) == (303, url(ticket))
    assert happened(ticket, ana)


def test_what_waits_goes_on_and_what_is_solved_opens_again(client, ticket):
    client.post(url(ticket, "/pending"))
    client.post(url(ticket, "/resumption"))
    assert ticket.status == "open"
    client.post(url(ticket, "/solution"))
    client.post(url(ticket, "/reopening"))
    assert ticket.status == "open"


def test_an_agent_gives_tickets_to_nobody_but_themselves_a_lead_to_everybody(as_, client, ticket, ana):
    bob = make_staff(teams=[ticket.team])
    assert client.post(url(ticket, "/owner"), data={"to": bob.id}).status_code == 403
    lead = as_(make_staff("supervisor", teams=[ticket.team]))
    assert lead.post(url(ticket, "/owner"), data={"to": bob.id}).status_code == 303
    assert ticket.owner.id == bob.id
    lead.post(url(ticket, "/owner"), data={"to": ""})
    assert ticket.owner is None


def test_a_ticket_goes_to_another_teams_queue(client, ticket):
    other = make_team()
    answer = client.post(url(ticket, "/team"), data={"to": other.id})
    assert answer.headers["Location"] == "/queue"
    assert ticket.team_id == other.id


def test_a_handover_needs_a_note_and_waits_for_a_yes(client, as_, ticket, ana):
    bob = make_staff(teams=[ticket.team])
    make_shift(bob, ticket.team)
    client.post(url(ticket, "/take"))
    assert client.post(url(ticket, "/offers"), data={"to": bob.id, "note": " "}).status_code == 409
    assert client.post(url(ticket, "/offers"), data={"to": bob.id, "note": "Call back."}).status_code == 303
    offer = db.session.query(Offer).one()
    assert ticket.owner.id == ana.id
    assert as_(bob).post(f"/shift/offers/{offer.id}/acceptance").status_code == 303
    assert ticket.owner.id == bob.id


def test_a_strangers_follow_up_waits_for_approval(client, ticket, ana):
    stranger = make_staff(role=None, login=None, name="Stranger", email="s@else.test")
    with transaction():
        db.session.add(actions.hold_for_approval(ticket, Said("Let me in", "mail"), by=stranger, at=now()))
    message = db.session.query(Message).filter_by(kind="unapproved").one()
    assert "has not taken part" in client.get(url(ticket)).text
    client.post(url(ticket, f"/messages/{message.id}/approval"))
    db.session.refresh(message)
    assert message.kind == "received"


def test_a_file_is_kept_and_comes_back_as_a_download(client, ticket):
    upload = {"text": "See the file.", "files": (BytesIO(b"<script>1</script>"), "чек.html", "text/html")}
    client.post(url(ticket, "/messages"), data=upload, content_type="multipart/form-data")
    page = client.get(url(ticket)).text
    answer = client.get(re.search(r'href="([^"]*/files/\d+)"', page)[1])
    assert answer.data == b"<script>1</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D1%87%D0%B5%D0%BA.html" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_picture_that_is_none_is_no_picture(app, client, ticket, ana):
    desk.note(
        ticket.number,
        text="Files",
        by=ana,
        files=[File("a.png", "image/png", b"<svg onload=1>"), File("b.png", "image/png", b"\x89PNG\r\n\x1a\n1")],
    )
    urls = re.findall(r'href="([^"]*/files/\d+)"', client.get(url(ticket)).text)
    assert [client.get(one).headers["Content-Type"] for one in urls] == ["application/octet-stream", "image/png"]


def test_the_history_is_folded_and_in_words(client, ticket, ana):
    desk.take(ticket.number, by=ana)
    desk.change_tags(ticket.number, to=["refund"], by=ana)
    page = client.get(url(ticket)).text
    assert "Owner: nobody → Ana Seitova" in page
    assert "Tags: none → refund" in page
    russian = client.get(url(ticket, "?lang=ru")).text
    assert "Владелец: нет → Ana Seitova" in russian


def test_the_open_page_marks_what_is_new(client, ticket):
    before = seen(client.get(url(ticket)))
    customer_writes(ticket, "Hello again")
    fragment = client.get(url(ticket, f"/thread?seen={before}")).text
    assert 'class="unread"' in fragment
    assert "<html" not in fragment


def test_a_failed_delivery_says_why(client, ticket, ana):
    desk.reply(ticket.number, text="Hi", by=ana)
    with transaction():
        delivery = db.session.query(Delivery).filter_by(kind="reply").one()
        delivery.state, delivery.result = "failed", "550 no such user"
    page = client.get(url(ticket)).text
    assert "not delivered" in page
    assert "550 no such user" in page


def test_earlier_tickets_of_the_customer_stand_beside(client, ticket, team, ana):
    other = desk.open_ticket(customer=ticket.customer, team_id=team.id, subject="Once before", text="Called", by=ana)
    assert "Once before" in client.get(url(ticket)).text
    assert url(other) in client.get(url(ticket)).text


def test_the_shift_page_offers_all_at_once_and_takes_a_refusal_with_its_reason(as_, client, ticket, ana):
    bob = make_staff(teams=[ticket.team], name="Bob Braun")
    client.post(url(ticket, "/take"))
    form = {"tickets": ticket.number, "to_all": bob.id, "note_all": "Write tomorrow."}
    assert client.post("/shift/offers", data=form).status_code == 303
    his = as_(bob)
    assert "Write tomorrow." in his.get("/shift").text
    offer = db.session.query(Offer).one()
    assert his.post(f"/shift/offers/{offer.id}/refusal", data={"reason": " "}).status_code == 409
    his.post(f"/shift/offers/{offer.id}/refusal", data={"reason": "I leave at six"})
    assert "I leave at six" in client.get("/shift").text


def test_a_lead_sees_what_hangs_without_an_owner_on_duty(as_, client, ticket, ana):
    client.post(url(ticket, "/take"))
    lead = as_(make_staff("supervisor", teams=[ticket.team]))
    assert f'href="{url(ticket)}"' in lead.get("/shift/hanging").text
    assert client.get("/shift/hanging").status_code == 403
    make_shift(ana, ticket.team)
    assert f'href="{url(ticket)}"' not in lead.get("/shift/hanging").text


def test_an_offer_to_somebody_else_is_not_mine_to_take(as_, client, ticket, ana):
    bob, eve = make_staff(teams=[ticket.team]), make_staff(teams=[ticket.team])
    client.post(url(ticket, "/take"))
    offer = handover.offer(ticket.number, to=bob.id, note="Yours.", by=ana)
    assert as_(eve).post(f"/shift/offers/{offer.id}/acceptance").status_code == 403


@pytest.mark.once
def test_an_automatic_message_is_folded_under_what_it_is(client, ticket):
    with transaction():
        said = Said(text="I am back on Monday.", channel="mail", facts={"nature": "away"})
        db.session.add(actions.receive_automatic(ticket, said, by=ticket.customer, at=now()))
    assert "Out of the office: Marat" in client.get(url(ticket)).text


@pytest.mark.once
def test_a_mail_that_is_encrypted_says_so_and_an_invitation_is_told(client, ticket):
    invitation = {"method": "request", "what": "Second try", "start": "2026-03-05T14:00:00+05:00", "end": "2026-03-06"}
    with transaction():
        said = Said(text="", channel="mail", facts={"seal": "encrypted_pgp", "invitation": invitation})
        db.session.add(actions.receive(ticket, said, by=ticket.customer, at=now(), recorded_at=now()))
    page = client.get(url(ticket)).text
    assert "This mail is encrypted (PGP) and can&#39;t be read here." in page
    assert "Second try" in page
    assert 'datetime="2026-03-05T09:00:00' in page


def test_the_page_says_who_held_the_ticket_and_how_they_came_to_it(client, ticket, ana):
    with pretend(ticket.opened_at + HOUR):
        desk.take(ticket.number, by=ana)
    with pretend(ticket.opened_at + 3 * HOUR):
        page = client.get(url(ticket)).text
    owners = re.search(r'<ul class="links owners">(.*?)</ul>', page, re.S)[1]
    told = re.findall(r'clip">(?:<span class="dim">)?([^<>]+)</span>', owners)
    assert told == ["Ana Seitova", "took it", "queue of Coupons", "came in"]
