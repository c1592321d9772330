"""Connecting a mailbox, step by step, as the administrator meets it."""

import pytest
import structlog
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services import due, mailboxes
from helpdesk.services.cut_off import cut_off
from helpdesk.services.database import db
from helpdesk.services.secrets import open_
from helpdesk.services.store import transaction
from tests import names
from tests.dovecot import PASSWORD, free_port
from tests.making import eml, make_mailbox, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def client(as_, team):
    return as_(make_staff("administrator", [team]))


@pytest.fixture
def account(dovecot, monkeypatch):
    """Its server's certificate is trusted by this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.ca))
    return dovecot.user()


def sent(account, team, **changes):
    known = {
        "address": account.name, "team": team.id, "password": PASSWORD, "imap_host": "localhost",
        "imap_port": account.server.imaps, "imap_security": "tls", "folder": "INBOX",
    }  # fmt: skip
    return {**known, **changes}


def box():
    db.session.expire_all()
    return db.session.scalars(select(Channel).where(Channel.kind == "mail")).one()


@pytest.fixture
def drafted(client, account, team):
    client.post("/admin/mailboxes", data=sent(account, team))
    return box()


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "создайте пароль приложения"), ("en", "create an app password")]
)
def test_an_address_is_enough_to_find_servers_and_what_to_do_there(client, language, words):
    page = client.post(f"/admin/mailboxes/new?lang={language}", data={"address": " help@yandex.ru "}).text
    assert ('value="imap.yandex.ru"' in page, 'value="smtp.yandex.ru"' in page, words in page) == (True, True, True)


@pytest.mark.parametrize(("address", "plus"), [("help@yandex.ru", True), ("help@rambler.ru", False)])
def test_a_provider_without_plus_addresses_is_not_given_any(client, team, address, plus):
    page = client.post("/admin/mailboxes/new", data={"address": address}).text
    assert ('name="plus" value="1" checked' in page) == plus
    form = {"address": address, "team": team.id, "imap_host": "localhost", "imap_port": "1"}
    client.post("/admin/mailboxes", data={**form, **({"plus": "1"} if plus else {})})
    assert box().settings["plus"] == plus


def test_an_address_that_is_none_is_said_so_and_stays(client):
    answer = client.post("/admin/mailboxes/new", data={"address": "help at shop"})
    assert (answer.status_code, "Write a mail address." in answer.text, 'value="help at shop"' in answer.text) == (
        422,
        True,
        True,
    )


def test_of_an_unknown_domain_it_is_said_that_nobody_knows(client):
    with names.running({}):
        assert "Nobody says where" in client.post("/admin/mailboxes/new", data={"address": "a@shop.test"}).text


def test_looking_at_a_mailbox_writes_it_down_switched_off_and_touches_nothing(client, account, team):
    account.append(eml())
    page = client.post("/admin/mailboxes", data=sent(account, team)).text
    assert page.count('aria-label="Done"') == 5
    assert (box().active, box().settings["draft"], due.mailboxes()) == (False, True, [])
    mailboxes.read(box().id)
    assert (db.session.scalars(select(Inbox)).all(), b"\\Seen" in next(iter(account.flags().values()))) == ([], False)


def test_a_wrong_password_is_a_crossed_layer_with_what_to_do_and_is_not_shown(client, account, team):
    page = client.post("/admin/mailboxes", data=sent(account, team, password="sesame")).text
    assert (page.count('aria-label="Failed"'), "did not let" in page, "sesame" in page) == (1, True, False)
    assert "/old-mail" not in page


def test_one_may_go_on_without_sending_and_is_told_so(client, account, team):
    page = client.post("/admin/mailboxes", data=sent(account, team, smtp_host="localhost", smtp_port=free_port())).text
    assert "no answer would leave" in page
    assert "/old-mail" in page


def test_a_check_leaves_a_user_for_sending_that_is_another_as_it_is(client, account, drafted, team):
    with transaction():
        drafted.settings = {**drafted.settings, "smtp_host": "localhost", "smtp_user": ""}
    changed = sent(account, team, password="another", smtp_host="localhost", smtp_port=free_port())
    client.post(f"/admin/mailboxes/{drafted.id}", data=changed)
    assert box().settings["smtp_user"] == ""
    assert open_(box().secrets) == {"imap_password": "another", "smtp_password": PASSWORD}


def test_what_was_typed_stays_when_a_field_is_wrong_but_for_the_password(client, account, team):
    answer = client.post("/admin/mailboxes", data=sent(account, team, imap_port="0", folder="Support"))
    assert (answer.status_code, 'value="Support"' in answer.text, PASSWORD in answer.text) == (422, True, False)
    assert db.session.scalars(select(Channel)).all() == []


def test_whoever_begins_again_with_an_address_goes_on_with_what_was_begun(client, account, drafted, team):
    answer = client.post("/admin/mailboxes", data=sent(account, team, folder="Support"))
    assert (answer.status_code, box().settings["folder"], box().settings["draft"]) == (200, "Support", True)


def test_a_field_that_nobody_asked_for_is_refused(client, account, team):
    assert client.post("/admin/mailboxes", data=sent(account, team, bcc="x@evil.test")).status_code == 422


def test_the_password_is_kept_sealed_while_one_goes_on(client, account, drafted, team):
    page = client.post(f"/admin/mailboxes/{drafted.id}", data=sent(account, team, password="")).text
    assert page.count('aria-label="Done"') == 5
    assert open_(box().secrets)["imap_password"] == PASSWORD


def test_what_would_come_of_it_is_counted_before_yes_and_goes_along(client, account, drafted):
    account.append(eml("a@b.test"), eml("c@d.test"), eml("e@f.test", Auto_Submitted="auto-replied"))
    page = client.post(
        f"/admin/mailboxes/{drafted.id}/old-mail", data={"since": "date", "since_date": "2020-01-01"}
    ).text
    assert '<dt>New tickets</dt><dd class="strong">2</dd>' in page
    assert "<dt>Automatic, no ticket</dt><dd>1</dd>" in page
    assert 'name="since_date" value="2020-01-01"' in page
    assert (box().active, db.session.scalars(select(Inbox)).all()) == (False, [])


def test_a_mailbox_that_cannot_be_counted_says_why_and_keeps_the_choice(client, account, drafted):
    known = box()
    known.settings = {**known.settings, "folder": "Nowhere"}
    db.session.commit()
    answer = client.post(f"/admin/mailboxes/{drafted.id}/old-mail", data={"since": "all"})
    assert (answer.status_code, "no folder Nowhere" in answer.text, 'value="all" checked' in answer.text) == (
        422,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("old", "expected"),
    [({"since": "new"}, 0), ({"since": "all"}, 1), ({"since": "date", "since_date": "2020-01-01"}, 1)],
)
def test_yes_begins_to_read_as_it_was_chosen(client, account, drafted, old, expected):
    account.append(eml())
    settings = {**box().settings, "ca": str(account.server.ca)}
    assert client.post(f"/admin/mailboxes/{drafted.id}/connected", data=old).status_code == 303
    assert (box().active, due.mailboxes()) == (True, [drafted.id])
    if old["since"] == "new":
        db.session.get(Channel, drafted.id).settings = {**box().settings, "connected_at": "2999-01-01T00:00:00+00:00"}
        db.session.commit()
    mailboxes.read(drafted.id)
    assert (len(db.session.scalars(select(Inbox)).all()), settings["draft"]) == (expected, True)


def test_a_day_is_needed_to_read_from_a_day_on(client, drafted):
    answer = client.post(f"/admin/mailboxes/{drafted.id}/connected", data={"since": "date"})
    assert (answer.status_code, "Choose a day." in answer.text, box().active) == (422, True, False)


def test_a_day_begins_where_the_desk_is(app):
    known = {"since": "date", "since_date": "2026-09-14"}
    assert cut_off(known) == "2026-09-14T00:00:00+05:00"


def test_who_says_yes_is_in_the_log(client, drafted):
    with structlog.testing.capture_logs() as lines:
        client.post(f"/admin/mailboxes/{drafted.id}/connected", data={"since": "all"})
    assert [line["channel"] for line in lines if line.get("what") == "channel.connected"] == [drafted.id]


def test_a_mailbox_is_connected_once(client, drafted):
    client.post(f"/admin/mailboxes/{drafted.id}/connected", data={"since": "new"})
    answer = client.post(f"/admin/mailboxes/{drafted.id}/connected", data={"since": "all"})
    assert (answer.status_code, box().settings["since"]) == (422, "new")


def test_a_mailbox_that_nobody_said_yes_to_is_not_switched_on_past_the_steps(client, drafted):
    assert "Go on connecting" in client.get("/admin/channels").text
    assert client.post(f"/admin/channels/{drafted.id}/active", data={"active": "1"}).status_code == 409


def test_a_connected_mailbox_is_not_made_a_draft_again(client, account, team):
    known = make_mailbox(team, account.name, account.settings())
    client.post(f"/admin/mailboxes/{known.id}", data=sent(account, team))
    assert "draft" not in box().settings


def test_a_chat_is_no_mailbox(client, team):
    answer = client.post("/admin/channels/new/webhook", data={"name": "chat", "team": team.id})
    assert answer.status_code == 200
    chat = db.session.scalars(select(Channel)).one()
    assert client.get(f"/admin/mailboxes/{chat.id}").status_code == 404
