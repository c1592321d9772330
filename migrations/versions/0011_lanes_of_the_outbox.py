"""The outbox by mailbox, and what each mailbox sent lately; the release before finds its way without."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    op.create_index(
        'ix_delivery_lane', 'delivery', ['channel_id', 'kind', 'next_try_at', 'id'], unique=False,
        sqlite_where=LIVE, postgresql_where=LIVE,
    )
    op.create_index(op.f('ix_delivery_channel_id_done_at'), 'delivery', ['channel_id', 'done_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_delivery_channel_id_done_at'), table_name='delivery')
    op.drop_index('ix_delivery_lane', table_name='delivery')
