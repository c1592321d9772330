"""What people have put away and read: the first hints, what is new. The release before shows neither."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("hints_away", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("person", sa.Column("news_read", sa.Integer(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    op.drop_column("person", "news_read")
    op.drop_column("person", "hints_away")
