"""Signing in to mailboxes by OAuth2, against a service and a Dovecot of our own."""

import threading
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from helpdesk.channels import oauth
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap, smtp
from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant
from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.services import channels, grants, mailboxes, servers, sign_in_services
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Notice
from tests import dovecot as dovecots
from tests import provider as providers
from tests import sink as sinks
from tests.dovecot import Account
from tests.making import HOUR, eml, make_mailbox, make_staff, make_team


@pytest.fixture(scope="module")
def there(folder):
    """A service, and a Dovecot that takes its tokens."""
    place = folder / "oauth"
    with providers.running(place) as provider:
        more = providers.dovecot(place, provider)
        with dovecots.running(place / "dovecot", more=more) as server:
            yield provider, server


@pytest.fixture
def provider(there, monkeypatch):
    provider, _server = there
    monkeypatch.setenv("SSL_CERT_FILE", str(provider.ca))
    provider.revoke()
    provider.asked.clear()
    provider.answers.clear()
    provider.gate.set()
    provider.rotates, provider.seconds = True, 3600
    return provider


@pytest.fixture
def root(app):
    return make_staff("administrator", login="root")


@pytest.fixture
def box(app, provider, there, root):
    """A mailbox that nobody has signed in to yet."""
    sign_in_services.save("other", **provider.settings(), by=root)
    account = Account(there[1], provider.user)
    return make_mailbox(make_team(), provider.user, account.settings(auth="other", since="all"))


@pytest.fixture
def granted(box, provider, root):
    """The same, signed in to."""
    sign_in(box, provider, root)
    return box


def sign_in(box, provider, root):
    url, state, verifier = grants.ask(box.id, by=root)
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (wanted["state"], wanted["code_challenge_method"], wanted["login_hint"]) == (state, "S256", provider.user)
    back = parse_qs(urlsplit(provider.authorize(wanted)).query)
    return grants.given(box.id, code=back["code"][0], verifier=verifier, by=root)


def later(by):
    return pretend(now() + by)


def again(channel):
    db.session.rollback()
    return db.session.get(Channel, channel.id, populate_existing=True)


def test_a_mailbox_is_read_by_what_was_granted(granted, provider, there):
    Account(there[1], provider.user).append(eml(subject="By token"))
    mailboxes.read(granted.id)
    assert again(granted).error == ""
    assert len(db.session.scalars(select(Inbox)).all()) == 1


@pytest.mark.parametrize("hidden", ["", "AUTH=XOAUTH2"])
def test_both_ways_of_showing_a_token_are_taken(granted, monkeypatch, hidden):
    """OAUTHBEARER is for servers that know no XOAUTH2: here one that does not say so."""
    can = imap._Client.has_capability
    monkeypatch.setattr(imap._Client, "has_capability", lambda self, name: name != hidden and can(self, name))
    with imap.session(servers.imap_server(granted)) as client:
        assert imap.select(client, "INBOX", readonly=True).validity


@pytest.mark.once
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("good", [True, False])
def test_an_answer_goes_out_by_what_was_granted(tmp_path, mechanism, good):
    shown = []

    async def authenticate(server, words):
        shown.append(words[1])
        if good:
            await server.push("235 2.7.0 welcome")
            return sinks.AuthResult(success=True, handled=True)
        await server.challenge_auth("eyJzdGF0dXMiOiI0MDEifQ==", encode_to_b64=False)
        return sinks.AuthResult(success=False, handled=False)

    with sinks.encrypted(tmp_path) as sink:
        setattr(sink, f"auth_{mechanism}", authenticate)
        entered = Server("localhost", sink.port, "starttls", "a@b.test", ca=str(sink.ca), token="the-token")
        if good:
            with smtp.session(entered) as link:
                assert link.sock is not None
        else:
            with pytest.raises(smtp.smtplib.SMTPAuthenticationError), smtp.session(entered):
                pass
    assert len(shown) == 1


def test_a_token_is_renewed_before_it_ends_and_the_new_refresh_token_is_kept(granted, provider):
    first = grants.token(granted.id)
    with later(HOUR - timedelta(minutes=1)):
        second = grants.token(granted.id)
    with later(2 * HOUR):
        third = grants.token(granted.id)
    assert len({first, second, third}) == 3
    assert [form["grant_type"] for form in provider.asked] == ["authorization_code", "refresh_token", "refresh_token"]


def test_a_service_that_gives_no_new_refresh_token_keeps_the_old_one_good(granted, provider):
    provider.rotates = False
    for hours in (1, 2):
        with later(hours * HOUR):
            assert grants.token(granted.id) in provider.accesses


def test_a_token_that_is_good_is_not_renewed(granted, provider):
    assert grants.token(granted.id) == grants.token(granted.id)
    assert len(provider.asked) == 1


def test_two_who_need_a_new_token_at_once_renew_it_once(app, granted, provider):
    provider.gate.clear()
    found = []

    def need():
        with app.app_context(), later(HOUR):
            found.append(grants.token(granted.id))
            db.session.remove()

    threads = [threading.Thread(target=need) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(provider.asked) < 2:
        assert any(thread.is_alive() for thread in threads)
    provider.gate.set()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(provider.asked)) == (3, 1, 2)


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_renewal_that_comes_late_leaves_a_newer_sign_in_alone(app, granted, provider, taken_back):
    provider.gate.clear()
    if taken_back:
        provider.revoke()

    def renew():
        with app.app_context(), later(HOUR), suppress(Conflict):
            grants.token(granted.id)
        with app.app_context():
            db.session.remove()

    thread = threading.Thread(target=renew)
    thread.start()
    while len(provider.asked) < 2:
        assert thread.is_alive()
    with later(timedelta(seconds=1)):
        newer = grants._grant(granted.id, "other", oauth.Tokens("newer", "refresh", 9000))
    db.session.rollback()
    with transaction():
        db.session.merge(newer)
    provider.gate.set()
    thread.join()
    assert grants.token(granted.id) == "newer"


def test_a_sign_in_that_was_taken_back_is_said_so_and_the_administrators_are_told_once(granted, provider, root):
    provider.revoke()
    with later(HOUR):
        for _ in range(3):
            mailboxes.read(granted.id)
    assert "sign in again" in again(granted).error
    assert [notice.kind for notice in db.session.scalars(select(Notice))] == ["sign_in_again"]
    assert [row.recipient for row in db.session.scalars(select(Delivery))] == [root.contact("email").value]
    assert len(provider.asked) == 2


def test_after_a_new_sign_in_the_mailbox_is_read_again(granted, provider, root):
    provider.revoke()
    with later(HOUR):
        mailboxes.read(granted.id)
    sign_in(granted, provider, root)
    assert again(granted).error == ""
    mailboxes.read(granted.id)
    assert (again(granted).error, again(granted).seen_at is not None) == ("", True)


@pytest.mark.parametrize(
    "answer",
    [(500, b"<html>"), (503, {"error": "temporarily_unavailable"}), (401, {"error": "invalid_client"}), (200, [1])],
)
def test_a_service_that_ails_ends_no_sign_in(granted, provider, answer):
    provider.answers.append(answer)
    with later(HOUR):
        with pytest.raises(Conflict, match="refused us"):
            grants.token(granted.id)
        assert grants.token(granted.id) in provider.accesses


@pytest.mark.once
def test_a_code_of_another_browser_is_worth_nothing(box, provider, root):
    url, _state, _verifier = grants.ask(box.id, by=root)
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    code = parse_qs(urlsplit(provider.authorize(wanted)).query)["code"][0]
    with pytest.raises(Conflict, match="refused us"):
        grants.given(box.id, code=code, verifier="another", by=root)
    assert grants.of(box.id) is None


@pytest.mark.once
def test_a_mailbox_that_nobody_signed_in_to_says_so(box):
    mailboxes.read(box.id)
    assert "Nobody has signed in" in again(box).error


@pytest.mark.once
def test_tokens_and_the_client_secret_are_sealed(granted, provider):
    row = db.session.scalars(select(Grant)).one()
    assert all(secret.encode() not in row.tokens for secret in provider.accesses | provider.refreshes)
    assert providers.SECRET.encode() not in sign_in_services.service("other").secrets


@pytest.mark.once
@pytest.mark.parametrize(
    "change", [{"imap_host": "imap.evil.test"}, {"imap_user": "x"}, {"smtp_host": "smtp.evil.test"}]
)
def test_what_was_granted_is_never_shown_to_another_server_or_in_another_name(granted, root, change):
    known = {"imap_security": "tls", "smtp_port": 465, "smtp_security": "tls", **granted.settings, **change}
    channels.save(
        granted.id, kind="mail", name=granted.name, team_id=granted.team_id, address=granted.address, settings=known,
        secrets={}, by=root,
    )  # fmt: skip
    assert grants.of(granted.id) is None


@pytest.mark.once
@pytest.mark.parametrize(
    "change", [{"token_url": "https://evil.test/token"}, {"client_id": "another"}, {"token_url": "https://localhost/t"}]
)
def test_a_kept_client_secret_goes_to_no_other_place(box, provider, root, change):
    with pytest.raises(Conflict, match="enter the client secret again"):
        sign_in_services.save("other", **provider.settings(**{"client_secret": "", **change}), by=root)


@pytest.mark.once
@pytest.mark.parametrize(
    "url", ["http://login.test/token", "gopher://x/", "https://a@b@login.test/", "file:///etc/passwd"]
)
def test_a_service_is_only_spoken_to_encrypted(app, provider, root, url):
    with pytest.raises(HelpdeskError):
        sign_in_services.save("other", **provider.settings(token_url=url), by=root)
