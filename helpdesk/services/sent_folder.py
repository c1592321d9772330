"""Copies of what was sent, in a folder of the mailbox. A copy that fails changes nothing about what was sent."""

import socket
import threading
from contextlib import ExitStack
from dataclasses import replace

import structlog
from imapclient import IMAPClient
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from helpdesk.channels.mail import imap, probe
from helpdesk.channels.mail.tls import Unsafe
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import leases, mailboxes
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery
from helpdesk.tickets.withdrawing import SENT

LONGEST = 15.0  # seconds of one connection: whoever waits for an answer of ours waits as long
log = structlog.get_logger()


class Copies:
    """Those of one round, by one connection to each mailbox; one that did not take a copy is not asked again.

    The connections are closed with the *doors*.
    """

    def __init__(self, doors: ExitStack) -> None:
        self._doors = doors
        self._links: dict[int, IMAPClient] = {}
        self._shut: dict[int, str] = {}

    def keep(self, delivery_id: int, raw: bytes) -> None:
        """Put the mail of a delivery that was sent into the folder; one copy for all of its recipients."""
        row = self._wanted(delivery_id)
        db.session.rollback()
        if row is None:
            return
        channel_id, folder = row
        trouble = self._shut.get(channel_id) or self._append(channel_id, folder, raw)
        if trouble:
            self._shut[channel_id] = trouble
            _note(delivery_id, trouble)

    def _wanted(self, delivery_id: int) -> tuple[int, str] | None:
        other = aliased(Delivery)
        first = ~exists().where(other.message_id == Delivery.message_id, other.state == "sent", other.id != Delivery.id)
        query = select(Channel.id, Channel.settings).join(Delivery, Delivery.channel_id == Channel.id)
        row = db.session.execute(
            query.where(Delivery.id == delivery_id, Delivery.state == "sent", Delivery.kind.in_(SENT), first)
        ).first()
        folder = str(row.settings.get("sent_folder") or "") if row else ""
        return (row.id, folder) if row and folder else None

    def _append(self, channel_id: int, folder: str, raw: bytes) -> str:
        """What went wrong, or nothing."""
        try:
            client = self._link(channel_id)
            if client is None:
                return "This mailbox is not read by IMAP; enter its server, or empty the folder for copies."
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, raw, flags=(b"\\Seen",))
        except (*imap.TROUBLE, Unsafe, Conflict) as error:
            return str(error)[:300] or type(error).__name__
        return ""

    def _link(self, channel_id: int) -> IMAPClient | None:
        """The open connection, or a new one when the server has hung up since; None when none is set up."""
        if channel_id not in self._links or not imap.alive(self._links[channel_id]):
            mailbox = mailboxes.mailbox_of(channel_id, leases.me())
            if mailbox is None:
                return None
            server = replace(mailbox.server, dialled=self._watch)
            self._links[channel_id] = self._doors.enter_context(imap.session(server))
        return self._links[channel_id]

    def _watch(self, link: socket.socket) -> None:
        """Hang up when it lasts too long, whatever the server does."""
        timer = threading.Timer(LONGEST, probe.hang_up, ([link],))
        timer.start()
        self._doors.callback(timer.cancel)


def _note(delivery_id: int, trouble: str) -> None:
    log.warning("outbox.no_copy", delivery=delivery_id, reason=trouble)
    with transaction():
        row = db.session.get_one(Delivery, delivery_id, populate_existing=True, with_for_update={"of": Delivery})
        row.content = {**row.content, "no_copy": trouble}
