"""What the page of a ticket that came with old mail says of itself."""

from tests.archives import bring_in, mbox, old
from tests.making import make_mailbox, make_policy, make_staff, make_team


def test_old_mail_is_said_to_promise_nothing_though_a_policy_would_match(app, as_, tmp_path):
    make_policy()
    team = make_team()
    bring_in(make_mailbox(team), mbox(tmp_path / "old.mbox", old(1)))
    page = as_(make_staff(teams=[team])).get("/tickets/1/deadlines").text
    assert "It came in with old mail" in page
    assert "No policy matched" not in page
