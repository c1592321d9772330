"""Old mail goes into the mailbox of the name that is given, else into the only one of the address."""

import pytest

from helpdesk.errors import Conflict
from helpdesk.services import importing
from helpdesk.services.store import transaction
from tests.making import make_mailbox, make_team


@pytest.fixture
def two(app):
    """Two mailboxes of one address, the first of which is called by it."""
    team = make_team()
    first, second = make_mailbox(team), make_mailbox(team, "sales@helpdesk.test")
    with transaction():
        second.address = first.address
    return first, second


def test_a_name_counts_before_an_address(two):
    assert importing.mailbox("support@helpdesk.test").id == two[0].id


def test_an_address_of_two_mailboxes_asks_for_the_name(two):
    with transaction():
        two[0].name = "Support"
    with pytest.raises(Conflict, match="give the name of the one you mean"):
        importing.mailbox("support@helpdesk.test")
