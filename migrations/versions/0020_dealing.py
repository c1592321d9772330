"""How a team's tickets get their owners; the release before lets people take them, as ever."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UNOWNED = sa.text("open AND owner_id IS NULL")
TEAM, MEMBERSHIP = ("dealing", "deals_by_fit", "deals_to_last"), ("most_open", "turn")


def upgrade() -> None:
    op.add_column("team", sa.Column("dealing", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("team", sa.Column("deals_by_fit", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("team", sa.Column("deals_to_last", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("membership", sa.Column("most_open", sa.Integer(), nullable=True))
    op.add_column("membership", sa.Column("turn", sa.Integer(), nullable=False, server_default=sa.text("0")))
    columns = ["team_id", "sort_at", "id"]
    op.create_index("ix_ticket_unowned", "ticket", columns, sqlite_where=UNOWNED, postgresql_where=UNOWNED)


def downgrade() -> None:
    op.drop_index("ix_ticket_unowned", table_name="ticket")
    for table, columns in (("team", TEAM), ("membership", MEMBERSHIP)):
        for column in columns:
            op.drop_column(table, column)
