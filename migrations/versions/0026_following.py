"""Who follows a ticket; beside the release before nobody new does, and who does is told as ever."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("followed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "following",
        sa.Column("id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.Column("told_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_following_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_following_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following")),
        sa.UniqueConstraint("person_id", "ticket_id", name=op.f("uq_following_person_id_ticket_id")),
    )
    op.create_index(op.f("ix_following_ticket_id"), "following", ["ticket_id"], unique=False)


def downgrade() -> None:
    op.drop_table("following")
    op.drop_column("ticket", "followed")
