"""Copies of what was sent, in a folder of the mailbox. A copy that fails changes nothing about what was sent."""

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from helpdesk.channels.mail import imap
from helpdesk.channels.mail.tls import Unsafe
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import leases, mailboxes
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery

log = structlog.get_logger()


class Copies:
    """Those of one round: a mailbox that did not take one is not asked again."""

    def __init__(self) -> None:
        self._shut: dict[int, str] = {}

    def keep(self, delivery_id: int, raw: bytes) -> None:
        """Put the mail of a delivery that was sent into the folder; one copy for all of its recipients."""
        row = self._wanted(delivery_id)
        db.session.rollback()
        if row is None:
            return
        channel_id, folder = row
        trouble = self._shut.get(channel_id) or _append(channel_id, folder, raw)
        if trouble:
            self._shut[channel_id] = trouble
            _note(delivery_id, trouble)

    def _wanted(self, delivery_id: int) -> tuple[int, str] | None:
        other = aliased(Delivery)
        first = ~exists().where(other.message_id == Delivery.message_id, other.state == "sent", other.id != Delivery.id)
        query = select(Channel.id, Channel.settings).join(Delivery, Delivery.channel_id == Channel.id)
        row = db.session.execute(
            query.where(Delivery.id == delivery_id, Delivery.state == "sent", Delivery.kind == "reply", first)
        ).first()
        folder = str(row.settings.get("sent_folder") or "") if row else ""
        return (row.id, folder) if row and folder else None


def _append(channel_id: int, folder: str, raw: bytes) -> str:
    """What went wrong, or nothing."""
    try:
        mailbox = mailboxes.mailbox_of(channel_id, leases.me())
        if mailbox is None:
            return "This mailbox is not read by IMAP; enter its server, or empty the folder for copies."
        with imap.session(mailbox.server) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, raw, flags=(b"\\Seen",))
    except (*imap.TROUBLE, Unsafe, Conflict) as error:
        return str(error)[:300] or type(error).__name__
    return ""


def _note(delivery_id: int, trouble: str) -> None:
    log.warning("outbox.no_copy", delivery=delivery_id, reason=trouble)
    with transaction():
        row = db.session.get_one(Delivery, delivery_id, populate_existing=True, with_for_update={"of": Delivery})
        row.content = {**row.content, "no_copy": trouble}
