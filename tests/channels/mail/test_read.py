import hashlib
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.channels.incoming import Reason
from helpdesk.channels.mail.read import as_report, incoming, read_lines
from helpdesk.errors import Refused
from helpdesk.tickets.tokens import fresh_secret, token
from tests.channels.mail.mails import KEY, OWN, make, multipart, seen

FORWARDED = """---------- Forwarded message ---------
From: Болат <bolat@client.example>
Date: 3 Mar 2026
Subject: x

Помогите"""
NOW = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)


def test_an_incoming_carries_what_the_desk_needs():
    raw = make(
        "Когда привезут?\n\nOn 2 Mar 2026 Support <help@desk.example.kz> wrote:\n> Скоро.",
        In_Reply_To="<b@desk.example.kz>",
        References="<a@desk.example.kz> <b@desk.example.kz>",
        Delivered_To="help+token@desk.example.kz",
        Cc="Болат <bolat@client.example>",
    )
    contact = incoming(seen(raw), received=NOW)
    assert (contact.channel, contact.sender.name, contact.sender.address) == (
        "mail",
        "Айгуль Сейтова",
        "aigul@client.example",
    )
    assert (contact.text, contact.quoted) == (
        "Когда привезут?",
        "On 2 Mar 2026 Support <help@desk.example.kz> wrote:\n> Скоро.",
    )
    assert contact.references == ("a@desk.example.kz", "b@desk.example.kz")
    assert contact.recipients == ("help+token@desk.example.kz", "help@desk.example.kz", "bolat@client.example")
    assert (contact.at, contact.message_id) == (NOW, "m1@client.example")


def test_quoted_text_is_shown_when_nothing_else_was_written():
    contact = incoming(seen(make("> только цитата")), received=NOW)
    assert (contact.text, contact.quoted) == ("> только цитата", "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (make(From="help@desk.example.kz"), Reason.OWN),
        (make(From="help+token@desk.example.kz"), Reason.OWN),
        (make(Message_ID=f"<1.{token(fresh_secret(), KEY)}@desk.example.kz>"), Reason.OWN),
        (make(From="help@desk.example.kz", Reply_To="help+token@desk.example.kz"), Reason.OWN),
        (make("", Subject=""), Reason.EMPTY),
        (make("Sorry.", From="MAILER-DAEMON", Subject="Returned mail"), Reason.DROP),
    ],
)
def test_refused_mails(raw, reason):
    with pytest.raises(Refused) as refusal:
        incoming(seen(raw), received=NOW)
    assert refusal.value.reason is reason


def test_a_host_that_others_have_as_well_makes_no_mail_ours():
    assert not seen(make(Message_ID="<x1@desk.example.kz>")).is_own


@pytest.mark.parametrize("key", ["", "another"])
def test_a_token_that_we_did_not_sign_makes_no_mail_ours(key):
    assert not seen(make(Message_ID=f"<1.{token(fresh_secret(), key)}@desk.example.kz>")).is_own


def test_a_form_that_sends_in_our_name_is_the_customers_and_gets_no_automatic_answer():
    mail = seen(make(From="help@desk.example.kz", Reply_To="buyer@client.example"))
    assert (mail.is_own, mail.effective_sender, mail.may_answer) == (False, "buyer@client.example", False)


def test_dates_keep_their_zone():
    assert seen(make()).date == datetime(2026, 3, 3, 4, 15, tzinfo=UTC)
    assert seen(make()).date.utcoffset() == timedelta(hours=5)


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, "aigul@client.example"),
        ({"Reply_To": "other@client.example"}, "aigul@client.example"),
        ({"From": "noreply@shop.example", "Reply_To": "buyer@client.example"}, "buyer@client.example"),
        ({"From": "noreply@shop.example", "Reply_To": "help@desk.example.kz"}, "noreply@shop.example"),
        ({"From": "list@lists.example", "List_Id": "<l>", "X_Original_From": "a@client.example"}, "a@client.example"),
    ],
)
def test_whom_the_ticket_is_for(fields, address):
    assert seen(make(**fields)).effective_sender == address


def test_a_colleague_forwards_for_the_customer():
    assert (
        seen(make(FORWARDED, From="agent@desk.example.kz", Subject="Fwd: x")).effective_sender == "bolat@client.example"
    )


def test_a_stranger_forwards_for_himself():
    assert seen(make(FORWARDED, Subject="Fwd: x")).effective_sender == "aigul@client.example"


def test_a_report_is_json_and_names_every_file():
    mail = seen(multipart("Content-Type: text/plain\n\nhi", "Content-Type: application/pdf; name=a.pdf\n\n%PDF"))
    (file,) = json.loads(json.dumps(as_report(mail)))["attachments"]
    assert file == {
        "filename": "a.pdf",
        "content_type": "application/pdf",
        "size": 4,
        "md5": hashlib.md5(b"%PDF").hexdigest(),
        "inline": False,
    }


def test_each_path_gets_one_line_of_json_and_a_bad_one_stops_nothing(tmp_path):
    good, empty = tmp_path / "good.eml", tmp_path / "empty.eml"
    good.write_bytes(make())
    empty.write_bytes(b"")
    out = io.StringIO()
    read_lines(io.BytesIO(f"{tmp_path}/none\n{empty}\n{good}\n".encode()), out, OWN)
    missing, unreadable, answer = map(json.loads, out.getvalue().splitlines())
    assert ("error" in missing, "error" in unreadable) == (True, True)
    assert answer["subject"] == "Вопрос по счёту"
