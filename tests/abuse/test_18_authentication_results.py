"""Only the topmost Authentication-Results of our own server counts; what it says of a sender is shown and obeyed."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from helpdesk.channels.mail.authentication import findings
from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.tokens import token
from tests.channels.mail.mails import make, seen
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

SERVER, FROM = "mx.us.test", "aigul@client.example"
FAIL, PASS = f"{SERVER}; spf=fail; dmarc=fail", f"{SERVER}; dmarc=pass"


def test_a_forged_result_is_ignored():
    plain = make(From="boss@desk.example.kz")
    forged = b"Authentication-Results: desk.example.kz; dmarc=pass; spf=pass; dkim=pass\n" + plain
    assert replace(seen(forged), key="") == replace(seen(plain), key="")


def found(*results, server=SERVER):
    """What is made of these fields, the topmost first."""
    fields = b"".join(b"Authentication-Results: " + text.encode() + b"\n" for text in results)
    return findings(fields + make(), server, FROM)["verdict"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("dmarc=pass header.from=client.example", "pass"),
        ("dmarc=fail (p=none dis=none) header.from=client.example; spf=pass smtp.mailfrom=x@client.example", "fail"),
        ("spf=pass smtp.mailfrom=bounce@mail.client.example", "pass"),
        ("spf=pass smtp.mailfrom=x@elsewhere.example", "none"),
        ("dkim=pass header.d=client.example", "pass"),
        ("dkim=pass header.d=ient.example", "none"),
        ("dkim=pass header.d=example", "none"),
        ("dkim=fail header.d=client.example; dkim=pass header.d=client.example", "pass"),
        ("spf=fail smtp.mailfrom=x@client.example; dkim=none", "fail"),
        ("spf=fail smtp.mailfrom=x@client.example; dkim=pass header.d=list.example", "none"),
        ("spf=softfail smtp.mailfrom=client.example; dmarc=temperror", "none"),
        ("none", "none"),
        ("", "none"),
        ("(dmarc=pass (dkim=pass)) dmarc=none", "none"),
        ("DMARC/1=Pass", "pass"),
    ],
)
def test_what_our_server_says(text, verdict):
    assert found(f"{SERVER} 1; {text}") == verdict
    assert found(f"{SERVER.upper()}; {text}") == verdict


def test_only_the_topmost_of_our_server_counts():
    assert found(FAIL, PASS) == "fail"
    assert found("mx.elsewhere.test; dmarc=pass", FAIL, PASS) == "fail"


@pytest.mark.parametrize("forged", ["elsewhere.test; dmarc=pass", f"x{SERVER}; dmarc=pass", f"({SERVER}); dmarc=pass"])
def test_what_another_server_says_counts_for_nothing(forged):
    assert found(forged) == "none"


@pytest.mark.parametrize(
    "text", ["(" * 8000, f"{SERVER};" * 700, f"{SERVER}; dkim=" + "a" * 7000, "\0;=;=", ";" * 8000]
)
def test_whatever_stands_in_it_is_read_at_once(text):
    assert found(text) == "none"


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team(), settings={"trusted_server": SERVER})


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def tickets():
    return db.session.scalars(select(Ticket).order_by(Ticket.id).execution_options(populate_existing=True)).all()


def test_who_fails_is_linked_to_no_account_and_gets_no_acknowledgement(mailbox):
    comes(mailbox, eml(Authentication_Results=PASS))
    comes(mailbox, eml(Authentication_Results=FAIL))
    first, second = tickets()
    assert first.customer != second.customer
    assert second.customer.contacts == []
    assert [one.ticket_id for one in db.session.scalars(select(Delivery))] == [first.id]


@pytest.mark.parametrize("way", ["reply address", "reference"])
def test_who_fails_joins_no_ticket_unapproved(mailbox, way):
    comes(mailbox, eml(Authentication_Results=PASS, Message_ID="<first@customer.test>"))
    signed = token(tickets()[0].secret, settings().secret_key, "marat@customer.test")
    ways = {"reply address": {"to": f"support+{signed}@us.test"}, "reference": {"References": "<first@customer.test>"}}
    comes(mailbox, eml(Authentication_Results=FAIL, **ways[way]))
    newest = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (newest.ticket.number, newest.kind) == (1, "unapproved")


def test_whom_a_failing_mail_names_is_not_taken_down(mailbox):
    comes(mailbox, eml(Authentication_Results=FAIL, Cc="olga@customer.test"))
    assert db.session.scalars(select(Participant)).all() == []


@pytest.mark.parametrize(
    ("results", "words"),
    [(PASS, "sender genuine"), (FAIL, "the sender may be forged"), ("x; dmarc=pass", "not checked")],
)
def test_the_page_says_it_at_the_message(as_, mailbox, results, words):
    comes(mailbox, eml(Authentication_Results=results))
    page = as_(make_staff("administrator")).get("/tickets/1").text
    assert words in page
    assert "DMARC: " in page


@pytest.mark.parametrize(
    "names",
    [
        {"sender": "noreply@evil.test", "Reply_To": "boss@client.example"},
        {"sender": "l@evil.test", "List_Id": "<l>", "X_Original_From": "boss@client.example"},
    ],
)
@pytest.mark.parametrize(("results", "verdict"), [(PASS, "none"), (FAIL, "fail")])
def test_a_genuine_from_vouches_for_nobody_whom_the_mail_merely_names(mailbox, names, results, verdict):
    comes(mailbox, eml(Authentication_Results=results, **names))
    message = db.session.scalars(select(Message).order_by(Message.id)).first()
    assert message.facts["authentication"]["verdict"] == verdict


def test_a_mailbox_without_a_named_server_shows_and_changes_nothing(as_, app):
    make_policy()
    mailbox = make_mailbox(make_team())
    comes(mailbox, eml(Authentication_Results=FAIL))
    assert tickets()[0].customer.contact("email") is not None
    assert "DMARC" not in as_(make_staff("administrator")).get("/tickets/1").text


def test_several_forged_ones_filed_together_are_as_many_strangers(mailbox):
    for _ in range(3):
        arrive(mailbox, eml(Authentication_Results=FAIL))
    arrive(mailbox, eml(sender="new@customer.test"))
    intake.file_waiting()
    assert len({ticket.customer_id for ticket in tickets()}) == 4


def test_the_history_of_a_forged_ones_ticket_goes_on(mailbox):
    comes(mailbox, eml(Authentication_Results=FAIL))
    ana = make_staff(teams=[tickets()[0].team])
    desk.solve(1, by=ana)
    assert tickets()[0].status == "solved"
