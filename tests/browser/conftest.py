"""A running desk with everything real, and browsers that people sign in with."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from helpdesk import make_app
from helpdesk.config import Config
from helpdesk.services import secrets, sign_in
from helpdesk.services.database import db
from tests import conftest, servers
from tests import sink as mail_sink
from tests.dovecot import PASSWORD
from tests.making import make_mailbox
from tests.processes import begun, free_port, helpdesk, process

PARTS = (("helpdesk", "web"), ("workers.schedule",), ("workers.listen",), ("workers.run",), ("workers.run",))
CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
PATIENCE = 15_000
DESKTOP = {"width": 1366, "height": 768}


@dataclass
class Desk:
    """What runs, and what went wrong in a browser that looked at it."""

    config: Config
    app: Flask
    chromium: Browser
    sink: mail_sink.Sink
    troubles: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, **look) -> Page:
        """A fresh browser at nobody's sign-in, 1366 wide in English; *look* as Playwright takes it."""
        wanted = {"locale": "en-GB", "viewport": DESKTOP, "base_url": self.config.base_url, **look}
        context = self.chromium.new_context(**wanted)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("request", self._asked)
        return context.new_page()

    def sign_in(self, person, **look) -> Page:
        """The first page that *person* sees, signed in by a one-time link."""
        page = self.visitor(**look)
        page.goto(sign_in.issue_link(person))
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/queue")
        return page

    def connect(self, team, account, **settings):
        """A channel of the team that reads *account* in Dovecot and sends through the sink."""
        sealed = secrets.seal({"imap_password": PASSWORD})
        settings = {**account.settings(), **self.sink.settings(), **settings}
        return make_mailbox(team, account.name, settings, secrets=sealed)

    def command(self, *words):
        """Run one command of the product on this desk."""
        return helpdesk(self.config, *words)

    def _said(self, message) -> None:
        asked = message.location["url"]  # a draft that came after its answer was sent is refused, as it should be
        expected = asked == message.page.url or asked.endswith("/draft")
        refused = message.text.startswith("Failed to load resource") and expected
        if message.type in ("error", "warning") and not refused:
            self.troubles.append(f"{message.page.url}: {message.text}")

    def _asked(self, request) -> None:
        if not request.url.startswith((self.config.base_url, "data:")):
            self.troubles.append(f"asked for {request.url}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def running(folder, fresh_database, chromium, dovecot) -> Iterator[Desk]:
    """Everything but the browser's visits, for all tests of this folder: each makes a team of its own.

    Its machine trusts the certificate of the mail server.
    """
    expect.set_options(timeout=PATIENCE)
    var, port = folder / "desk", free_port()
    var.mkdir()
    with ExitStack() as stack:
        bell = stack.enter_context(servers.valkey(var))
        config = conftest.settings(var, stack.enter_context(fresh_database()), bell)
        config = dataclasses.replace(config, port=port, base_url=f"http://127.0.0.1:{port}")
        told = {"HELPDESK_PORT": str(port), "HELPDESK_MAIL_PORT": str(free_port()), "SSL_CERT_FILE": str(dovecot.ca)}
        for part in [stack.enter_context(process(config, *words, **told)) for words in PARTS]:
            begun(part)
        app = make_app(config)
        yield Desk(config, app, chromium, stack.enter_context(mail_sink.running()))
        with app.app_context():
            db.engine.dispose()
        app.extensions["bell"].close()


@pytest.fixture
def desk(running) -> Iterator[Desk]:
    """The running desk. A test fails when a page of it had an error, broke the CSP or asked another host."""
    with running.app.app_context():
        yield running
        db.session.remove()
    while running.contexts:
        running.contexts.pop().close()
    troubles, running.troubles[:] = list(running.troubles), []
    assert troubles == []
