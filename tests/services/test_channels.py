"""Saving a mailbox: its password is kept for one server and one user, and what is no server is not saved."""

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import channels, secrets
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from tests.making import make_mailbox, make_staff, make_team

MAIL = {"imap_host": "imap.test", "imap_port": 993, "imap_security": "tls", "imap_user": ""}
KEPT = {"imap_password": "sesame"}


def again(row):
    db.session.rollback()
    return db.session.get(type(row), row.id, populate_existing=True)


@pytest.fixture
def change(app):
    """Saves a mailbox whose password is kept, with other settings; gives what is kept then."""
    team = make_team()
    root = make_staff("administrator", [team])
    box = make_mailbox(team, "a@helpdesk.test", MAIL, secrets=secrets.seal(KEPT), active=False)

    def change(address="a@helpdesk.test", password="", **changed):
        channels.save(
            box.id, kind="mail", name="Box", team_id=team.id, address=address, settings={**MAIL, **changed},
            secrets={"imap_password": password}, by=root,
        )  # fmt: skip
        return secrets.open_(again(box).secrets), again(box).settings["imap_host"]

    change.box = box
    return change


@pytest.mark.parametrize(
    "changed", [{"imap_host": "evil.test"}, {"imap_user": "other"}, {"address": "b@helpdesk.test"}]
)
def test_a_kept_password_is_not_handed_to_another_server_or_user(change, changed):
    with pytest.raises(Conflict, match="enter the password"):
        change(**changed)
    assert again(change.box).settings["imap_host"] == "imap.test"


def test_with_the_password_typed_again_the_server_may_change(change):
    assert change(imap_host="new.test", password="other") == ({"imap_password": "other"}, "new.test")


def test_without_a_server_there_is_no_password_to_keep(change):
    assert change(imap_host="") == ({}, "")


def test_a_mailbox_whose_server_stays_keeps_its_password(change):
    assert change(folder="Support") == (KEPT, "imap.test")


def test_what_failed_before_counts_no_more_once_a_mailbox_is_saved(change):
    with transaction():
        change.box.error, change.box.failures = "The mailbox could not be read: timed out", 2
    change(folder="Support")
    assert (again(change.box).error, again(change.box).failures) == ("", 0)


def test_a_channel_with_a_bad_host_is_not_saved(change):
    with pytest.raises(Conflict, match="no name of a server"):
        change(imap_host="imap..example.com", password="x")
    assert db.session.scalar(select(Channel.settings))["imap_host"] == "imap.test"
