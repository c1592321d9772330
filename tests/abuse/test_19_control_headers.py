"""Control fields in a mail from outside are ignored."""

from dataclasses import replace

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize("field", ["Ticket", "Priority", "Internal", "Assign", "Owner", "Status", "May-Answer"])
def test_no_control_field_is_read(field):
    ordered = f"X-Helpdesk-{field}: 1\n".encode() + make()
    assert replace(seen(ordered), key="") == replace(seen(make()), key="")
