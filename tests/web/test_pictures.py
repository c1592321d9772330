"""A picture that an answer names stands where it is named, and what is none is a file like any other."""

from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk.services import intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

PNG = b"\x89PNG\r\n\x1a\n..."


@pytest.fixture
def answer(app, as_, sink):
    """The mail that a form becomes."""
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml())
    intake.file_waiting()
    client, number = as_(make_staff(teams=[team])), db.session.scalar(select(Ticket.number))

    def post(text, *files):
        form = {"text": text, "files": [(BytesIO(content), name, kind) for name, kind, content in files]}
        assert client.post(f"/tickets/{number}/messages", data=form).status_code == 303
        outbox.deliver_waiting()
        return sink.mails[-1].mail

    return post


def ways(mail):
    return {part.get_filename(): part.get_content_disposition() for part in mail.walk() if part.get_filename()}


def test_a_picture_that_the_text_names_stands_in_it(answer):
    mail = answer("Press this:\n![a.png]", ("a.png", "image/png", PNG), ("b.png", "image/png", PNG))
    assert ways(mail) == {"a.png": "inline", "b.png": "attachment"}
    (cid,) = [part["Content-ID"] for part in mail.walk() if part["Content-ID"]]
    assert f'src="cid:{cid.strip("<>")}"' in mail.get_body(("html",)).get_content()


def test_what_only_claims_to_be_a_picture_is_a_file(answer):
    mail = answer("![a.png]", ("a.png", "image/png", b"<svg onload=hit()>"))
    assert ways(mail) == {"a.png": "attachment"}
    assert "<img" not in mail.get_body(("html",)).get_content()
