"""Who put back what they were given, and why; the release before gives it to them again."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = '0017b'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'skip',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('person_id', Id, nullable=False),
        sa.Column('reason', sa.String(length=1000), nullable=False),
        sa.Column('at', Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_skip_person_id')),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_skip_ticket_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_skip')),
    )
    op.create_index(op.f('ix_skip_at'), 'skip', ['at'], unique=False)
    op.create_index(op.f('ix_skip_person_id_at'), 'skip', ['person_id', 'at'], unique=False)
    op.create_index(op.f('ix_skip_ticket_id'), 'skip', ['ticket_id'], unique=False)


def downgrade() -> None:
    op.drop_table('skip')
