"""A kept password goes to no other server and in no other name, whichever form asks for it; nothing hides in a field."""

import pytest
import structlog
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services.database import db
from helpdesk.services.secrets import open_
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

BY_HAND = {
    "name": "Help", "address": "help@shop.test", "imap_host": "localhost", "imap_port": "1", "imap_security": "tls",
    "imap_user": "help", "smtp_host": "localhost", "smtp_port": "2", "smtp_security": "tls", "smtp_user": "help",
}  # fmt: skip
WIZARD = {name: text for name, text in BY_HAND.items() if name not in ("name", "smtp_user")}
FORMS = {
    "by hand": ("/admin/channels/new/mail", "/admin/channels/{}", BY_HAND, ("imap_password", "smtp_password")),
    "step by step": ("/admin/mailboxes", "/admin/mailboxes/{}", WIZARD, ("password",)),
}
CHANGES = [
    {"imap_host": "localhost."}, {"imap_host": "127.0.0.1"}, {"imap_user": "other"}, {"smtp_host": "127.0.0.1"},
]  # fmt: skip


@pytest.fixture(params=FORMS)
def kept(as_, request):
    """A mailbox with a password that is kept: its client, the address of its form, and what stands in it."""
    new, change, form, secret = FORMS[request.param]
    team = make_team()
    client = as_(make_staff("administrator", [team]))
    client.post(new, data={**form, "team": team.id, **dict.fromkeys(secret, "open sesame")})
    return client, change.format(box().id), {**form, "team": team.id, **dict.fromkeys(secret, "")}


def box():
    db.session.expire_all()
    return db.session.scalars(select(Channel)).one()


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_password_is_asked_for_again_when_the_server_or_the_user_changes(kept, change):
    client, address, form = kept
    before = dict(box().settings)
    answer = client.post(address, data={**form, **change})
    assert (answer.status_code, "enter the password for it again" in answer.text) == (422, True)
    assert (box().settings, open_(box().secrets)["imap_password"]) == (before, "open sesame")


def test_it_stays_when_nothing_changes_about_where_it_goes(kept):
    client, address, form = kept
    assert client.post(address, data={**form, "folder": "Support"}).status_code in (200, 303)
    assert (box().settings["folder"], open_(box().secrets)["imap_password"]) == ("Support", "open sesame")


@pytest.mark.parametrize("field", ["bcc", "auto_bcc", "secrets", "active", "ca", "state", "draft", "api_url"])
def test_a_field_that_the_form_does_not_have_is_refused_whole(kept, field):
    client, address, form = kept
    before = dict(box().settings)
    assert client.post(address, data={**form, field: "evil@evil.test"}).status_code == 422
    assert box().settings == before


def test_who_changed_it_is_in_the_log_and_the_password_is_not(kept):
    client, address, form = kept
    with structlog.testing.capture_logs() as lines:
        client.post(address, data={**form, "folder": "Support"})
    (line,) = [line for line in lines if line.get("what") == "channel.saved"]
    assert (line["channel"], line["secrets"], "sesame" in str(lines)) == (box().id, [], False)
