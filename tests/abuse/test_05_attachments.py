"""Files that a browser would run or take for a page: each is saved, none is opened here, whatever type was claimed."""

import pytest
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Attachment
from tests.channels.mail.mails import multipart
from tests.making import arrive, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

SCRIPT = b"<script>fetch('/settings')</script>"
FILES = {
    "svg": ("image/svg+xml; name=a.svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
    "html": ("text/html; name=a.html", SCRIPT),
    "xhtml": (
        "application/xhtml+xml; name=a.xhtml",
        b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
    ),
    "xml": ("text/xml; name=a.xml", b'<?xml-stylesheet href="#x" type="text/xsl"?><x id="x"/>'),
    "mht": ("message/rfc822; name=a.mht", b"Content-Type: text/html\n\n" + SCRIPT),
    "pdf": ("application/pdf; name=a.pdf", b"%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
    "text": ("text/plain; name=a.txt", b"<!doctype html>" + SCRIPT),
    "utf-7": ("text/plain; charset=utf-7; name=b.txt", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    "picture": ("image/png; name=a.png", SCRIPT),
    "javascript": ("application/javascript; name=a.js", b"alert(1)"),
}


@pytest.fixture
def answers(app, as_):
    """What the desk answers to whoever downloads each file, as it is linked in the ticket."""
    make_policy()
    parts = [
        f"Content-Type: {kind}\nContent-Disposition: attachment\n\n".encode() + data for kind, data in FILES.values()
    ]
    arrive(make_mailbox(make_team()), multipart("Content-Type: text/plain\n\nHello", *parts))
    intake.file_waiting()
    ids = db.session.scalars(select(Attachment.id).order_by(Attachment.id)).all()
    client = as_(make_staff("administrator"))
    return [client.get(f"/tickets/1/files/{number}") for number in ids]


def test_each_file_is_saved_and_none_is_opened(answers):
    assert len(answers) == len(FILES)
    for answer in answers:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_no_claimed_type_is_trusted(answers):
    assert {answer.content_type for answer in answers} == {"application/octet-stream"}


def test_each_file_is_what_was_sent(answers):
    assert [answer.data for answer in answers] == [data for _, data in FILES.values()]
