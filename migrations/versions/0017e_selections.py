"""What was done to several tickets at once, to be undone; the release before does nothing at once."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Id, Instant

revision = '0017e'
down_revision = '0017d'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'selection',
        sa.Column('id', Id, nullable=False),
        sa.Column('person_id', Id, nullable=False),
        sa.Column('at', Instant(timezone=True), nullable=False),
        sa.Column('tickets', Facts, nullable=False),
        sa.Column('undone_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_selection_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_selection')),
    )
    op.create_index(op.f('ix_selection_person_id_id'), 'selection', ['person_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('selection')
