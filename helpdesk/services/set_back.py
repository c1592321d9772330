"""A wall clock that was ahead and is right again: what waits for an instant that nobody meant is due at once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from helpdesk.channels.ledger import RECEIVED, Inbox
from helpdesk.services import due, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery

WAITING: tuple[tuple[Any, Any, timedelta], ...] = (  # and a little more than any of them is ever put off
    (Inbox, RECEIVED, 2 * intake.CLAIM),
    (Delivery, due.PROMISED, timedelta(minutes=65)),
)


def bring_forward() -> None:
    """Let nothing wait for longer than it could have been put off; as a rule there is nothing, and nothing is written."""
    for kind, waits, longest in WAITING:
        far = waits, kind.next_try_at > now() + longest
        if db.session.scalar(select(kind.id).where(*far).limit(1)) is not None:
            with transaction():
                soon = update(kind).where(*far).values(next_try_at=now())
                db.session.execute(soon, execution_options={"synchronize_session": False})
