import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from helpdesk.channels.chat import payload, telegram
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import NotAllowed
from helpdesk.services import hooks, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Message, Ticket
from tests.channels.chat.channels import make_bot, make_webhook
from tests.channels.chat.signing import message, sign
from tests.making import make_policy

UPDATE = {
    "update_id": 9,
    "message": {
        "message_id": 1, "date": 1, "from": {"id": 5, "first_name": "Aigul"}, "chat": {"id": 5, "type": "private"},
        "text": "Hello",
    },
}  # fmt: skip


def post(channel, body, event_id="evt-1"):
    return hooks.receive(channel.name, sign(body, now(), event_id), body)


def rows():
    db.session.rollback()
    return db.session.scalars(select(Inbox).order_by(Inbox.id)).all()


def test_a_signed_event_lies_in_the_ledger_as_it_came(app):
    channel, body = make_webhook(), message()
    assert post(channel, body)
    (row,) = rows()
    assert (row.raw, row.key, row.source, row.channel_id) == (body, "evt-1", "webhook", channel.id)


def test_the_channel_is_found_by_its_id_too(app):
    channel, body = make_webhook(), message()
    assert hooks.receive(str(channel.id), sign(body, now()), body)


def test_the_same_event_again_is_kept_once(app):
    channel = make_webhook()
    assert [post(channel, message()) for _ in range(3)] == [True, False, False]
    assert len(rows()) == 1


def test_events_in_any_order_and_at_the_same_time_are_each_kept_once(app):
    channel = make_webhook()
    events = [(f"evt-{number % 5}", message(f"text {number % 5}")) for number in (3, 1, 4, 0, 2, 4, 3, 0, 1, 2, 0, 4)]

    def one(event):
        with app.app_context():
            return post(channel, event[1], event[0])

    with ThreadPoolExecutor(6) as pool:
        fresh = list(pool.map(one, events))
    assert sum(fresh) == 5
    assert {row.key for row in rows()} == {f"evt-{number}" for number in range(5)}


def test_the_same_id_in_another_channel_is_another_event(app):
    assert post(make_webhook("one"), message())
    assert post(make_webhook("two"), message())


def test_an_event_that_comes_again_with_another_body_is_seen_on_the_channel(app):
    channel = make_webhook()
    post(channel, message("one"))
    with pytest.raises(payload.Differs):
        post(channel, message("two"))
    db.session.rollback()
    assert "evt-1" in db.session.scalar(select(Channel.error).execution_options(populate_existing=True))


@pytest.mark.parametrize("name", ["nobody", "0", "999999999999999999999", "x" * 5000, "\x00"])
def test_an_unknown_channel_answers_like_a_wrong_signature(app, name):
    if name == "\x00":
        name = "%00"
    with pytest.raises(NotAllowed) as unknown:
        hooks.receive(name, sign(message(), now()), message())
    with pytest.raises(NotAllowed) as wrong:
        hooks.receive(make_webhook().name, {}, message())
    assert str(unknown.value) == str(wrong.value)


def test_the_signature_of_another_channel_opens_nothing(app):
    make_webhook("one")
    other = make_webhook("two", secret="whsec_" + "B" * 44)
    with pytest.raises(NotAllowed):
        post(other, message())
    assert rows() == []


def test_a_channel_that_was_switched_off_is_unknown(app):
    channel = make_webhook()
    channel.active = False
    db.session.commit()
    with pytest.raises(NotAllowed):
        post(channel, message())


def test_a_message_that_breaks_the_contract_is_told_so_and_not_kept(app):
    with pytest.raises(payload.Malformed):
        post(make_webhook(), message(sender={}))
    assert rows() == []


def test_an_event_without_a_message_is_kept_and_refused_by_name(app):
    post(make_webhook(), b'{"type": "message.updated", "data": {}}')
    intake.file_waiting()
    assert [(row.state, row.reason) for row in rows()] == [("refused", "drop")]


def test_telegram_is_kept_by_its_update_id(app):
    bot, body = make_bot(), json.dumps(UPDATE).encode()
    headers = {telegram.HEADER: "s3cret"}
    assert [hooks.receive(bot.name, headers, body) for _ in range(2)] == [True, False]
    assert [row.key for row in rows()] == ["9"]


def test_a_conversation_is_one_ticket_and_a_second_visitor_another(app):
    make_policy()
    channel = make_webhook()
    post(channel, message("first"), "1")
    post(channel, message("second"), "2")
    post(channel, message("other", conversation="c-2", sender={"id": "u-8", "name": "Ivan"}), "3")
    intake.file_waiting()
    texts = [
        list(db.session.scalars(select(Message.text).where(Message.ticket_id == ticket.id).order_by(Message.id)))
        for ticket in db.session.scalars(select(Ticket).order_by(Ticket.id))
    ]
    assert texts == [["first", "second"], ["other"]]


def test_a_telegram_message_becomes_a_ticket(app):
    make_policy()
    hooks.receive(make_bot().name, {telegram.HEADER: "s3cret"}, json.dumps(UPDATE).encode())
    intake.file_waiting()
    ticket = db.session.scalars(select(Ticket)).one()
    assert (ticket.subject, ticket.customer.name, ticket.channel) == ("Hello", "Aigul", "telegram")
