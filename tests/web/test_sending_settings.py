"""What a mailbox is told about sending, in its form."""

import pytest

from tests.making import make_mailbox, make_staff, make_team

pytestmark = pytest.mark.once


def test_the_page_shows_the_record_and_never_the_key(as_):
    box, client = make_mailbox(make_team()), as_(make_staff("administrator"))
    assert client.post(f"/admin/channels/{box.id}/dkim/key").status_code == 303
    page = client.get(f"/admin/channels/{box.id}").text
    assert "helpdesk._domainkey.helpdesk.test" in page
    assert "v=DKIM1; k=rsa; p=MII" in page
    assert "PRIVATE" not in page
