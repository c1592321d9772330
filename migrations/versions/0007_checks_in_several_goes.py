"""How far a check has come that is made in several goes; the release before knows nothing of it."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'progress',
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('last', Id, nullable=False),
        sa.Column('checked', sa.Integer(), nullable=False),
        sa.Column('differing', sa.Integer(), nullable=False),
        sa.Column('first', sa.String(length=300), nullable=False),
        sa.Column('done_at', Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_progress')),
    )


def downgrade() -> None:
    op.drop_table('progress')
