"""What of a clock is still to fire, beside the clock; empty for those laid by the release before: these are replayed."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('clock', sa.Column('steps', Facts, nullable=True))


def downgrade() -> None:
    op.drop_column('clock', 'steps')
