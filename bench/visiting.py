"""A browser's side of a page: one kept connection, a session, and how long each answer takes."""

import http.client
import re
import socket
import time

from helpdesk.people.models import Person
from helpdesk.services import sign_in

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
WARM = 20
LONGEST = 120.0


class Visitor:
    """Somebody at a server on this machine."""

    def __init__(self, port: int) -> None:
        wait_for(port)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: str = "") -> str:
        """The page; anything but an answer or a redirection is an error."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request("POST" if form else "GET", path, form or None, {"Cookie": cookie, **kind})
        answer = self.connection.getresponse()
        body = answer.read().decode()
        assert answer.status < 400, f"{path} answers {answer.status}"
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return body

    def sign_in(self, person: Person) -> None:
        """Sign in by a one-time link, as a person does."""
        path = sign_in.issue_link(person).split("8470", 1)[1]
        found = CSRF.search(self.ask(path))
        assert found, "The page of the link has no form."
        self.ask(path, f"csrf_token={found[1]}")

    def seconds(self, path: str, count: int, warm: int = WARM) -> list[float]:
        """How long each of *count* answers took, after some to get warm."""
        return [self._seconds(path) for _ in range(warm + count)][warm:]

    def _seconds(self, path: str) -> float:
        begun = time.perf_counter()
        self.ask(path)
        return time.perf_counter() - begun


def wait_for(port: int) -> float:
    """Wait until somebody listens; the instant by the steady clock."""
    patience = time.perf_counter() + LONGEST
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return time.perf_counter()
        except ConnectionRefusedError as error:
            if time.perf_counter() > patience:
                raise TimeoutError(f"Nobody listens on {port}.") from error
            time.sleep(0.02)
