"""Tools of a ticket: what is set aside, and what is kept ready. The release before knows neither and loses nothing of it."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Id, Instant

revision = "0018"
down_revision = "0017g"
branch_labels = None
depends_on = None

ASLEEP = sa.text("wakes_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("snoozed_at", Instant(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("wakes_at", Instant(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("snooze", Facts, nullable=False, server_default=sa.text("'{}'")))
    op.create_index(
        "ix_ticket_wakes", "ticket", ["wakes_at", "id"], unique=False, sqlite_where=ASLEEP, postgresql_where=ASLEEP
    )
    _macros()
    _redactions()
    op.create_table(
        "link",
        sa.Column("id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_link_other_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_link_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("ticket_id", "other_id", name=op.f("uq_link_ticket_id_other_id")),
    )
    op.create_index(op.f("ix_link_other_id"), "link", ["other_id"], unique=False)


def _redactions() -> None:
    op.add_column("attachment", sa.Column("erased_at", Instant(timezone=True), nullable=True))
    op.create_table(
        "redaction",
        sa.Column("id", Id, nullable=False),
        sa.Column("ticket_id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("files", Facts, nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_redaction_message_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_redaction_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
    )
    op.create_index(op.f("ix_redaction_ticket_id"), "redaction", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_redaction_message_id"), "redaction", ["message_id"], unique=False)
    pending = sa.text("pending")
    op.create_index(
        "ix_redaction_pending", "redaction", ["id"], unique=False, sqlite_where=pending, postgresql_where=pending
    )


def _macros() -> None:
    op.create_table(
        "macro",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("actions", Facts, nullable=False),
        sa.Column("replies", sa.Boolean(), nullable=False),
        sa.Column("team_id", Id, nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_macro_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro")),
    )
    op.create_index(op.f("ix_macro_kind_active_name"), "macro", ["kind", "active", "name"], unique=False)


def downgrade() -> None:
    op.drop_table("link")
    op.drop_table("redaction")
    op.drop_column("attachment", "erased_at")
    op.drop_table("macro")
    op.drop_index("ix_ticket_wakes", table_name="ticket")
    for column in ("snooze", "wakes_at", "snoozed_at"):
        op.drop_column("ticket", column)
