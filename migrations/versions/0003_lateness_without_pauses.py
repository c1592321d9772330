"""How late a missed clock is without the pauses after its deadline; empty for those laid by the release before."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Instant

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('clock', 'ticket'):
        op.add_column(table, sa.Column('late_since', Instant(timezone=True), nullable=True))
        op.add_column(table, sa.Column('late_seconds', sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ('clock', 'ticket'):
        op.drop_column(table, 'late_seconds')
        op.drop_column(table, 'late_since')
