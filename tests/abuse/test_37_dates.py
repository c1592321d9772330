"""Date in the year 99999, 1900, 2050 or not at all: the time of receipt counts."""

from datetime import UTC, datetime

import pytest

from helpdesk.channels.mail.read import incoming
from tests.channels.mail.mails import make, seen

RECEIVED = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 03 Mar 99999 09:15:00 +0500",
        "Tue, 03 Mar 1900 09:15:00 +0500",
        "Tue, 03 Mar 2050 09:15:00 +0500",
        "Tue, 99 Mar 2026 99:99:99 +9999",
        "0",
        "\u0663 Mar 2026",
        "",
        None,
    ],
)
def test_a_mail_is_of_the_instant_it_was_received(date):
    assert incoming(seen(make(Date=date)), received=RECEIVED).at == RECEIVED
