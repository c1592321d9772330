"""The front door, as a browser meets it."""

import pytest

from helpdesk.errors import NotAllowed
from helpdesk.services import guesses, sign_in
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

PASSWORD = "correct horse battery"


@pytest.fixture
def client(app):
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def ana(app):
    person = make_staff(teams=[make_team()], login="ana")
    sign_in.set_password(person, PASSWORD)
    return person


def test_who_is_not_signed_in_is_sent_to_the_door(client):
    answer = client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_the_right_password_opens_and_the_wrong_one_says_what_to_do(client, ana):
    wrong = client.post("/sign-in", data={"login": "ana", "password": "wrong"}, headers={"Accept-Language": "en"})
    assert wrong.status_code == 403
    assert "sign-in link" in wrong.text
    right = client.post("/sign-in", data={"login": "ana", "password": PASSWORD})
    assert right.status_code == 302


def test_a_link_signs_in_once(app, client, ana):
    address = sign_in.issue_link(ana).removeprefix(app.config["HELPDESK"].base_url)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 403


def test_after_signing_out_the_old_cookie_is_worth_nothing(client, ana):
    client.post("/sign-in", data={"login": "ana", "password": PASSWORD})
    kept = client.get_cookie("helpdesk").value
    client.post("/sign-out")
    client.set_cookie("helpdesk", kept)
    assert client.post("/sign-out", headers={"Accept": "application/json"}).status_code == 401


def test_ten_wrong_guesses_close_a_login_for_a_while_and_others_stay_open(app, ana):
    for _ in range(10):
        with pytest.raises(NotAllowed):
            sign_in.sign_in("ana", "wrong", address="10.0.0.1")
    with pytest.raises(guesses.Throttled):
        sign_in.sign_in("ana", PASSWORD, address="10.0.0.2")
    with pytest.raises(NotAllowed) as refusal:
        sign_in.sign_in("bea", "wrong", address="10.0.0.2")
    assert not isinstance(refusal.value, guesses.Throttled)


@pytest.mark.parametrize("target", ["//evil.test", "/\\evil.test", "https://evil.test", "/a\r\nb", "javascript:1"])
def test_after_signing_in_nobody_is_sent_elsewhere(client, ana, target):
    answer = client.post("/sign-in", data={"login": "ana", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"
