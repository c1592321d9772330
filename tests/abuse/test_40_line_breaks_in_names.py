"""Line breaks of any kind in a name, a subject or a file's name do not reach the wire."""

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\0"])
def test_a_line_break_from_a_form_is_taken_out(app, sink, end):
    make_policy()
    team = make_team()
    evil = f"x{end}Bcc: evil@x.test{end}{end}hidden"
    mailbox = make_mailbox(team, settings=sink.settings(acknowledge=False, from_name=evil.replace("\0", "")))
    arrive(mailbox, eml())
    intake.file_waiting()
    ana, number = make_staff(teams=[team]), db.session.scalar(select(Ticket.number))
    desk.change_subject(number, to=evil.replace("\0", ""), by=ana)
    desk.reply(number, text="answer", by=ana, files=[File(evil.replace("\0", ""), "text/plain\r\nX: y", b"x")])
    outbox.deliver_waiting()
    (got,) = sink.mails
    assert got.mail["Bcc"] is None
    assert got.mail.get_body(("plain",)).get_content().strip() == "answer"
    (file,) = got.mail.iter_attachments()
    assert file["Bcc"] is None
    assert file["X"] is None
    assert [command for command in sink.commands if "evil" in command] == []


@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_a_line_break_among_recipients_is_refused(talk, name):
    ends = ("\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\0")
    answers = [talk.post({"text": "x", name: f"a@x.test{end}Bcc: evil@x.test"}) for end in ends]
    assert {answer.status_code for answer in answers} == {422}
    assert talk.replies() == 0
