import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.channels.chat import payload, webhook
from helpdesk.channels.chat.arrival import arrived
from helpdesk.channels.incoming import Reason
from helpdesk.errors import NotAllowed, Refused
from tests.channels.chat.signing import KEY, SECRET, message, sign

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
BODY = message()


def test_a_right_signature_passes():
    webhook.verify(SECRET, sign(BODY, NOON), BODY, NOON)


def test_the_signature_is_that_of_the_published_example():
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    webhook.verify(secret, headers, body, datetime.fromtimestamp(1614265330, UTC))


def test_one_right_signature_among_several_is_enough():
    headers = sign(BODY, NOON)
    headers["webhook-signature"] = f"v1a,abc v1,{'A' * 43}= {headers['webhook-signature']}"
    webhook.verify(SECRET, headers, BODY, NOON)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_of_difference_pass(seconds):
    webhook.verify(SECRET, sign(BODY, NOON + timedelta(seconds=seconds)), BODY, NOON)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x", "\u00ff", "9" * 400])
def test_a_header_that_is_missing_or_wrong_is_refused(name, value):
    headers = {key: text for key, text in {**sign(BODY, NOON), name: value}.items() if text is not None}
    with pytest.raises(NotAllowed):
        webhook.verify(SECRET, headers, BODY, NOON)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_than_five_minutes_are_refused(seconds):
    with pytest.raises(NotAllowed):
        webhook.verify(SECRET, sign(BODY, NOON + timedelta(seconds=seconds)), BODY, NOON)


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"The", b"the"), BODY[:-1], b""])
def test_another_body_than_the_signed_one_is_refused(body):
    with pytest.raises(NotAllowed):
        webhook.verify(SECRET, sign(BODY, NOON), body, NOON)


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 23])
def test_a_secret_that_is_empty_or_short_lets_nobody_in(key):
    for secret in ("whsec_" + base64.b64encode(key).decode(), base64.b64encode(key).decode(), ""):
        with pytest.raises(NotAllowed):
            webhook.verify(secret, sign(BODY, NOON, key=key), BODY, NOON)


def test_a_secret_without_its_prefix_is_refused():
    with pytest.raises(NotAllowed):
        webhook.verify(SECRET.removeprefix("whsec_"), sign(BODY, NOON), BODY, NOON)


def test_a_message_is_read():
    incoming = webhook.read(message("Привет", conversation="c-9", attachments=["bill.pdf"]))
    assert (incoming.text, incoming.sender.name, incoming.sender.kind) == ("Привет\n📎 bill.pdf", "Aigul", "chat")
    assert incoming.facts["conversation"] == "c-9"
    assert incoming.at == datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sender", "kind", "address"),
    [
        ({"id": "7", "phone": "+77010000000", "email": "a@b.test"}, "chat", "7"),
        ({"phone": "+77010000000", "email": "a@b.test"}, "chat", "conversation/c-1"),
        ({"email": "a@b.test"}, "chat", "conversation/c-1"),
    ],
)
def test_the_sender_is_known_by_the_chats_own_id_else_by_its_conversation(sender, kind, address):
    found = webhook.read(message(sender=sender)).sender
    assert (found.kind, found.address) == (kind, address)


def test_what_the_visitor_typed_about_themselves_is_kept_as_a_fact():
    facts = webhook.read(message(sender={"id": "7", "phone": "+7 701 000 00 00", "email": "a@b.test"})).facts
    assert (facts["phone"], facts["email"]) == ("+7 701 000 00 00", "a@b.test")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"type": "message.updated", "data": {}}', Reason.DROP), (message("  "), Reason.EMPTY)],
)
def test_an_event_without_a_message_is_refused_with_its_reason(body, reason):
    with pytest.raises(Refused) as refusal:
        webhook.read(body)
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    "data",
    [
        {"sender": {}}, {"sender": "me"}, {"sender": {"id": 7}}, {"conversation": ""}, {"conversation": ["c"]},
        {"text": 5}, {"text": ["a"]}, {"attachments": "a.pdf"}, {"attachments": [{"url": "http://x"}]},
    ],
)  # fmt: skip
def test_a_message_that_breaks_the_contract_is_malformed(data):
    with pytest.raises(payload.Malformed):
        webhook.read(message(**data))


def test_names_lose_line_breaks_and_direction_marks_and_text_loses_what_no_database_takes():
    incoming = webhook.read(message("a\x00b\ud800c", sender={"id": "1", "name": "Eve\r\nBcc: \u202ex"}))
    assert incoming.sender.name == "Eve Bcc: x"
    assert incoming.text == "a\ufffdb\ufffdc"


def test_a_time_without_a_zone_says_nothing():
    body = json.loads(BODY)
    body["timestamp"] = "2026-09-14T09:00:00"
    assert webhook.read(json.dumps(body).encode()).at is None


@pytest.mark.parametrize("days", [-30, 1, 3650])
def test_a_time_that_cannot_be_gives_way_to_the_receipt(days):
    incoming = webhook.read(BODY)
    received = incoming.at - timedelta(days=days)
    assert arrived(incoming, channel_id=3, received=received).at == received


def test_the_ids_of_two_chats_are_told_apart():
    incoming = webhook.read(BODY)
    assert arrived(incoming, channel_id=3, received=NOON).sender.address == "3/u-7"


def test_an_answer_is_signed_so_that_the_same_check_passes():
    content = {"text": "Здравствуйте", "conversation": "c-1", "ticket": 5, "author": "Olga"}
    headers, body = webhook.answer(content, "key-1", SECRET, NOON)
    webhook.verify(SECRET, headers, body, NOON)
    assert headers["webhook-id"] == "key-1"
    assert json.loads(body)["data"] == content
    assert sign(body, NOON, "key-1", KEY).items() <= headers.items()
