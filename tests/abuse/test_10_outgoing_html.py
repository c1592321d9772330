"""An answer that quotes hostile markup goes out as text that does nothing: the HTML is made anew and cleaned again."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.sending import Manner
from helpdesk.tickets.models import Ticket
from tests.abuse.payloads import OURS, SCRIPTS
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


def test_no_tag_but_ours_leaves_the_house(app, sink):
    make_policy()
    team = make_team()
    hostile = "\n".join(map(str, SCRIPTS))
    arrive(
        make_mailbox(team, settings=sink.settings(acknowledge=False, signature="<img src=//evil>")), eml(text=hostile)
    )
    intake.file_waiting()
    number = db.session.scalar(select(Ticket.number))
    desk.reply(number, text=f"{hostile}\n![x.png]", by=make_staff(teams=[team]), manner=Manner(quote="thread"))
    outbox.deliver_waiting()
    html = sink.mails[0].mail.get_body(("html",)).get_content()
    assert "<" not in OURS.sub("", html)


def test_what_leaves_the_house_does_nothing_in_the_browser_that_opens_it(haunted, caught):
    pages = [mail.mail.get_body(("html",)) for mail in haunted.sink.mails]
    for page in filter(None, pages):
        caught.page.set_content(page.get_content())
    assert any("hit()" in page.get_content() for page in pages if page)
    assert caught.prey == []
