"""Channels take turns in filing; how often reading one failed in a row, and what administrators were told of it.

The release before leaves the new columns at their defaults.
"""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Instant

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None
RECEIVED = sa.text("state = 'received'")


def upgrade() -> None:
    op.create_index(
        "ix_inbox_turns",
        "inbox",
        ["channel_id", "next_try_at", "id"],
        unique=False,
        sqlite_where=RECEIVED,
        postgresql_where=RECEIVED,
    )
    op.add_column("channel", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("channel", sa.Column("alarm", sa.String(length=20), nullable=False, server_default=""))
    op.add_column("channel", sa.Column("alarm_at", Instant(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("alarm_at", "alarm", "failures"):
        op.drop_column("channel", column)
    op.drop_index("ix_inbox_turns", table_name="inbox")
