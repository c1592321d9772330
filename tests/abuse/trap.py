"""A browser that notes every script that runs, every address that is asked for elsewhere, and every complaint."""

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from playwright.sync_api import Page, sync_playwright

GUARDS = ("content-type", "content-security-policy", "x-content-type-options", "referrer-policy")
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@contextmanager
def far():
    """Another server: its port, and what it is asked for."""
    asked, listener = [], socket.create_server(("127.0.0.1", 0), backlog=200)
    thread = threading.Thread(target=_serve, args=(listener, asked))
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _serve(listener, asked):
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, suppress(OSError):
                client.settimeout(0.2)
                asked.append("a connection")
                asked[-1] = client.recv(200).split(b"\r\n")[0].decode("latin-1")
                client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@dataclass
class Trap:
    """One page. *hits* are scripts of theirs, *asked* and *far* addresses elsewhere, *complaints* what the console says."""

    page: Page
    here: str
    far: list[str]
    hits: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.expose_binding("hit", lambda source: self.hits.append(source["frame"].url[:80]))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", self._said)
        self.page.on("popup", lambda page: self.hits.append(f"opened {page.url}"))

    @property
    def prey(self):
        """All that was caught; complaints too, because what the policy had to stop should not have come so far."""
        return self.hits + self.asked + self.far + self.complaints

    def _dialog(self, dialog):
        self.hits.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith((self.here, "data:", "about:", "blob:")):
            self.asked.append(f"{request.resource_type} {request.url}"[:120])

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text[:300])

    def visit(self, path):
        """Go to a page and look at all of it."""
        self.page.goto(f"{self.here}{path}")
        self.look()

    def look(self):
        """Wait for the page's live parts, unfold all that is folded, and wait until every frame is there."""
        self.page.wait_for_function(LIVE)
        self.page.evaluate(OPEN)
        for frame in self.page.frames[1:]:
            frame.wait_for_url(f"{self.here}/**")

    def unfiltered(self, number, bodies):
        """A ticket's page with bodies as they came where cleaned ones would be, and with all that guards those."""
        seen = {}

        def serve(route):
            guards = route.fetch().headers
            body = bodies[seen.setdefault(route.request.url, len(seen))]
            route.fulfill(body=body, headers={name: guards[name] for name in GUARDS})

        self.page.route("**/messages/*/html", serve)
        self.visit(f"/tickets/{number}")
        self.page.wait_for_timeout(500)
        assert len(seen) == len(bodies)

    def acting(self):
        """What in the page and its frames could act by itself, and was not put there by us."""
        return [found for frame in self.page.frames for found in frame.evaluate(ACTING)]


LIVE = """() => !document.documentElement.dataset.stream || (document.documentElement.dataset.live === "on" &&
  [...document.querySelectorAll("body [data-live]")].every(
    (element) => performance.getEntriesByName(new URL(element.dataset.live, location).href).length))"""
OPEN = """() => {
  for (const frame of document.querySelectorAll("iframe")) frame.loading = "eager";
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""
ACTING = """() => [...document.querySelectorAll("*")].flatMap((element) => {
  const ours = element.matches("script[src^='/'], iframe[src^='/'][sandbox], link[rel=stylesheet][href^='/'], link[rel=icon]");
  const named = ["SCRIPT", "STYLE", "IFRAME", "OBJECT", "EMBED", "BASE", "LINK", "FORM"].includes(element.tagName.toUpperCase());
  const form = element.matches("form:not([action]), form[action^='/']");
  const asking = element.matches("#due[hx-post^='/admin/policies/'], #found[hx-get^='/admin/simulations/'], button[formaction^='/admin/']" +
    ", button[formaction^='/selection/'], button[form='take'][formaction^='/tickets/']" +
    ", #composer button[formaction^='/tickets/'][formaction$='/draft']");
  const bad = [...element.attributes].filter(({name, value}) => !(asking && /^(hx-|formaction$)/.test(name)) && (
    /^on|^style$|^srcdoc$|^srcset$|^formaction$|^ping$|^background$|^hx-(?!headers)/.test(name) ||
    (/^(href|src|action|data|poster|xlink:href)$/.test(name) && /^\\s*(javascript|vbscript|data:text)/i.test(value)) ||
    (/^data-(live|stream)$/.test(name) && !/^(\\/[^\\/]|rows$|on$|off$)/.test(value))));
  return [...(named && !ours && !form ? [element.outerHTML.slice(0, 150)] : []),
          ...bad.map(({name, value}) => `${element.tagName} ${name}=${value}`.slice(0, 150))];
})"""


@contextmanager
def chromium(port):
    """A browser to whom every name under .test is the other server at *port*."""
    rules = f"--host-resolver-rules=MAP *.test 127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*CHROMIUM, rules])
        yield browser
        browser.close()
