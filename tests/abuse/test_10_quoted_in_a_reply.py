"""An agent's answer that holds hostile text goes out as that text."""

from email import message_from_bytes

import pytest

from helpdesk.services import desk, intake, outbox
from tests.abuse.payloads import SCRIPTS
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def sent(app, sink):
    """The parts of the answer's mail by their kinds."""
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings=sink.settings()), eml())
    intake.file_waiting()
    desk.reply(1, text="\n".join(f"> {line}" for line in map(str, SCRIPTS)), by=make_staff(teams=[team]))
    outbox.deliver_waiting()
    mail = message_from_bytes(sink.mails[-1].raw)
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()
        for part in mail.walk()
        if not part.is_multipart()
    }


def test_the_text_goes_out_as_it_was_written(sent):
    written = [line for line in map(str, SCRIPTS) if line.isprintable()]
    assert [line for line in written if line not in sent["text/plain"]] == []
