"""What a mail is has one name."""

import pytest

from helpdesk.channels.mail.nature import Nature
from helpdesk.channels.mail.read import incoming
from tests.channels.mail.mails import make, multipart, seen

NOTIFICATION = (
    "Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <out-7@desk.example.kz>\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\n"
)
COMPLAINT = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
RETURNED = "Content-Type: message/rfc822\n\nMessage-ID: <out-7@desk.example.kz>\n\nText"
TEXT = "Content-Type: text/plain\n\nSee below."


def report(kind, *parts):
    return multipart(TEXT, *parts, kind=f"report; report-type={kind}")


def status(action, code):
    return (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; gone@client.example\nAction: {action}\nStatus: {code}\n"
    )


RECEIPT, ABUSE = report("disposition-notification", NOTIFICATION), report("feedback-report", COMPLAINT, RETURNED)
MAILS = [
    (Nature.PERSON, make()),
    (Nature.PERSON, make(Auto_Submitted="no")),
    (Nature.LIST, make(List_Id="<news.client.example>")),
    (Nature.AWAY, make("Я в отпуске до 10 марта.", Auto_Submitted="auto-replied")),
    (Nature.AWAY, make(Subject="Out of Office: Invoice")),
    (Nature.AWAY, make("Мен демалыстамын.", Subject="Автоматты жауап")),
    (Nature.AUTOMATIC, make("We have got your mail.", Auto_Submitted="auto-replied")),
    (Nature.AUTOMATIC, report("delivery-status", status("delivered", "2.0.0"))),
    (Nature.UNDELIVERABLE, report("delivery-status", status("failed", "5.1.1"))),
    (Nature.TEMPORARY, report("delivery-status", status("failed", "4.2.2"))),
    (Nature.DELAYED, report("delivery-status", status("delayed", "4.4.1"))),
    (Nature.RECEIPT, RECEIPT),
    (Nature.ABUSE, ABUSE),
]


@pytest.mark.parametrize(("nature", "raw"), MAILS)
def test_each_mail_is_called_what_it_is(nature, raw):
    assert seen(raw).nature is nature


@pytest.mark.parametrize("raw", [raw for nature, raw in MAILS if nature.machine])
def test_what_a_machine_wrote_gets_no_answer(raw):
    assert not seen(raw).may_answer


@pytest.mark.parametrize("raw", [RECEIPT, ABUSE])
def test_a_report_on_a_mail_of_ours_refers_to_it(raw):
    assert "out-7@desk.example.kz" in seen(raw).references


def test_the_name_is_a_fact_of_the_contact():
    mail = seen(make(Auto_Submitted="auto-replied"))
    assert incoming(mail, received=None).facts["nature"] == "automatic"
