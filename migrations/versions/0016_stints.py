"""Stints of ownership, offers that lapse, the sheet of a shift, tickets that hang, languages and skills of people.

Stints are derived from the histories by a job, not here: that reads every event, and nobody could work meanwhile. The
release before writes none; the same job finds what it did. It never lets an offer lapse, and leaves the new settings alone.
"""

import time

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import OperationalError

from helpdesk.orm import Facts, Id, Instant

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

HELD, STILL = sa.text('ended_at IS NULL'), sa.text('over_at IS NULL')
OFFERED, TO_HAND_OVER = sa.text("state = 'offered'"), sa.text('handed_at IS NULL')
UNTAKEN = {
    'before': sa.text("state IN ('offered', 'refused')"), 'after': sa.text("state IN ('offered', 'refused', 'lapsed')"),
}
COUNTS = {('team', 'sheet_minutes'): '30', ('team', 'answer_minutes'): '10', ('team', 'most_asked'): '3', ('offer', 'turn'): '1'}
INSTANTS = (('shift', 'told_at'), ('absence', 'handed_at'), ('offer', 'answer_by'))
LISTS = (('person', 'languages'), ('person', 'skills'))
TRIES = 60


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        _alone()
    _stints()
    _hanging()
    for (table, name), value in COUNTS.items():
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(value)))
    for table, name in INSTANTS:
        op.add_column(table, sa.Column(name, Instant(timezone=True), nullable=True))
    for table, name in LISTS:
        op.add_column(table, sa.Column(name, Facts, nullable=False, server_default=sa.text("'[]'")))
    _index('ix_offer_answer_by', 'offer', ['answer_by'], OFFERED)
    _index('ix_absence_to_hand_over', 'absence', ['starts_at'], TO_HAND_OVER)
    op.drop_index('ix_offer_untaken', table_name='offer')
    _index('ix_offer_untaken', 'offer', ['ticket_id', 'state'], UNTAKEN['after'])


def _alone() -> None:
    """Have all these tables at once or none of them: whoever works meanwhile takes them in an order of its own."""
    for tried in range(1, TRIES + 1):
        try:
            with op.get_bind().begin_nested():
                op.execute("SET LOCAL lock_timeout = '500ms'")
                op.execute('LOCK TABLE person, team, shift, absence, ticket, offer IN ACCESS EXCLUSIVE MODE')
        except OperationalError:
            if tried == TRIES:
                raise
            time.sleep(0.5)
        else:
            return


def _stints() -> None:
    op.create_table(
        'stint',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('owner_id', Id, nullable=True),
        sa.Column('team_id', Id, nullable=False),
        sa.Column('began_at', Instant(timezone=True), nullable=False),
        sa.Column('ended_at', Instant(timezone=True), nullable=True),
        sa.Column('began_seq', sa.Integer(), nullable=False),
        sa.Column('ended_seq', sa.Integer(), nullable=True),
        sa.Column('why', sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_stint_owner_id')),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_stint_team_id')),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_stint_ticket_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stint')),
        sa.UniqueConstraint('ticket_id', 'began_seq', name=op.f('uq_stint_ticket_id_began_seq')),
    )
    _index('uq_stint_ticket_held', 'stint', ['ticket_id'], HELD, unique=True)
    op.create_index(op.f('ix_stint_owner_id_began_at'), 'stint', ['owner_id', 'began_at'], unique=False)


def _hanging() -> None:
    op.create_table(
        'hanging',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('began_at', Instant(timezone=True), nullable=False),
        sa.Column('over_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_hanging_ticket_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hanging')),
    )
    _index('uq_hanging_ticket_still', 'hanging', ['ticket_id'], STILL, unique=True)
    op.create_index(op.f('ix_hanging_ticket_id'), 'hanging', ['ticket_id'], unique=False)


def _index(name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index('ix_offer_untaken', table_name='offer')
    op.execute("UPDATE offer SET state = 'refused' WHERE state = 'lapsed'")
    _index('ix_offer_untaken', 'offer', ['ticket_id', 'state'], UNTAKEN['before'])
    op.drop_index('ix_absence_to_hand_over', table_name='absence')
    op.drop_index('ix_offer_answer_by', table_name='offer')
    for table, name in (*COUNTS, *INSTANTS, *LISTS):
        op.drop_column(table, name)
    op.drop_table('hanging')
    op.drop_table('stint')
