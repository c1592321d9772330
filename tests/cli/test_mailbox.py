"""`helpdesk mailbox`, as an administrator calls it."""

import json

import pytest

from helpdesk.services import secrets
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team
from tests.processes import helpdesk


@pytest.fixture
def box(app, dovecot):
    """Makes a mailbox of Dovecot's."""
    account = dovecot.user()
    account.append(eml(subject="One"), eml(subject="Two"))

    def make(password=PASSWORD):
        sealed = secrets.seal({"imap_password": password})
        return make_mailbox(make_team(), account.name, account.settings(), secrets=sealed)

    return make


def test_a_mailbox_that_can_be_read_is_said_layer_by_layer(config, box):
    done = helpdesk(config, "mailbox", "test", str(box().id))
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, [line[:4] for line in lines]) == (0, ["ok  "] * 5)
    assert "IMAP folder, count 2" in lines[-1]


@pytest.mark.once
def test_what_stands_in_the_way_is_said_and_ends_with_1(config, box):
    done = helpdesk(config, "mailbox", "test", str(box("wrong").id))
    assert (done.returncode, b"FAIL IMAP sign-in: localhost did not let" in done.stdout) == (1, True)


@pytest.mark.once
def test_a_mailbox_that_is_none_is_one_sentence(config, app):
    done = helpdesk(config, "mailbox", "test", "77")
    assert (done.returncode, done.stderr) == (1, b"Error: There is no such channel.\n")


@pytest.mark.once
def test_what_would_come_of_a_mailbox_is_said_in_words_and_as_json(config, box):
    known = str(box().id)
    words = helpdesk(config, "mailbox", "dry-run", known).stdout.decode()
    assert "would create 2 tickets, 0 follow-ups, 0 automatic answers" in words
    assert json.loads(helpdesk(config, "mailbox", "dry-run", known, "--json").stdout)["tickets"] == 2
    assert (
        "0 of 2 mails were looked at"
        in helpdesk(config, "mailbox", "dry-run", known, "--since", "2999-01-01").stdout.decode()
    )
    assert helpdesk(config, "mailbox", "dry-run", known, "--since", "soon").returncode == 2
