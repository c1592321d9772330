"""Numbers shown to people: one by one, never used again."""

from sqlalchemy import text

from helpdesk.services.database import db

NEXT = text(
    "INSERT INTO counter (name, value) VALUES (:name, 1)"
    " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value"
)


def next_number(name: str) -> int:
    """The next number of this name; taken for good once the transaction commits."""
    return int(db.session.execute(NEXT, {"name": name}).scalar_one())
