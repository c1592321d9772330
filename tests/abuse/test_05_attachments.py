"""Files that a browser would run or take for a page: each is saved, none is opened here, whatever type was claimed."""

import pytest
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Attachment
from tests.abuse.payloads import FILES
from tests.channels.mail.mails import multipart
from tests.making import arrive, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

HOLD = """(addresses) => {
  for (const address of addresses) for (const name of ["iframe", "embed", "script", "img"]) {
    const element = document.createElement(name);
    element.src = address;
    document.body.append(element);
  }
}"""


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


def test_a_browser_saves_each_as_it_was_sent_and_opens_none(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['files']}")
    links = caught.page.locator("a.file")
    assert links.count() == len(FILES)
    for link, (_kind, data) in zip(links.all(), FILES.values(), strict=True):
        with caught.page.expect_download() as saved:
            link.click()
        assert saved.value.path().read_bytes() == data
    assert caught.page.url.endswith(f"/tickets/{haunted.desk.numbers['files']}")
    assert caught.acting() == []
    assert caught.prey == []


def test_a_browser_shows_none_that_a_page_would_hold(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['files']}")
    addresses = caught.page.locator("a.file").evaluate_all("links => links.map((link) => link.href)")
    caught.page.evaluate(HOLD, addresses)
    caught.page.wait_for_timeout(500)
    assert caught.hits == []
    assert [frame.url for frame in caught.page.frames[1:] if "/files/" in frame.url] == []
