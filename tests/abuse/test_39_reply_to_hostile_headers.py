"""A reply to a mail whose decoded headers hold line breaks carries exactly the headers that we mean."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

OURS = {
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "From", "To", "Subject", "Date", "Message-ID",
    "Reply-To", "In-Reply-To", "References",
}  # fmt: skip
INJECTIONS = [
    "=?utf-8?q?hi=0ABcc:_evil@x.test?=",
    "=?utf-8?q?hi=0D=0ABcc:_evil@x.test=0D=0A=0D=0Abody?=",
    "=?utf-8?q?hi=0DBcc:_evil@x.test?=",
    "=?utf-8?b?aGnigKhCY2M6IGV2aWxAeC50ZXN0?=",
    "=?utf-8?q?hi=00=0B=0C=1C=1D=1E=C2=85Bcc:_evil@x.test?=",
    "hi =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3D0ABcc=3A=5Fevil=40x=2Etest=3F=3D?=",
]


@pytest.mark.parametrize("hostile", INJECTIONS)
def test_the_reply_has_the_headers_that_we_mean_and_no_other(app, sink, hostile):
    make_policy()
    team = make_team()
    mailbox = make_mailbox(team, settings=sink.settings(acknowledge=False))
    arrive(mailbox, eml(sender=f"{hostile} <marat@customer.test>", subject=hostile, References=f"<a@b> {hostile}"))
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="answer", by=make_staff(teams=[team]))
    outbox.deliver_waiting()
    (got,) = sink.mails
    head, _, _ = got.raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert set(names) <= OURS
    assert len(names) == len(set(names))
    assert got.mail["To"] == got.recipient == "marat@customer.test"
    assert [command for command in sink.commands if command.startswith("RCPT")] == ["RCPT marat@customer.test"]
    assert b"\n" not in head.replace(b"\r\n", b"")
