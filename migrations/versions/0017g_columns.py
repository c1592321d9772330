"""Which columns of the queue a person wants; the release before shows the usual ones."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts

revision = '0017g'
down_revision = '0017f'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('queue_columns', Facts, nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'queue_columns')
