"""One POST to a host that somebody else named: only to public addresses, within ten seconds, following nothing."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from helpdesk.channels import hosts
from helpdesk.errors import NotAllowed

PATIENCE = 10.0
LONGEST = 64 * 1024
PORTS = (80, 443, 8080, 8443)


class Unreached(Exception):
    """Nothing was sent: the host is unknown, or does not accept."""


class Unanswered(Exception):
    """It was sent, and then no answer came. *waited* says that the time ran out, not that the connection broke."""

    def __init__(self, text: str, *, waited: bool) -> None:
        super().__init__(text)
        self.waited = waited


@dataclass(frozen=True)
class Answer:
    """What the other side said; of its text no more than 64 KB."""

    status: int
    text: bytes
    retry_after: str


def post(
    url: str, headers: Mapping[str, str], body: bytes, *, handing_over: Callable[[], bool], allow_private: bool = False,
    patience: float | None = None,
) -> Answer:  # fmt: skip
    """POST *body* once. NotAllowed when the address is not for us to reach.

    *handing_over* is called once, just before anything goes out; when it says no, nothing goes. It all takes PATIENCE
    seconds at most, or so long as *patience* says.
    """
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    parts = check(url, allow_private=allow_private)
    sock = _connect(parts, until, allow_private)
    try:
        if not handing_over():
            raise Unreached("Another worker has it.")
        _send(sock, parts, headers, body, until)
        return _listen(sock, until)
    finally:
        sock.close()


def check(url: str, *, allow_private: bool = False) -> SplitResult:
    """The parts of a *url* that may be posted to; NotAllowed for any other. Resolves nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _forbidden() from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not url.isprintable():
        raise _forbidden()
    if not allow_private and (parts.scheme != "https" or (port or 443) not in PORTS):
        raise _forbidden()
    return parts


def _forbidden() -> NotAllowed:
    return NotAllowed("This address may not be used. Write a public one that begins with https://.")


def _connect(parts: SplitResult, until: float, allow_private: bool) -> socket.socket:
    """A connection to the very address that was checked, so that the name cannot change its mind in between."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _judged(parts.hostname or "", port, allow_private)
    try:
        sock = hosts.dial(addresses, port, _left(until))
    except OSError as error:
        raise Unreached(f"The host does not accept connections: {error}") from error
    return _secured(sock, parts, until) if parts.scheme == "https" else sock


def _judged(host: str, port: int, allow_private: bool) -> list[str]:
    try:
        return hosts.judged(host, port, private=allow_private)
    except hosts.Forbidden as error:
        raise _forbidden() from error
    except OSError as error:
        raise Unreached(f"The host is unknown: {error}") from error


def _secured(sock: socket.socket, parts: SplitResult, until: float) -> socket.socket:
    try:
        sock.settimeout(_left(until))
        return ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)
    except OSError as error:
        sock.close()
        raise Unreached(f"The connection cannot be secured: {error}") from error


def _send(sock: socket.socket, parts: SplitResult, headers: Mapping[str, str], body: bytes, until: float) -> None:
    speaker = http.client.HTTPConnection(parts.hostname or "", parts.port)
    speaker.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        sock.settimeout(_left(until))
        speaker.request("POST", target, body, {**headers, "host": parts.netloc, "connection": "close"})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreached(f"It could not be sent whole: {error}") from error


def _listen(sock: socket.socket, until: float) -> Answer:
    response = http.client.HTTPResponse(_Ear(sock, until), method="POST")  # type: ignore[arg-type]
    try:
        response.begin()
        text = response.read(LONGEST)
    except TimeoutError as error:
        raise Unanswered("No answer came in time.", waited=True) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unanswered(f"The connection was lost before the answer: {error!r}", waited=False) from error
    return Answer(response.status, text, response.getheader("retry-after", ""))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("The time is over.")
    return left


class _Ear(io.RawIOBase):
    """The socket as http.client reads it, with one deadline for everything instead of one for each byte."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._sock.settimeout(_left(self._until))
        return self._sock.recv_into(buffer)
