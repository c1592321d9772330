"""Reasons of tickets, and teams that solve none without one. The release before knows neither and asks for none."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reason",
        sa.Column("id", Id, nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["reason.id"], name=op.f("fk_reason_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason")),
    )
    op.create_index(op.f("ix_reason_parent_id"), "reason", ["parent_id"], unique=False)
    op.add_column("ticket", sa.Column("reason_id", Id, nullable=True))
    op.add_column("team", sa.Column("reason_required", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("team", "reason_required")
    op.drop_column("ticket", "reason_id")
    op.drop_table("reason")
