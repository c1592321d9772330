"""When a ticket came in with old mail; the release before knows nothing of it."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Instant

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('ticket', sa.Column('imported_at', Instant(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('ticket', 'imported_at')
