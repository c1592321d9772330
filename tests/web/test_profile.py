"""One's own page: language, time zone, password; and the offer of a password to who came in by a link."""

import pytest

from helpdesk.people.models import Person
from helpdesk.services import sign_in
from helpdesk.services.database import db
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

PASSWORD = "correct horse battery"
OFFER = "You came in by a link"
NEW = {"after": PASSWORD, "again": PASSWORD}


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()], login="ana")


def again(person):
    db.session.rollback()
    return db.session.get(Person, person.id, populate_existing=True)


def test_who_comes_in_by_a_link_sets_a_password_and_signs_in_with_it(as_, ana):
    client = as_(ana)
    assert 'href="/profile"' in client.get("/queue").text
    assert client.post("/profile/password", data=NEW).status_code == 303
    assert sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")


def test_a_new_password_ends_the_other_sessions_and_not_this_one(as_, ana):
    here, elsewhere = as_(ana), as_(ana)
    here.post("/profile/password", data=NEW)
    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile", headers={"Accept": "text/html"}).status_code == 302


def test_who_has_a_password_must_know_it_to_change_it(as_, ana):
    sign_in.set_password(ana, PASSWORD)
    client, before = as_(ana), again(ana).password_hash
    wrong = client.post("/profile/password", data={"before": "a wrong one", "after": "x" * 12, "again": "x" * 12})
    assert (wrong.status_code, again(ana).password_hash) == (422, before)
    right = client.post("/profile/password", data={"before": PASSWORD, "after": "x" * 12, "again": "x" * 12})
    assert (right.status_code, again(ana).password_hash == before) == (303, False)


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"after": "short", "again": "short"}, "too short"), ({"after": PASSWORD, "again": "x" * 20}, "differs")],
)
def test_a_short_or_mistyped_password_is_refused_in_words(as_, ana, sent, said):
    answer = as_(ana).post("/profile/password", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert again(ana).password_hash is None


def test_the_offer_of_a_password_goes_when_it_is_refused(as_, ana):
    client = as_(ana)
    assert OFFER in client.get("/queue").text
    assert client.post("/profile/password/not-now", data={"back": "/queue"}).headers["Location"] == "/queue"
    assert OFFER not in client.get("/queue").text


def test_no_password_is_offered_to_who_has_one(as_, ana):
    sign_in.set_password(ana, PASSWORD)
    assert OFFER not in as_(ana).get("/queue").text


def test_language_and_time_zone_are_ones_own(as_, ana):
    client = as_(ana)
    client.get("/queue?lang=en")
    assert client.post("/profile", data={"locale": "ru", "time_zone": "Europe/Berlin"}).status_code == 303
    assert (again(ana).locale, again(ana).time_zone) == ("ru", "Europe/Berlin")
    assert '<html lang="ru"' in client.get("/queue").text


def test_a_time_zone_that_does_not_exist_is_refused(as_, ana):
    assert as_(ana).post("/profile", data={"locale": "en", "time_zone": "Mars/Base"}).status_code == 422
    assert again(ana).time_zone is None


@pytest.mark.parametrize(("before", "language"), [("", "en"), ("ru", "ru")])
def test_the_browsers_language_holds_for_who_never_chose_one(app, before, language):
    app.config["WTF_CSRF_ENABLED"] = False
    person, client = make_staff(teams=[make_team()], locale=before), app.test_client()
    address = sign_in.issue_link(person).removeprefix(app.config["HELPDESK"].base_url)
    client.post(address, headers={"Accept-Language": "en"})
    assert again(person).locale == language
    assert f'<html lang="{language}"' in client.get("/queue", headers={"Accept-Language": "ru"}).text
