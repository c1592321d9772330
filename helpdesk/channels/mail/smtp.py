"""Handing one mail to one recipient's server: sent, later, failed or unknown, and never in the clear."""

import base64
import contextlib
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator

from helpdesk.channels.mail.tls import PATIENCE, Server, Unsafe
from helpdesk.channels.outcome import Outcome, failed, later, sent, unknown

KNOCK = 10.0  # seconds for connecting, for the handshake and for the greeting
OPENING = 20.0  # seconds for all that follows until it is encrypted, and for signing in
SENDING = 55.0  # seconds for one mail with its answer, of which the server needs some to look at it
PARTING = 2.0
SIGNED_IN, CHALLENGED = 235, 334
TROUBLE = (OSError, smtplib.SMTPException)
DOTS = re.compile(rb"(?m)^\.")


@contextlib.contextmanager
def session(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted, verified and signed in; raises one of TROUBLE or Unsafe."""
    with secured(server) as link:
        sign_in(link, server)
        yield link


@contextlib.contextmanager
def secured(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and verified; nobody is signed in yet."""
    link = _connect(server)
    try:
        with _within(OPENING, link):
            link.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                _encrypt(link, server)
        yield link
    finally:
        _leave(link)


class _Link(smtplib.SMTP):
    """The protocol over a connection to an address that was judged."""

    server: Server

    def _get_socket(self, _host: str, _port: int, timeout: float) -> socket.socket:
        return self.server.dial(timeout)


class _TlsLink(smtplib.SMTP_SSL, _Link):
    """The same, encrypted from the first byte."""


def _connect(server: Server) -> smtplib.SMTP:
    tls = server.security == "tls"
    link: _Link = _TlsLink(timeout=KNOCK, context=server.context()) if tls else _Link(timeout=KNOCK)
    link.server, link._host = server, server.host  # type: ignore[attr-defined]
    code, text = link.connect(server.host, server.port)
    if code != 220:
        link.close()
        raise smtplib.SMTPConnectError(code, text)
    if link.sock is not None:
        link.sock.settimeout(PATIENCE)
    return link


@contextlib.contextmanager
def _within(seconds: float, link: smtplib.SMTP) -> Iterator[None]:
    """Hang up after so long: a server that keeps us waiting at every step must not hold a worker for ever."""
    timer = threading.Timer(seconds, _hang_up, (link,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(link: smtplib.SMTP) -> None:
    """Whoever waits for the server hears that the line is broken."""
    if link.sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(link.sock, socket.SHUT_RDWR)


def _encrypt(link: smtplib.SMTP, server: Server) -> None:
    if not link.has_extn("starttls"):
        raise Unsafe(
            "{host} offers no STARTTLS, and without it the password would be readable to others.", host=server.host
        )
    link.starttls(context=server.context())
    link.ehlo_or_helo_if_needed()


def sign_in(link: smtplib.SMTP, server: Server) -> None:
    """Say who we are, if the server has a user for us."""
    if server.user:
        with _within(OPENING, link):
            _sign_in(link, server)


def _sign_in(link: smtplib.SMTP, server: Server) -> None:
    """By what was granted, else by the password: smtplib knows only ASCII, anything else goes as UTF-8 by PLAIN."""
    if server.token:
        _show_token(link, server)
        return
    if (server.user + server.password).isascii():
        link.login(server.user, server.password)
        return
    secret = base64.b64encode(f"\0{server.user}\0{server.password}".encode()).decode()
    code, text = link.docmd("AUTH", f"PLAIN {secret}")
    if code != SIGNED_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


def _show_token(link: smtplib.SMTP, server: Server) -> None:
    """XOAUTH2 or OAUTHBEARER (RFC 7628); a refusal comes as a challenge, which is answered before the server says no."""
    if "XOAUTH2" in link.esmtp_features.get("auth", "").upper().split():
        way, shown, end = "XOAUTH2", f"user={server.user}\1auth=Bearer {server.token}\1\1", ""
    else:
        name = server.user.replace("=", "=3D").replace(",", "=2C")
        way, shown, end = "OAUTHBEARER", f"n,a={name},\1auth=Bearer {server.token}\1\1", "AQ=="
    code, text = link.docmd("AUTH", f"{way} {base64.b64encode(shown.encode()).decode()}")
    if code == CHALLENGED:
        code, text = link.docmd(end)
    if code != SIGNED_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


def _leave(link: smtplib.SMTP) -> None:
    with _within(PARTING, link), contextlib.suppress(*TROUBLE):
        link.quit()
    link.close()


def alive(link: smtplib.SMTP) -> bool:
    """Whether the server still listens."""
    try:
        with _within(PARTING, link):
            return link.noop()[0] == 250
    except TROUBLE:
        return False


def words(error: Exception) -> str:
    """What went wrong, as a person reads it."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _line(error.smtp_code, text if isinstance(text, bytes) else str(text).encode())
    return str(error) or type(error).__name__


def send(link: smtplib.SMTP, sender: str, recipient: str, raw: bytes, *, handing_over: Callable[[], bool]) -> Outcome:
    """Send *raw* to one recipient; raises TROUBLE only while the server surely does not have it.

    *handing_over* is called once, just before the content goes out; when it says no, nothing goes.
    """
    with _within(SENDING, link):
        return _send(link, sender, recipient, raw, handing_over)


def _send(link: smtplib.SMTP, sender: str, recipient: str, raw: bytes, handing_over: Callable[[], bool]) -> Outcome:
    code, text = link.mail(sender, _size(link, raw))
    if 200 <= code < 300:
        code, text = link.rcpt(recipient)
    if not 200 <= code < 300:
        _reset(link)
        return _refused(code, text)
    if not handing_over():
        _reset(link)
        return later("Another worker has it.")
    code, text = link.docmd("DATA")
    if code != 354:
        return _refused(code, text)
    if link.sock is not None:
        link.sock.settimeout(SENDING)
    link.send(DOTS.sub(b"..", raw.removesuffix(b"\r\n") + b"\r\n") + b".\r\n")
    return _answer(link)


def _answer(link: smtplib.SMTP) -> Outcome:
    """From here on the server has the mail, so silence means that nobody knows."""
    try:
        code, text = link.getreply()
    except TROUBLE as error:
        link.close()
        return unknown(f"The connection broke before the server's answer: {words(error)}")
    return sent(_line(code, text)) if 200 <= code < 300 else _refused(code, text)


def _size(link: smtplib.SMTP, raw: bytes) -> list[str]:
    return [f"size={len(raw)}"] if link.does_esmtp and link.has_extn("size") else []


def _reset(link: smtplib.SMTP) -> None:
    with contextlib.suppress(*TROUBLE):
        link.rset()


def _refused(code: int, text: bytes) -> Outcome:
    return failed(_line(code, text)) if 500 <= code < 600 else later(_line(code, text))


def _line(code: int, text: bytes) -> str:
    return f"{code} {' '.join(text.decode('utf-8', 'replace').split())}"[:500]
