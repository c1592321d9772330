"""An SMTP server that keeps what it is sent, and misbehaves as a test tells it to."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import certificate


@dataclass
class Received:
    """One mail as the server got it."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class Sink:
    """*answers* are said to the next mails in order, "drop" cuts the line after DATA; *refuse* answers recipients."""

    port: int = 0
    ca: Path | None = None
    mails: list[Received] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    password: bytes = b"correct-horse"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        self.commands.append(f"RCPT {address}")
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 kept"
        if answer == "wait":
            await asyncio.get_running_loop().run_in_executor(None, self.gate.wait, 30)
            answer = "250 kept"
        if answer == "drop before":
            server.transport.abort()
            return "451 gone"
        if answer.startswith(("250", "drop")):
            for recipient in envelope.rcpt_tos:
                self.mails.append(Received(envelope.mail_from, recipient, envelope.original_content))
        if answer == "drop":
            server.transport.abort()
        return answer

    def authenticate(self, _server, _session, _envelope, _mechanism, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)

    def settings(self, **changes: object) -> dict[str, object]:
        """A mail channel's settings for sending through this server."""
        known = {"smtp_host": "localhost", "smtp_port": self.port, "smtp_security": "none"}
        if self.ca is not None:
            known |= {"smtp_security": "starttls", "ca": str(self.ca)}
        return {**known, **changes}


@contextmanager
def running(**more: Any) -> Iterator[Sink]:
    """A server in the clear on loopback."""
    sink = Sink()
    with serving(sink, lambda: SMTP(sink, enable_SMTPUTF8=False, auth_require_tls=True, **more)):
        yield sink


@contextmanager
def encrypted(folder: Path, *, implicit: bool = False, host: str = "localhost", days: int = 30) -> Iterator[Sink]:
    """A server that wants STARTTLS (or speaks TLS from the first byte) and a password."""
    made, key = certificate.make(folder, host=host, days=days)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    sink = Sink(ca=made)
    more: dict[str, Any] = {"authenticator": sink.authenticate, "auth_require_tls": not implicit}
    more |= {} if implicit else {"tls_context": context, "require_starttls": True, "auth_required": True}
    with serving(sink, lambda: SMTP(sink, **more), context if implicit else None):
        yield sink


@contextmanager
def serving(sink: Sink, factory: Callable[[], SMTP], context: ssl.SSLContext | None = None) -> Iterator[None]:
    """Serve by what *factory* makes, on the port that *sink* is given."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(factory, "127.0.0.1", 0, ssl=context)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        sink.gate.set()
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as server:
        yield server
