"""A recipient is one plain address or it is refused with a sentence; nothing goes to anybody else."""

import pytest
from sqlalchemy import select, update

from helpdesk.channels.mail.compose import BadAddress, address
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

BAD = [
    "", "@", "a@", "@b", "a", "a@b,c@d", "a@b;c@d", "a@b c@d", "a b@c", "a@b\0", "a@b\n", "a@b\u2028", " a@b", "a@b ",
    "<a@b>", "A <a@b>", '"a b"@c', '"a@b"@c', '"a\\"@x"@c', "a@b@c", "a@[127.0.0.1]", "a@[IPv6:::1]", "a..b@c", ".a@b",
    "a.@b", "a@b..c", "a@-b.c", "a@b-.c", "a@b_c", "@c,@d:a@b", "a(comment)@b", "юзер@пример.рф", "a" * 65 + "@b",
    "a@" + "b." * 130 + "c", "a@" + "b" * 64, "a" * 400,
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_one_plain_address_is_refused(text):
    with pytest.raises(BadAddress, match="is not one e-mail address"):
        address(text)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("a@b.test", "a@b.test"),
        ("a+tag.x_y'z@b.test", "a+tag.x_y'z@b.test"),
        ("info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"),
        ("a@аррӏе.test", "a@xn--80ak6aa92e.test"),
    ],
)
def test_one_plain_address_goes_out_in_ascii(text, wire):
    assert address(text) == wire


@pytest.mark.parametrize("text", ["a@b,c@d", '["a@b", "c@d"]', "a@b " * 100, '"a b"@c'])
def test_a_delivery_to_such_a_recipient_fails_visibly(app, sink, text):
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml())
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="answer", by=make_staff(teams=[team]))
    db.session.execute(update(Delivery).values(recipient=text))
    db.session.commit()
    outbox.deliver_waiting()
    delivery = db.session.scalar(select(Delivery).execution_options(populate_existing=True))
    assert (delivery.state, sink.commands) == ("failed", [])
    assert "is not one e-mail address" in delivery.result


@pytest.mark.once
@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_an_answer_to_such_an_address_is_not_said(talk, name):
    wanted = [text for text in BAD if text.strip() not in ("", "a@b") and not set(text) & set(",;")]
    answers = {text: talk.post({"text": "x", name: text}) for text in wanted}
    assert {text for text, answer in answers.items() if answer.status_code != 422} == set()
    assert all("is not one e-mail address" in answer.text for answer in answers.values())
    assert talk.replies() == 0


@pytest.mark.once
def test_whoever_wrote_to_no_address_keeps_what_was_typed(talk):
    answer = talk.post({"text": "my answer", "cc": "a@b@c"})
    assert "my answer" in answer.text
    assert 'value="a@b@c"' in answer.text


@pytest.mark.once
def test_several_addresses_are_one_each_and_no_more_than_twenty(talk):
    answer = talk.post({"text": "x", "cc": ",".join(f"c{number}@x.test" for number in range(21))})
    assert (answer.status_code, talk.replies()) == (422, 0)
    assert "write to 20 at most" in answer.text
