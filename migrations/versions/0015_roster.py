"""Breaks, weekly patterns, substitutes and call-forwarding; the release before knows none of them."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts, Id, Instant

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _breaks()
    _patterns()
    op.add_column('shift', sa.Column('pattern_id', Id, nullable=True))
    op.create_index('ix_shift_pattern', 'shift', ['pattern_id', 'starts_at'], unique=True)
    op.add_column('absence', sa.Column('substitute_id', Id, nullable=True))
    op.add_column('person', sa.Column('forward_number', sa.String(length=40), nullable=False, server_default=''))
    op.add_column('person', sa.Column('forwarded_to_id', Id, nullable=True))


def _breaks() -> None:
    op.create_table(
        'break',
        sa.Column('id', Id, nullable=False),
        sa.Column('person_id', Id, nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('starts_at', Instant(timezone=True), nullable=False),
        sa.Column('ends_at', Instant(timezone=True), nullable=False),
        sa.Column('back_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_break_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_break')),
    )
    op.create_index(op.f('ix_break_person_id_starts_at'), 'break', ['person_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_break_ends_at'), 'break', ['ends_at'], unique=False)


def _patterns() -> None:
    op.create_table(
        'shift_pattern',
        sa.Column('id', Id, nullable=False),
        sa.Column('person_id', Id, nullable=False),
        sa.Column('team_id', Id, nullable=False),
        sa.Column('weekdays', Facts, nullable=False),
        sa.Column('starts', sa.String(length=5), nullable=False),
        sa.Column('ends', sa.String(length=5), nullable=False),
        sa.Column('zone_of', sa.String(length=10), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.Column('skipped', Facts, nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_shift_pattern_person_id')),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_shift_pattern_team_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_shift_pattern')),
    )
    op.create_index(op.f('ix_shift_pattern_person_id'), 'shift_pattern', ['person_id'], unique=False)
    op.create_index(op.f('ix_shift_pattern_team_id'), 'shift_pattern', ['team_id'], unique=False)


def downgrade() -> None:
    op.drop_column('person', 'forwarded_to_id')
    op.drop_column('person', 'forward_number')
    op.drop_column('absence', 'substitute_id')
    op.drop_index('ix_shift_pattern', table_name='shift')
    op.drop_column('shift', 'pattern_id')
    op.drop_table('shift_pattern')
    op.drop_table('break')
