"""Answers that are said later; the release before says none of them."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

WAITS = sa.text('say_at IS NOT NULL')


def upgrade() -> None:
    op.create_table(
        'scheduled',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('message_id', Id, nullable=False),
        sa.Column('seen', Id, nullable=False),
        sa.Column('say_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_scheduled_message_id')),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_scheduled_ticket_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduled')),
        sa.UniqueConstraint('message_id', name=op.f('uq_scheduled_message_id')),
    )
    op.create_index(
        'ix_scheduled_waiting', 'scheduled', ['say_at', 'id'], unique=False, sqlite_where=WAITS, postgresql_where=WAITS
    )
    op.create_index(op.f('ix_scheduled_ticket_id'), 'scheduled', ['ticket_id'], unique=False)


def downgrade() -> None:
    op.drop_table('scheduled')
