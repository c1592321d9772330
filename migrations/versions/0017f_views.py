"""Views of the queue that people keep; the release before does not show them."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Id, Instant

revision = '0017f'
down_revision = '0017e'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'saved_view',
        sa.Column('id', Id, nullable=False),
        sa.Column('person_id', Id, nullable=False),
        sa.Column('team_id', Id, nullable=True),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('query', Facts, nullable=False),
        sa.Column('made_at', Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_saved_view_person_id')),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_saved_view_team_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    )
    op.create_index(op.f('ix_saved_view_person_id'), 'saved_view', ['person_id'], unique=False)
    op.create_index(op.f('ix_saved_view_team_id'), 'saved_view', ['team_id'], unique=False)


def downgrade() -> None:
    op.drop_table('saved_view')
