"""How long teams usually take, and the queue by when to begin; the release before takes that for when it is due."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id

revision = '0017d'
down_revision = '0017c'
branch_labels = None
depends_on = None

OPEN = sa.text('open')
BEFORE = {
    'ix_ticket_open_sort': ['sort_at', 'id'],
    'ix_ticket_open_team': ['team_id', 'sort_at', 'id', 'open'],
}
AFTER = {
    'ix_ticket_open_sort': ['sort_at', 'id', 'due_at', 'open'],
    'ix_ticket_open_team': ['team_id', 'sort_at', 'id', 'due_at', 'open'],
}


def upgrade() -> None:
    op.create_table(
        'handling',
        sa.Column('team_id', Id, nullable=False),
        sa.Column('channel', sa.String(length=20), nullable=False),
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_handling_team_id')),
        sa.PrimaryKeyConstraint('team_id', 'channel', name=op.f('pk_handling')),
    )
    _index(AFTER)


def downgrade() -> None:
    _index(BEFORE)
    op.drop_table('handling')


def _index(wanted: dict[str, list[str]]) -> None:
    for name, columns in wanted.items():
        op.drop_index(name, table_name='ticket')
        op.create_index(name, 'ticket', columns, unique=False, sqlite_where=OPEN, postgresql_where=OPEN)
