"""The rules of time zones as they were known, by which calendars count."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'zone_rules',
        sa.Column('id', Id, nullable=False),
        sa.Column('name', sa.String(64), nullable=False),
        sa.Column('data', sa.LargeBinary(), nullable=False),
        sa.Column('known_at', Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_zone_rules'),
    )
    op.create_index('ix_zone_rules_name', 'zone_rules', ['name'])
    op.add_column('calendar_version', sa.Column('zone_id', Id, nullable=True))


def downgrade() -> None:
    op.drop_column('calendar_version', 'zone_id')
    op.drop_table('zone_rules')
