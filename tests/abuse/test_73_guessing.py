"""1,200 guesses behind ever other addresses: the throttle holds, nobody learns who is there, nobody is locked out for good."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import argon2
import pytest
from sqlalchemy import delete, func, select, update

from helpdesk.errors import NotAllowed
from helpdesk.people.models import Person, SignInAttempt
from helpdesk.services import guesses, sign_in
from helpdesk.services.database import db
from helpdesk.services.guesses import Throttled
from helpdesk.services.instant import now, pretend
from tests.making import make_staff, make_team
from tests.web.conftest import Client

pytestmark = pytest.mark.once

PASSWORD = "correct horse battery"
MOST = 10


@pytest.fixture
def ana(app):
    person = make_staff(teams=[make_team()], login="ana")
    sign_in.set_password(person, PASSWORD)
    return person


@pytest.fixture
def browser(app):
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
    return app.test_client


def guess(client, number=0, login="ana", password="wrong"):
    """One guess that says it comes from yet another address."""
    claimed = f"10.{number >> 8}.{number & 255}.1"
    headers = {
        "X-Forwarded-For": claimed,
        "X-Real-IP": claimed,
        "Forwarded": f"for={claimed}",
        "CF-Connecting-IP": claimed,
    }
    return client.post("/sign-in", data={"login": login, "password": password}, headers=headers)


class Hashing:
    """What this thread hashes while it is looked at: each password verified, with the parameters of its hash."""

    def __enter__(self):
        self.done = []
        sys.setprofile(self._seen)
        return self.done

    def __exit__(self, *_):
        sys.setprofile(None)

    def _seen(self, frame, event, _argument):
        if event == "call" and frame.f_code is argon2.PasswordHasher.verify.__code__:
            self.done.append(argon2.extract_parameters(frame.f_locals["hash"]))


def test_of_a_thousand_guesses_in_a_row_ten_are_looked_at(ana):
    refusals = [refused() for _ in range(1000)]
    assert refusals == [NotAllowed] * MOST + [Throttled] * (1000 - MOST)


def test_a_claimed_address_is_not_believed(browser, ana):
    client = browser()
    assert [guess(client, number).status_code for number in range(40)] == [403] * MOST + [429] * 30


def test_of_two_hundred_guesses_at_once_ten_at_most_are_looked_at(app, ana):
    with ThreadPoolExecutor(40) as pool:
        refusals = list(pool.map(lambda _: refused_apart(app), range(200)))
    assert 0 < refusals.count(NotAllowed) <= MOST
    assert refusals.count(NotAllowed) + refusals.count(Throttled) == 200


def refused(login="ana"):
    """How a wrong guess is refused."""
    with pytest.raises(NotAllowed) as refusal:
        sign_in.sign_in(login, "wrong", address="10.0.0.1")
    return type(refusal.value)


def refused_apart(app):
    """The same, in a thread of its own."""
    with app.app_context():
        return refused()


def test_one_address_has_fifty_guesses_at_all_logins_together(app):
    guessed("address 10.0.0.1", 49)
    assert [refused("bea"), refused("cyd")] == [NotAllowed, Throttled]


def test_the_right_password_is_no_guess(app, ana):
    sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")
    assert db.session.scalar(select(func.count(SignInAttempt.id))) == 0


def test_whoever_guesses_learns_not_who_is_there(browser, ana):
    """The same bytes and the same hashing: for nobody, for somebody, without a password and switched off."""
    told, hashed = zip(*(looked_at(browser, change) for change in changes(ana)), strict=True)
    assert len(set(told)) == 1
    assert all(done == hashed[0] for done in hashed)
    assert len(hashed[0]) == 1


def changes(person):
    """What may be known of the login "ana"."""
    known = {"login": "ana", "active": True, "password_hash": person.password_hash}
    return [known | change for change in ({}, {"login": "bea"}, {"active": False}, {"password_hash": None})]


def looked_at(browser, change):
    db.session.execute(update(Person).values(**change))
    db.session.execute(delete(SignInAttempt))
    db.session.commit()
    with Hashing() as done:
        answer = guess(browser())
    told = re.sub(r'data-now="[^"]+"|name="csrf_token" value="[^"]+"|X-CSRFToken[^}]+', "", answer.text)
    return (answer.status, told, *sorted(answer.headers.keys())), done


def guessed(key, times):
    """So many wrong guesses were made just now."""
    db.session.add_all(SignInAttempt(key=key, at=now()) for _ in range(times))
    db.session.commit()


@pytest.fixture
def closed(ana):
    """Somebody has guessed at "ana" as often as they may."""
    guessed("login ana", MOST)


def test_after_a_quarter_of_an_hour_the_right_password_opens(closed):
    with pytest.raises(Throttled):
        sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")
    with pretend(now() + guesses.WINDOW + timedelta(seconds=1)):
        assert sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")


def test_while_somebody_guesses_a_link_opens(browser, ana, closed):
    assert browser().post(urlsplit(sign_in.issue_link(ana)).path).status_code == 302


def entered_before(browser, person):
    """A browser in which this person has signed in and out."""
    client = browser()
    client.post(urlsplit(sign_in.issue_link(person)).path)
    client.post("/sign-out")
    return client


def test_while_somebody_guesses_the_password_opens_where_its_owner_has_signed_in_before(browser, ana, closed):
    hers = entered_before(browser, ana)
    assert guess(hers, password=PASSWORD).status_code == 302


def test_a_browser_that_is_known_has_ten_guesses_as_well(browser, ana):
    hers = entered_before(browser, ana)
    assert [guess(hers).status_code for _ in range(MOST + 1)] == [403] * MOST + [429]


@pytest.mark.parametrize("kept", ["", "x", "name.", "name." + "0" * 64, "é.é"])
def test_a_forged_mark_of_a_known_browser_is_worth_nothing(browser, closed, kept):
    client = browser()
    client.set_cookie("browser", kept, path="/sign-in")
    assert guess(client, password=PASSWORD).status_code == 429


def test_a_browser_is_known_for_whoever_signed_in_there_alone(browser, closed):
    client = entered_before(browser, make_staff(teams=[make_team()], login="bea"))
    assert guess(client, password=PASSWORD).status_code == 429
