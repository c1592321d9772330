import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.chat import telegram
from helpdesk.channels.chat.payload import Malformed
from helpdesk.channels.incoming import Reason
from helpdesk.errors import NotAllowed, Refused

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
PERSON = {"id": 501, "is_bot": False, "first_name": "Айгуль", "last_name": "Ким", "username": "aigul"}


def update(kind="message", chat="private", **more):
    """An update with one message."""
    message = {
        "message_id": 8, "from": PERSON, "date": int(NOON.timestamp()),
        "chat": {"id": 501, "type": chat, "title": "News"},
        **more,
    }  # fmt: skip
    return json.dumps({"update_id": 77, kind: message}).encode()


def read(**more):
    return telegram.read(update(**more))


def test_a_text_is_read():
    incoming = read(text="Не приходит код")
    assert (incoming.key, incoming.text, incoming.at) == ("77", "Не приходит код", NOON)
    assert (incoming.sender.name, incoming.sender.kind, incoming.sender.address) == ("Айгуль Ким", "telegram", "501")
    assert incoming.facts["conversation"] == "501"


def test_a_caption_speaks_for_a_photo_and_its_largest_size_is_kept():
    incoming = read(caption="Смотрите", photo=[{"file_id": "s", "width": 9}, {"file_id": "l", "width": 900}])
    assert incoming.text == "Смотрите\n📎 photo.jpg"
    assert incoming.facts["files"] == [{"name": "photo.jpg", "id": "l"}]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"document": {"file_id": "d", "file_name": "счёт.pdf"}}, "📎 счёт.pdf"),
        ({"voice": {"file_id": "v", "duration": 3}}, "📎 voice.ogg"),
        ({"sticker": {"file_id": "s", "emoji": "👍"}}, "👍"),
        ({"location": {"latitude": 43.25, "longitude": 76.9}}, "43.25, 76.9"),
        ({"contact": {"phone_number": "+77011234567", "first_name": "Ержан"}}, "Ержан +77011234567"),
    ],
)
def test_what_is_no_text_is_told_in_text(more, text):
    assert read(**more).text == text


def test_a_shared_phone_is_the_senders_only_when_it_is_their_own():
    own = {"phone_number": "+77011234567", "first_name": "Айгуль", "user_id": 501}
    assert read(contact=own).facts["phone"] == "+77011234567"
    assert "phone" not in read(contact={**own, "user_id": 502}).facts


def test_an_edited_message_says_that_it_is_one():
    incoming = read(kind="edited_message", text="исправлено", edit_date=int(NOON.timestamp()) + 60)
    assert (incoming.text, incoming.facts["edited"]) == ("✎ исправлено", True)
    assert (incoming.at - NOON).total_seconds() == 60


def test_a_pressed_button_says_its_data():
    query = {"id": "q", "from": PERSON, "data": "refund", "message": {"message_id": 3, "chat": {"id": 501}}}
    incoming = telegram.read(json.dumps({"update_id": 78, "callback_query": query}).encode())
    assert (incoming.text, incoming.sender.address, incoming.facts["conversation"]) == ("refund", "501", "501")


def test_an_answered_message_is_quoted():
    assert read(text="да", reply_to_message={"message_id": 1, "text": "Вам помочь?"}).quoted == "Вам помочь?"


def test_a_post_in_a_channel_is_the_channels():
    assert read(kind="channel_post", chat="channel", text="x").sender.name == "News"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (update(text="/start"), Reason.DROP),
        (update(text="/start from-site"), Reason.DROP),
        (update(text="x", chat="group"), Reason.DROP),
        (update(text="x", chat="supergroup"), Reason.DROP),
        (update(), Reason.EMPTY),
        (update(text="x", **{"from": {**PERSON, "is_bot": True}}), Reason.AUTOMATIC),
        (b'{"update_id": 1, "my_chat_member": {}}', Reason.DROP),
    ],
)
def test_an_update_that_carries_no_message_is_refused_with_its_reason(body, reason):
    with pytest.raises(Refused) as refusal:
        telegram.read(body)
    assert refusal.value.reason is reason


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type"]), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("from", "chat", "date", "text", "caption", "photo", "document", "contact", "location", "venue", "sticker")


@given(st.dictionaries(st.sampled_from(FIELDS), values), st.sampled_from(["message", "callback_query"]))
def test_any_update_is_read_refused_or_malformed(message, kind):
    body = json.dumps(
        {"update_id": 1, kind: {"chat": {"id": 1, "type": "private"}, "from": PERSON, **message}}
    ).encode()
    with suppress(Refused, Malformed):
        assert telegram.read(body).text


def test_only_the_secret_given_to_telegram_opens():
    telegram.verify("s3cret", {telegram.HEADER: "s3cret"}, b"", NOON)
    for secret, headers in (
        ("s3cret", {telegram.HEADER: "s3creT"}),
        ("s3cret", {}),
        ("", {telegram.HEADER: ""}),
        ("", {}),
    ):
        with pytest.raises(NotAllowed):
            telegram.verify(secret, headers, b"", NOON)


def test_a_long_answer_goes_in_pieces_that_telegram_takes_and_loses_no_word():
    text = " ".join(f"слово{number}😀" for number in range(3000))
    bodies = telegram.answers({"text": text, "conversation": "501"})
    pieces = [json.loads(body)["text"] for body in bodies]
    assert all(len(piece.encode("utf-16-le")) <= 2 * 4096 for piece in pieces)
    assert " ".join(pieces) == text


def test_a_short_answer_is_one_piece():
    assert [json.loads(body) for body in telegram.answers({"text": "Да", "conversation": "501"})] == [
        {"chat_id": "501", "text": "Да"}
    ]
