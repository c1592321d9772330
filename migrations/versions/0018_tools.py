"""Tools of a ticket. Tickets that are set aside: the release before shows them in their owner's list as ever."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Instant

revision = "0018"
down_revision = "0017f"
branch_labels = None
depends_on = None

ASLEEP = sa.text("wakes_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("snoozed_at", Instant(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("wakes_at", Instant(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("snooze", Facts, nullable=False, server_default=sa.text("'{}'")))
    op.create_index(
        "ix_ticket_wakes", "ticket", ["wakes_at", "id"], unique=False, sqlite_where=ASLEEP, postgresql_where=ASLEEP
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_wakes", table_name="ticket")
    for column in ("snooze", "wakes_at", "snoozed_at"):
        op.drop_column("ticket", column)
