"""Hostile visitors need browsers too, and some tests a desk that is haunted already."""

import dataclasses
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk import make_app
from helpdesk.config import Config
from helpdesk.people.models import Person
from helpdesk.services import sign_in
from helpdesk.services.database import db
from tests import conftest
from tests import sink as mail_sink
from tests.abuse import trap
from tests.abuse.haunting import Haunting
from tests.abuse.talking import Talk
from tests.processes import begun, free_port, process
from tests.web.conftest import app, as_  # noqa: F401


@dataclass
class Haunted:
    """A running desk with hostile words everywhere. *asked* is what the other server hears.

    *asked_by_us* is what it heard before there was a browser, *reached* whom we looked up or spoke to until then.
    """

    config: Config
    app: Flask
    desk: Haunting
    sink: mail_sink.Sink
    asked: list[str]
    asked_by_us: list[str]
    reached: list[str]


@pytest.fixture(scope="package")
def haunted(folder, valkey, fresh_database):
    """Built once; the tests of it only look."""
    var, port = folder / "haunted", free_port()
    var.mkdir()
    with ExitStack() as stack:
        far, asked = stack.enter_context(trap.far())
        sink = stack.enter_context(mail_sink.running())
        known = conftest.settings(var, stack.enter_context(fresh_database()), valkey)
        config = dataclasses.replace(known, port=port, base_url=f"http://127.0.0.1:{port}")
        app = make_app(config)
        with app.app_context(), overheard() as reached:
            desk = Haunting(far, sink)
            desk.haunt()
            db.session.remove()
        web = process(config, "helpdesk", "web", HELPDESK_PORT=str(port), HELPDESK_BASE_URL=config.base_url)
        begun(stack.enter_context(web))
        yield Haunted(config, app, desk, sink, asked, list(asked), reached)
        with app.app_context():
            db.engine.dispose()
        app.extensions["bell"].close()


@contextmanager
def overheard():
    """Every host that this process looks up or speaks to."""
    heard, listening = [], [True]

    def hook(event, arguments):
        if listening and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
            heard.append(str(arguments[1] if event == "socket.connect" else arguments[0]))

    sys.addaudithook(hook)
    yield heard
    listening.clear()


@pytest.fixture(scope="package")
def chromium(haunted):
    with trap.chromium(haunted.desk.port) as started:
        yield started


@pytest.fixture(scope="module")
def browser(haunted, chromium):
    """A fresh profile for the tests of a row, signed in as the administrator."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    with haunted.app.app_context():
        root = db.session.scalar(select(Person).where(Person.login == "root"))
        page.goto(sign_in.issue_link(root))
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/queue")
    page.get_by_role("button", name="Not now").click()
    page.wait_for_load_state()
    page.close()
    yield context
    context.close()


@pytest.fixture
def caught(haunted, browser):
    """A fresh page with nothing in the trap."""
    page = browser.new_page()
    haunted.asked.clear()
    yield trap.Trap(page, haunted.config.base_url, haunted.asked)
    page.close()


@pytest.fixture
def talk(request):
    return Talk(request.getfixturevalue("as_"))
