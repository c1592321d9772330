"""Tickets that were taken and lie still go back to their team; the release before leaves them where they are."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Instant

revision = '0017c'
down_revision = '0017b'
branch_labels = None
depends_on = None

IDLE = sa.text('idle_at IS NOT NULL')


def upgrade() -> None:
    op.add_column('team', sa.Column('idle_minutes', sa.Integer(), nullable=False, server_default=sa.text('15')))
    op.add_column('ticket', sa.Column('idle_at', Instant(timezone=True), nullable=True))
    op.create_index('ix_ticket_idle', 'ticket', ['idle_at', 'id'], unique=False, sqlite_where=IDLE, postgresql_where=IDLE)


def downgrade() -> None:
    op.drop_index('ix_ticket_idle', table_name='ticket')
    op.drop_column('ticket', 'idle_at')
    op.drop_column('team', 'idle_minutes')
