"""Mail by LMTP or SMTP from a mail server on this machine: "250" is said when it is in the ledger, not before."""

import asyncio
import hashlib
import logging
import re
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.channels.models import Channel
from helpdesk.services import ledger, mailboxes
from helpdesk.services.database import db
from helpdesk.services.store import settings, transaction

LOOPBACK = "127.0.0.1"
LARGEST = 26 * 1024 * 1024
LONGEST_LINE = 2 * 1024 * 1024
TRY_LATER = "451 4.3.0 The mail could not be stored; please try again"
Answer = TypeVar("Answer")
log = logging.getLogger("helpdesk")


class Speaker(LMTP):
    """One port for both: LHLO begins LMTP, which answers for each recipient; HELO and EHLO begin SMTP."""

    line_length_limit = LONGEST_LINE
    show_smtp_greeting = True
    lmtp = False

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        self.lmtp = True
        await super().smtp_LHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:
        self.lmtp = False
        await SMTP.smtp_HELO(self, arg)

    async def smtp_EHLO(self, arg: str) -> None:
        self.lmtp = False
        await SMTP.smtp_EHLO(self, arg)


class Door:
    """What is answered to each command; aiosmtpd calls it by these names."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Only mailboxes of ours, also with +anything before the @."""
        if await self._work(lambda: mailbox_at(address)) is None:
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Speaker, _session: Session, envelope: Envelope) -> str:
        """Stored for all recipients, or for none of them."""
        raw, answer = envelope.original_content or b"", "250 2.0.0 Stored"
        try:
            await self._work(lambda: store(raw, envelope.mail_from or "", envelope.rcpt_tos))
        except (SQLAlchemyError, OSError) as error:
            answer = await self.handle_exception(error)
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if server.lmtp else 1))

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here, the mail server keeps the mail and comes again."""
        log.error("A mail could not be stored: %r", error)
        return TRY_LATER

    async def _work(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.to_thread(self._in_app, work)

    def _in_app(self, work: Callable[[], Answer]) -> Answer:
        with self.app.app_context():
            try:
                return work()
            finally:
                db.session.remove()


def mailbox_at(address: str) -> int | None:
    """The channel whose address this is; what stands behind a plus in it is not looked at."""
    bare = re.sub(r"\+[^@]*(?=@)", "", address.strip().lower())
    query = select(Channel.id).where(Channel.kind == "mail", Channel.active, func.lower(Channel.address) == bare)
    return db.session.scalar(query.order_by(Channel.demo, Channel.id).limit(1))


def store(raw: bytes, sender: str, recipients: list[str]) -> None:
    """Write a mail down once for each mailbox that it is for; the same mail again is the same mail."""
    boxes: dict[int, list[str]] = {}
    for recipient in recipients:
        channel_id = mailbox_at(recipient)
        if channel_id is not None:
            boxes.setdefault(channel_id, []).append(recipient)
    sha256 = hashlib.sha256(raw).hexdigest()
    rows = [
        ledger.prepare(
            channel_id=channel_id,
            source="mail",
            key=f"lmtp:{sha256}",
            raw=raw,
            facts={"recipients": known, "sender": sender},
            content_key=sha256,
        )
        for channel_id, known in boxes.items()
    ]
    with transaction():
        ledger.accept_all(rows)


def serve(ready: Callable[[], None]) -> None:
    """Listen for mail and watch the mailboxes until SIGTERM or SIGINT; *ready* is called when mail is taken."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    watcher = threading.Thread(target=_watch, args=(app, stop))
    watcher.start()
    try:
        asyncio.run(_listen(app, stop, ready))
    finally:
        stop.set()
        watcher.join()


def _watch(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        mailboxes.watch(stop)


async def _listen(app: Flask, stop: threading.Event, ready: Callable[[], None]) -> None:
    config, loop = settings(), asyncio.get_running_loop()

    def speaker() -> Speaker:
        return Speaker(
            Door(app),
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=config.own_host,
            ident="Helpdesk",
            loop=loop,
        )

    async with await loop.create_server(speaker, LOOPBACK, config.mail_port):
        ready()
        while not stop.is_set():
            await asyncio.sleep(0.1)
