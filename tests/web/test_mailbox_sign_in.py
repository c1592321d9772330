"""Signing in to a mailbox at its service, as the administrator meets it."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant, SignInService
from helpdesk.services import alarms, expiry, grants, health, mailboxes, sign_in_services
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.secrets import seal
from helpdesk.services.store import transaction
from tests import provider as providers
from tests.making import make, make_mailbox, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def service(folder):
    with providers.running(folder / "web-oauth") as provider:
        yield provider


@pytest.fixture
def provider(service, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(service.ca))
    return service


@pytest.fixture
def root(app):
    return make_staff("administrator", [make_team()])


@pytest.fixture
def client(as_, root):
    return as_(root)


@pytest.fixture
def box(root, provider):
    sign_in_services.save("other", **provider.settings(), by=root)
    return make_mailbox(make_team(), provider.user, {"imap_host": "localhost", "imap_port": 1, "auth": "other"})


def asked(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def entered(**changes):
    return {"client_id": "client-7", "client_secret": "open sesame", **changes}


def test_the_client_secret_goes_in_and_never_comes_out(client):
    assert client.post("/admin/sign-in-services/google", data=entered(testing="1")).status_code == 303
    row = db.session.scalars(select(SignInService)).one()
    assert (b"open sesame" in row.secrets, row.testing) == (False, True)
    page = client.get("/admin/sign-in-services").text
    assert ("open sesame" in page, "client-7" in page, "/admin/mailboxes/back" in page) == (False, True, True)


def test_what_is_wrong_is_said_beside_it_and_the_secret_is_not_shown(client):
    answer = client.post("/admin/sign-in-services/other", data=entered(scope="mail", token_url="https://login.test/t"))
    assert (answer.status_code, "open sesame" in answer.text, "client-7" in answer.text) == (422, False, True)
    assert client.post("/admin/sign-in-services/google", data=entered(role="root")).status_code == 422


def test_somebody_goes_to_the_service_and_comes_back_signed_in(client, box, provider):
    wanted = asked(client.get(f"/admin/mailboxes/{box.id}/sign-in"))
    assert (wanted["client_id"], wanted["scope"]) == (providers.CLIENT, "mail")
    answer = client.get(provider.authorize(wanted).removeprefix("http://127.0.0.1:8470"))
    assert (answer.status_code, answer.location) == (303, f"/admin/mailboxes/{box.id}")
    assert "Signed in with another service." in client.get(answer.location).text
    assert grants.token(box.id) in provider.accesses


@pytest.mark.parametrize("state", ["", "another"])
def test_an_answer_that_this_browser_did_not_ask_for_is_refused(client, box, provider, state):
    wanted = asked(client.get(f"/admin/mailboxes/{box.id}/sign-in"))
    code = parse_qs(urlsplit(provider.authorize(wanted)).query)["code"][0]
    assert client.get(f"/admin/mailboxes/back?code={code}&state={state}").status_code == 409
    assert grants.of(box.id) is None


def test_an_answer_is_worth_something_once(client, box, provider):
    address = provider.authorize(asked(client.get(f"/admin/mailboxes/{box.id}/sign-in")))
    path = address.removeprefix("http://127.0.0.1:8470")
    assert [client.get(path).status_code for _ in range(2)] == [303, 409]


def test_a_refusal_of_the_service_is_said_in_its_words(client, box):
    state = asked(client.get(f"/admin/mailboxes/{box.id}/sign-in"))["state"]
    answer = client.get(f"/admin/mailboxes/back?error=access_denied&state={state}")
    assert (answer.status_code, "access_denied" in answer.text) == (409, True)


def test_a_service_that_is_not_set_up_says_where_to_set_it_up(client, root):
    box = make_mailbox(make_team(), settings={"auth": "google"})
    answer = client.get(f"/admin/mailboxes/{box.id}/sign-in")
    assert (answer.status_code, "Sign-in services" in answer.text) == (409, True)


def test_a_gmail_address_leads_to_google(client):
    page = client.post("/admin/mailboxes/new", data={"address": "help@gmail.com"}).text
    assert ('value="google" selected' in page, "The next step leads to Google." in page) == (True, True)


def test_a_mailbox_whose_sign_in_ended_has_a_button_to_sign_in_again(client, root, provider, box):
    path = provider.authorize(asked(client.get(f"/admin/mailboxes/{box.id}/sign-in")))
    client.get(path.removeprefix("http://127.0.0.1:8470"))
    provider.revoke()
    with pretend(now() + timedelta(hours=1)):
        mailboxes.read(box.id)
    assert "Sign in again" in client.get("/admin/channels?lang=en").text
    page = client.get(f"/admin/mailboxes/{box.id}").text
    assert (f'href="/admin/mailboxes/{box.id}/sign-in"' in page, "Nobody is signed in." in page) == (True, True)
    assert "sign in again" in client.get("/queue").text


def granted(kind, age, **service):
    with transaction():
        db.session.add(SignInService(kind=kind, client_id="c", **service))
    box = make_mailbox(make_team(), settings={"auth": kind})
    at = now() - age
    make(Grant(channel_id=box.id, service=kind, tokens=seal({}), access_until=at, granted_at=at, renewed_at=at))
    return box


@pytest.mark.parametrize(
    ("kind", "days", "service", "what"),
    [
        ("google", 5, {"testing": True}, ["testing"]),
        ("google", 5, {"testing": False}, []),
        ("google", 2, {"testing": True}, []),
        ("microsoft", 80, {}, ["idle"]),
        ("microsoft", 10, {}, []),
        ("google", 0, {"secret_ends": date.today() + timedelta(days=20)}, ["secret"]),
        ("google", 0, {"secret_ends": date.today() + timedelta(days=40)}, []),
    ],
)
def test_what_ends_is_said_before_it_ends(app, client, kind, days, service, what):
    box = granted(kind, timedelta(days=days), **service)
    assert [one.what for one in expiry.endings(box.id)] == what
    assert ("ends on" in client.get(f"/admin/channels/{box.id}").text) == bool(what)
    assert bool([one for one in health.examine() if "sign-in" in one.part]) == bool(what)


def test_what_has_ended_is_bad_and_what_is_about_to_a_warning(app):
    granted("google", timedelta(days=8), testing=True, secret_ends=date.today() + timedelta(days=3))
    assert [one.state for one in health._sign_ins()] == ["warn", "bad"]


def test_what_will_end_is_told_in_the_page(app, client):
    granted("google", timedelta(days=5), testing=True, secret_ends=date.today() + timedelta(days=20))
    alarms.Watch().look()
    page = client.get("/queue").text
    assert ("The client secret of google ends on" in page, "the sign-in ends on" in page) == (True, True)


def test_a_channel_keeps_its_way_when_it_is_changed_by_hand(client, box):
    page = client.get(f"/admin/channels/{box.id}").text
    assert "Check or sign in again" in page
    assert db.session.get(Channel, box.id).settings["auth"] == "other"
