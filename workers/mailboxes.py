"""Jobs of the mailboxes."""

import threading
from concurrent.futures import Future
from contextlib import suppress

import structlog
from flask import Flask, current_app

from helpdesk.services import mailboxes
from helpdesk.services.database import db

log = structlog.get_logger()
HELD = 1.0  # seconds of a worker that one mailbox takes; a slow or hanging server is waited for beside other jobs
_begun: dict[int, Future[None]] = {}


def read(channel_id: int) -> None:
    """Write down the new mail of one mailbox; what takes long goes on beside the worker's other jobs."""
    if channel_id in _begun and not _begun[channel_id].done():
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    reading = _begun[channel_id] = Future()
    threading.Thread(target=_read, args=(app, channel_id, reading), daemon=True).start()
    with suppress(TimeoutError):
        reading.result(HELD)


def _read(app: Flask, channel_id: int, reading: Future[None]) -> None:
    with app.app_context():
        try:
            _to_the_end(channel_id)
        except BaseException as error:  # raised again by the job, if it still waits
            log.exception("mailbox.broken", channel=channel_id)
            reading.set_exception(error)
        else:
            reading.set_result(None)


def _to_the_end(channel_id: int) -> None:
    try:
        mailboxes.read(channel_id)
    finally:
        db.session.remove()
