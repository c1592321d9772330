"""When the ladder of a clock was stopped; the release before leaves it as it is, and climbs on."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Instant

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('clock', sa.Column('ladder_stopped_at', Instant(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('clock', 'ladder_stopped_at')
