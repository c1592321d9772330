"""Mailboxes on IMAP servers: read when asked to, and watched so that new mail is seen at once."""

import ssl
import threading
from contextlib import suppress

import structlog
from flask import Flask, current_app
from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.channels.mail import idle, imap
from helpdesk.channels.mail.tls import Unsafe
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import collecting, holders, leases, servers
from helpdesk.services.collecting import LEASE, Mailbox, Overtaken, Progress
from helpdesk.services.cut_off import cut_off
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction

LOOK = 20.0  # seconds of IDLE, after which a dead connection shows
POLL = 5.0  # seconds between two looks at a server that cannot IDLE
NOTICE = 2.0  # seconds after which a mailbox that was set up is watched
REST = 30.0  # seconds, at most, between two tries of a mailbox that fails
log = structlog.get_logger()
FAILURES = (*imap.TROUBLE, imap.NoFolder, UnicodeError, Unsafe, Conflict)


def read(channel_id: int) -> None:
    """Write down the new mail of one mailbox; somebody reads it already is fine."""
    name, holder = collecting.lease(channel_id), holders.fresh()
    holders.free_of_the_dead(name)
    if not leases.free(name, LEASE):
        return
    try:
        if leases.take(name, holder, LEASE):
            _read(channel_id, holder)
    finally:  # also when nobody answered whether it was taken
        leases.release(name, holder)


def _read(channel_id: int, holder: str) -> None:
    try:
        mailbox = mailbox_of(channel_id, holder)
        if mailbox is not None:
            with imap.session(mailbox.server) as client:
                _pass(client, mailbox)
    except Overtaken:
        log.info("mailbox.overtaken", channel=channel_id, holder=holder)
    except FAILURES as error:
        _failed(channel_id, holder, error)


def mailbox_of(channel_id: int, holder: str) -> Mailbox | None:
    """The settings of an active mailbox for its reader; None when there is nothing to read."""
    channel = db.session.get(Channel, channel_id, populate_existing=True)
    wanted = channel is not None and channel.active and not channel.demo and channel.settings.get("imap_host")
    mailbox = _mailbox(channel, holder) if channel is not None and wanted else None
    db.session.rollback()
    return mailbox


def _mailbox(channel: Channel, holder: str) -> Mailbox:
    known = channel.settings
    return Mailbox(
        channel_id=channel.id,
        holder=holder,
        server=servers.imap_server(channel),
        folder=known.get("folder") or "INBOX",
        after_read=known.get("after_read") or "leave",
        move_to=known.get("move_to") or "",
        since=cut_off(known),
    )


def _pass(client: IMAPClient, mailbox: Mailbox) -> None:
    state = db.session.scalar(select(Channel.state).where(Channel.id == mailbox.channel_id)) or {}
    db.session.rollback()
    progress = collecting.collect(client, mailbox, Progress.of(state))
    at = now()
    collecting.keep(mailbox, progress, tried_at=at, seen_at=at, error=progress.refused[:1000], failures=0)


def _failed(channel_id: int, holder: str, error: Exception) -> None:
    """Note what went wrong where people look, unless another reader is at it by now; the mailbox is tried again."""
    log.warning("mailbox.failed", channel=channel_id, error=repr(error))
    mine = leases.held(collecting.lease(channel_id), holder)
    with transaction():
        noted = update(Channel).where(Channel.id == channel_id, mine)
        noted = noted.values(tried_at=now(), error=_sentence(error)[:1000], failures=Channel.failures + 1)
        db.session.execute(noted, execution_options={"synchronize_session": False})


def _sentence(error: Exception) -> str:
    if isinstance(error, LoginError):
        return f"The server refused the user name or the password: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The server's certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, Unsafe | Conflict | imap.NoFolder):
        return str(error)
    return f"The mailbox could not be read: {error or type(error).__name__}"


def watch(stop: threading.Event) -> None:
    """Watch every mailbox, each in a thread of its own, until *stop* is set; a new mailbox is noticed by itself."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    threads: dict[int, threading.Thread] = {}
    while not stop.is_set():
        for channel_id in _to_watch():
            if channel_id not in threads or not threads[channel_id].is_alive():
                threads[channel_id] = threading.Thread(target=_watch_one, args=(app, channel_id, stop))
                threads[channel_id].start()
        stop.wait(NOTICE)
    for thread in threads.values():
        thread.join()


def _to_watch() -> list[int]:
    try:
        found = db.session.scalars(select(Channel).where(Channel.kind == "mail", Channel.active, ~Channel.demo))
        return [channel.id for channel in found if channel.settings.get("imap_host")]
    except SQLAlchemyError as error:
        log.warning("mailboxes.unknown", error=repr(error))
        return []
    finally:
        db.session.remove()


def _watch_one(app: Flask, channel_id: int, stop: threading.Event) -> None:
    """Stay with one mailbox until it is switched off; a failure only makes the next look come later."""
    with app.app_context():
        seat = leases.Seat(collecting.lease(channel_id), holders.fresh(), LEASE)
        pause = 0.0
        while not stop.wait(pause):
            try:
                if not _seated(seat):
                    pause = 1.0
                elif (mailbox := mailbox_of(channel_id, seat.holder)) is None:
                    break
                else:
                    _stay(mailbox, seat, stop)
                    pause = 0.0
            except Overtaken:
                pause = 1.0
            except (*FAILURES, SQLAlchemyError) as error:
                pause = min(REST, 2 * pause or 1.0)
                _note(channel_id, seat.holder, error)
            finally:
                db.session.remove()
        with suppress(SQLAlchemyError):
            seat.leave()
        db.session.remove()


def _seated(seat: leases.Seat) -> bool:
    """Whether the mailbox is this reader's; one whose reader has died is taken over at once."""
    if seat.hold():
        return True
    holders.free_of_the_dead(seat.name)
    return seat.hold()


def _note(channel_id: int, holder: str, error: Exception) -> None:
    """A failure of the database itself can only be told to the log."""
    try:
        _failed(channel_id, holder, error)
    except SQLAlchemyError:
        log.warning("mailbox.unnoted", channel=channel_id, error=repr(error))


def _stay(mailbox: Mailbox, seat: leases.Seat, stop: threading.Event) -> None:
    """Read and wait by turns, over one connection, for as long as the mailbox stays as it is set."""
    with imap.session(mailbox.server) as client:
        while not stop.is_set() and seat.hold() and mailbox_of(mailbox.channel_id, seat.holder) == mailbox:
            _pass(client, mailbox)
            db.session.remove()
            if not idle.wait_for_news(client, LOOK, stop.is_set):
                stop.wait(POLL)
