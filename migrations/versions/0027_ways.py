"""How somebody sent their last answer; the release before offers the usual way first."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("usual_way", sa.String(length=10), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("person", "usual_way")
