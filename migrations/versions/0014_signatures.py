"""The signature of a message apart from what it quotes; the release before goes on putting it there, and older ones stay."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('message', sa.Column('signature', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    op.drop_column('message', 'signature')
