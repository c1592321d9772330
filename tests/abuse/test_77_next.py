"""After signing in and after pressing a button nobody is sent to another site."""

from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from helpdesk.services import intake, sign_in
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.web.conftest import Client

pytestmark = pytest.mark.once

HERE, PASSWORD = "http://localhost", "correct horse battery"
ELSEWHERE = [
    "//evil.test", "///evil.test", "////evil.test", "/\\evil.test", "\\\\evil.test", "\\/evil.test", "/\t/evil.test",
    "/\n/evil.test", "/\r\nLocation: //evil.test", "/\r\nSet-Cookie: a=b", "\t//evil.test", " //evil.test", "\x00//evil.test",
    "https://evil.test", "HTTPS://evil.test", "https:evil.test", "https:/evil.test", "http:///evil.test", "ftp://evil.test",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "//",
    "evil.test", "@evil.test", ".evil.test", "?//evil.test", "//localhost@evil.test", "https://localhost@evil.test",
    "/\u2028/evil.test", "\u2028//evil.test", "//evil\u3002test", "/\x85/evil.test", "http:\\\\evil.test",
]  # fmt: skip
HARMLESS = [
    "/%0d%0aSet-Cookie:%20a=b", "/%2f%2fevil.test", "/%5cevil.test", "/..//evil.test", "/.//evil.test", "/@evil.test",
    "/:@evil.test",
]  # fmt: skip
TARGETS = ELSEWHERE + HARMLESS


def stays(location):
    """Whether a browser that is here remains here: to it a backslash is a slash, and tabs and line ends are nothing."""
    read = location.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "").strip()
    return urlsplit(urljoin(f"{HERE}/sign-in", read))[:2] == ("http", "localhost")


@pytest.fixture
def browser(app):
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def ana(app):
    make_policy()
    return make_staff("supervisor", [make_team()], login="ana")


def test_the_page_of_the_sign_in_keeps_no_foreign_address(browser):
    pages = [browser.get("/sign-in", query_string={"next": target}).text for target in TARGETS]
    kept = [unescape(page.partition('name="next" value="')[2].partition('"')[0]) for page in pages]
    assert [one for one in kept if not stays(one)] == []
    assert kept[: len(ELSEWHERE)] == [""] * len(ELSEWHERE)


@pytest.mark.parametrize(
    "target", ["//evil.test", "/\\evil.test", "/\t/evil.test", "\r\n//evil.test", "https://evil.test"]
)
def test_after_signing_in_nobody_is_sent_elsewhere(browser, ana, target):
    sign_in.set_password(ana, PASSWORD)
    answer = browser.post("/sign-in", data={"login": "ana", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_after_signing_in_everybody_comes_to_where_they_wanted(browser, ana):
    sign_in.set_password(ana, PASSWORD)
    asked = browser.get("/lookup?q=%2B7+701", headers={"Accept": "text/html"}).headers["Location"]
    page = browser.get(asked).text
    wanted = unescape(page.partition('name="next" value="')[2].partition('"')[0])
    answer = browser.post("/sign-in", data={"login": "ana", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/lookup?q=%2B7+701"


def test_a_button_leads_back_to_a_page_of_ours_only(as_, ana):
    client, box = as_(ana), make_mailbox(ana.memberships[0].team)
    arrive(box, eml())
    arrive(box, eml(Auto_Submitted="auto-replied"))
    intake.file_waiting()
    doors = ("/tickets/1/take", "/intake/2/retry")
    places = [client.post(door, data={"back": target}).headers["Location"] for door in doors for target in TARGETS]
    assert [place for place in places if not stays(place)] == []


@pytest.mark.parametrize(
    "path", ["//evil.test/queue", "/\\evil.test", "/%09/evil.test", "/%0d%0aLocation:%20//evil.test"]
)
def test_an_address_that_looks_foreign_sends_nobody_away(browser, path):
    answer = browser.get(path, headers={"Accept": "text/html"})
    assert stays(answer.headers.get("Location", "/"))
    assert "\n" not in str(answer.headers).replace("\r\n", "")
