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
        "ticket_trigger",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("occasion", sa.String(length=20), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("conditions", Facts, nullable=False),
        sa.Column("actions", Facts, nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_trigger")),
    )
    op.create_table(
        "trigger_event",
        sa.Column("id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain", Facts, nullable=False),
        sa.Column("next_try_at", Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_trigger_event_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_event")),
    )
    op.create_index(op.f("ix_trigger_event_ticket_id"), "trigger_event", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_trigger_event_next_try_at"), "trigger_event", ["next_try_at"], unique=False)
    op.create_table(
        "trigger_run",
        sa.Column("id", Id, nullable=False),
        sa.Column("trigger_id", Id, nullable=True),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("facts", Facts, nullable=False),
        sa.ForeignKeyConstraint(["trigger_id"], ["ticket_trigger.id"], name=op.f("fk_trigger_run_trigger_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_trigger_run_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_run")),
    )
    op.create_index(op.f("ix_trigger_run_trigger_id_id"), "trigger_run", ["trigger_id", "id"], unique=False)
    op.create_index(op.f("ix_trigger_run_ticket_id"), "trigger_run", ["ticket_id"], unique=False)


def downgrade() -> None:
    for table in ("trigger_run", "trigger_event", "ticket_trigger"):
        op.drop_table(table)
