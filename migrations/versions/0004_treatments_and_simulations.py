"""How a policy version reaches tickets that are there, and what they would look like under a draft."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from helpdesk.orm import Facts, Id, Instant

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _treatments()
    _simulations()
    _clocks()


def _treatments() -> None:
    op.create_table(
        'treatment',
        sa.Column('id', Id, nullable=False),
        sa.Column('version_id', Id, nullable=False),
        sa.Column('from_version_id', Id, nullable=True),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('ordered_by', Id, nullable=True),
        sa.Column('ordered_at', Instant(timezone=True), nullable=False),
        sa.Column('next_at', Instant(timezone=True), nullable=True),
        sa.Column('last_id', Id, nullable=False),
        sa.Column('passes', sa.Integer(), nullable=False),
        sa.Column('tickets', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['version_id'], ['policy_version.id'], name='fk_treatment_version_id'),
        sa.PrimaryKeyConstraint('id', name='pk_treatment'),
    )


def _simulations() -> None:
    op.create_table(
        'simulation',
        sa.Column('id', Id, nullable=False),
        sa.Column('policy_id', Id, nullable=True),
        sa.Column('calendar_id', Id, nullable=True),
        sa.Column('base_version_id', Id, nullable=True),
        sa.Column('name', sa.String(200), nullable=False),
        sa.Column('definition', Facts, nullable=False),
        sa.Column('counted_by', Id, nullable=True),
        sa.Column('first_at', Instant(timezone=True), nullable=False),
        sa.Column('last_at', Instant(timezone=True), nullable=False),
        sa.Column('made_by', Id, nullable=False),
        sa.Column('made_at', Instant(timezone=True), nullable=False),
        sa.Column('next_at', Instant(timezone=True), nullable=True),
        sa.Column('place', Facts, nullable=False),
        sa.Column('batches', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('result', Facts, nullable=False),
        sa.Column('version_id', Id, nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_simulation'),
    )


def _clocks() -> None:
    op.create_table(
        'simulated_clock',
        sa.Column('id', Id, nullable=False),
        sa.Column('simulation_id', Id, nullable=False),
        sa.Column('scope', sa.String(20), nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('turn', sa.Integer(), nullable=False),
        sa.Column('before', sa.String(20), nullable=False),
        sa.Column('after', sa.String(20), nullable=False),
        sa.Column('due_before', Instant(timezone=True), nullable=True),
        sa.Column('due_after', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['simulation_id'], ['simulation.id'], name='fk_simulated_clock_simulation_id'),
        sa.PrimaryKeyConstraint('id', name='pk_simulated_clock'),
    )
    op.create_index('ix_simulated_clock_simulation_id_scope_id', 'simulated_clock', ['simulation_id', 'scope', 'id'])


def downgrade() -> None:
    for table in ('simulated_clock', 'simulation', 'treatment'):
        op.drop_table(table)
