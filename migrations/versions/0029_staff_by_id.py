"""The index of staff in the order of ids: PostgreSQL joined their teams and shifts by walking through all customers."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NAME, STAFF = "ix_person_staff", sa.text("role IS NOT NULL")


def upgrade() -> None:
    _index(["id", "role"])


def downgrade() -> None:
    _index(["role"])


def _index(columns: list[str]) -> None:
    op.drop_index(NAME, "person")
    op.create_index(NAME, "person", columns, sqlite_where=STAFF, postgresql_where=STAFF)
