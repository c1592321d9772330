"""Rules of the desk: what they wait for, what has happened to be looked at, and what they did. The release before does none of it."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Id, Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reflex",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("occasion", sa.String(length=20), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("conditions", Facts, nullable=False),
        sa.Column("actions", Facts, nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflex")),
    )
    op.create_table(
        "stimulus",
        sa.Column("id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain", Facts, nullable=False),
        sa.Column("next_try_at", Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_stimulus_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stimulus")),
    )
    op.create_index(op.f("ix_stimulus_ticket_id"), "stimulus", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_stimulus_next_try_at"), "stimulus", ["next_try_at"], unique=False)
    op.create_table(
        "reaction",
        sa.Column("id", Id, nullable=False),
        sa.Column("reflex_id", Id, nullable=True),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("facts", Facts, nullable=False),
        sa.ForeignKeyConstraint(["reflex_id"], ["reflex.id"], name=op.f("fk_reaction_reflex_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_reaction_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
    )
    op.create_index(op.f("ix_reaction_reflex_id_id"), "reaction", ["reflex_id", "id"], unique=False)
    op.create_index(op.f("ix_reaction_ticket_id"), "reaction", ["ticket_id"], unique=False)


def downgrade() -> None:
    for table in ("reaction", "stimulus", "reflex"):
        op.drop_table(table)
