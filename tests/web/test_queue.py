"""The queue page, as an agent meets it."""

from helpdesk.services import intake
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


def mail(team, subject, **more):
    channel = more.pop("channel", None) or make_mailbox(
        team, address=f"{subject.lower()}@helpdesk.test".replace(" ", "")
    )
    arrive(channel, eml(subject=subject, **more))
    intake.file_waiting()


def test_a_mail_stands_in_the_queue_with_its_deadline(as_):
    team = make_team()
    make_policy()
    ana = make_staff(teams=[team])
    mail(team, "Coupon")
    page = as_(ana).get("/queue")
    assert page.status_code == 200
    assert "Coupon" in page.text
    assert "working\u00a0time" in page.text
