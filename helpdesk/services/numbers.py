"""Numbers shown to people: one by one, never used again."""

from sqlalchemy import text, update

from helpdesk.services.database import db
from helpdesk.tickets.models import Counter

TAKE = text(
    "INSERT INTO counter (name, value) VALUES (:name, :many)"
    " ON CONFLICT (name) DO UPDATE SET value = counter.value + :many RETURNING value"
)


def next_number(name: str) -> int:
    """The next number of this name; taken for good once the transaction commits."""
    return Numbers(name, 1).next()


class Numbers:
    """The next numbers of a name, at most *many* in this transaction: taken together, what is left is given back."""

    def __init__(self, name: str, many: int) -> None:
        self.name, self.many = name, many
        self.last = self.end = 0

    def next(self) -> int:
        """The next number."""
        if self.last == self.end:
            self.end = int(db.session.execute(TAKE, {"name": self.name, "many": self.many}).scalar_one())
            self.last = self.end - self.many
        self.last += 1
        return self.last

    def give_back(self) -> None:
        """Let the next transaction go on where this one stopped; until it ends, the counter is ours."""
        if self.last < self.end:
            db.session.execute(update(Counter).where(Counter.name == self.name).values(value=self.last))
