"""What looks like a template is literal text: in a signature, in a sender's name, and in what customers call themselves."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.placeholders import fill
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

HOSTILE = [
    "{{7*7}}", "{{config}}", "{% for x in y %}", "{x.__class__}", "{agent.__class__.__init__.__globals__}", "%(k)s", "${7*7}",
    "{0}", "{!r}", "{agent.name!r}", "{agent.name:>99999999}", "#{7*7}", "<%= 7*7 %>", "\\1 \\g<0>",
]  # fmt: skip


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


def sent(team, sink, ana, customer="Marat", **settings):
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False, **settings)), eml(f"{customer} <m@x.test>"))
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="answer", by=ana)
    outbox.deliver_waiting()
    return sink.mails[0].mail


def under(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n").partition("\n-- \n")[2].strip()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_signature_says_it_as_it_stands(team, sink, hostile):
    mail = sent(team, sink, make_staff(teams=[team]), signature=hostile, from_name=hostile)
    assert under(mail) == hostile
    assert mail["From"].addresses[0].display_name == hostile


@pytest.mark.parametrize("hostile", [*HOSTILE, "{ticket.number}", "{agent.name}"])
def test_what_is_put_in_is_never_looked_at_again(team, sink, hostile):
    ana = make_staff(teams=[team], name=hostile)
    mail = sent(team, sink, ana, signature="{agent.name} {customer.name}", from_name="{agent}")
    assert under(mail) == f"{hostile} Marat"
    assert mail["From"].addresses[0].display_name == hostile


def test_a_customer_called_like_a_placeholder_is_called_so(team, sink):
    assert under(sent(team, sink, make_staff(teams=[team]), "{ticket.number}", signature="{customer.name}")) == (
        "{ticket.number}"
    )


def test_a_hundred_thousand_braces_are_filled_in_one_go():
    text = "{" * 50_000 + "{agent.name}" * 1_000 + "}" * 50_000
    assert fill(text, {"agent.name": "{agent.name}"}).count("{agent.name}") == 1_000
