"""Which reasons and rules belong to the demo; the release before leaves them behind when it takes the demo away."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLES = ("reason", "ticket_trigger")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "demo")
