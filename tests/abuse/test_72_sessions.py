"""The cookie is another one after each sign-in; what is signed out or ended on the server is worth nothing any more."""

import dataclasses
from urllib.parse import urlsplit

import pytest

from helpdesk import create_app
from helpdesk.services import administration, sign_in
from helpdesk.services.database import db
from tests.making import make_staff, make_team
from tests.web.conftest import Client

pytestmark = pytest.mark.once

COOKIE = "helpdesk"


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()], login="ana")


@pytest.fixture
def browser(app):
    """Makes a browser of its own."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
    return app.test_client


def enter(browser, person, **more):
    """Sign in there by a one-time link."""
    return browser.post(urlsplit(sign_in.issue_link(person)).path, **more)


def cookie(browser):
    return browser.get_cookie(COOKIE).value


def status(browser, value):
    """What somebody is answered who has nothing but this cookie."""
    thief = browser()
    thief.set_cookie(COOKIE, value)
    return thief.get("/queue/rows", headers={"HX-Request": "true"}).status_code


def test_the_cookie_from_before_the_sign_in_is_not_the_one_after(app, browser, ana):
    app.config["WTF_CSRF_ENABLED"] = True
    hers = browser()
    page = hers.get(urlsplit(address := sign_in.issue_link(ana)).path).text
    before, token = cookie(hers), page.partition('name="csrf_token" value="')[2].partition('"')[0]
    hers.post(urlsplit(address).path, data={"csrf_token": token})
    assert cookie(hers) != before
    assert (status(browser, cookie(hers)), status(browser, before)) == (200, 401)


def test_a_password_makes_a_fresh_session_too(browser, ana):
    sign_in.set_password(ana, "correct horse battery")
    hers = browser()
    enter(hers, ana)
    before = cookie(hers)
    hers.post("/sign-in", data={"login": "ana", "password": "correct horse battery"})
    assert (status(browser, cookie(hers)), status(browser, before)) == (200, 401)


def test_a_cookie_that_somebody_planted_ends_when_its_bearer_signs_in(browser, ana):
    thief, victim = browser(), browser()
    enter(thief, make_staff(teams=[make_team()]))
    victim.set_cookie(COOKIE, cookie(thief))
    enter(victim, ana)
    assert (status(browser, cookie(victim)), status(browser, cookie(thief))) == (200, 401)


def test_of_two_browsers_only_the_one_that_signs_out_is_out(browser, ana):
    one, other = browser(), browser()
    enter(one, ana)
    enter(other, ana)
    kept = cookie(one)
    one.post("/sign-out")
    assert (status(browser, kept), status(browser, cookie(other))) == (401, 200)


@pytest.mark.parametrize(
    "end",
    [
        lambda person, root: sign_in.set_password(person, "another long password"),
        lambda person, root: administration.end_sessions(person.id, by=root),
        lambda person, root: administration.switch_person(person.id, active=False, by=root),
    ],
    ids=["a new password", "ended by an administrator", "switched off"],
)
def test_what_ends_on_the_server_ends_in_every_browser(browser, ana, end):
    one, other = browser(), browser()
    enter(one, ana)
    enter(other, ana)
    end(ana, make_staff("administrator"))
    assert (status(browser, cookie(one)), status(browser, cookie(other))) == (401, 401)


def test_a_link_that_was_used_opens_nothing_again(browser, ana):
    address = urlsplit(sign_in.issue_link(ana)).path
    assert browser().post(address).status_code == 302
    assert browser().post(address).status_code == 403


def test_no_script_and_no_other_site_gets_at_the_cookies(browser, ana):
    for made in enter(browser(), ana).headers.getlist("Set-Cookie"):
        assert "; HttpOnly" in made
        assert "; SameSite=Lax" in made


def test_behind_https_the_cookies_travel_by_https_only_and_the_session_is_bound_to_this_host(app, config, ana):
    secure = create_app(dataclasses.replace(config, base_url="https://desk.test", secure_cookies=True))
    secure.config["WTF_CSRF_ENABLED"] = False
    with secure.app_context():
        answer = enter(secure.test_client(), ana, base_url="https://desk.test")
        db.session.remove()
        db.engine.dispose()
    secure.extensions["bell"].close()
    made = answer.headers.getlist("Set-Cookie")
    assert all("; Secure" in one for one in made)
    (session,) = [one for one in made if "helpdesk=" in one]
    assert session.startswith("__Host-helpdesk=")
    assert "; Path=/" in session
    assert "Domain" not in session
