"""Who takes part in a ticket beside its customer, and tickets that do not count; the release before knows neither."""

import time

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import OperationalError

from helpdesk.orm import Facts, Id, Instant

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


TRIES = 60


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        _alone()
    _participants()
    _belongings()
    _blocks()
    op.create_index(
        'ix_message_unapproved', 'message', ['id'], sqlite_where=sa.text("kind = 'unapproved'"),
        postgresql_where=sa.text("kind = 'unapproved'"),
    )
    op.add_column('contact_point', sa.Column('dead_at', Instant(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('voided_at', Instant(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('voided', Facts, nullable=False, server_default=sa.text("'{}'")))


def _alone() -> None:
    """Have all these tables at once or none of them: whoever files meanwhile takes them in an order of its own."""
    for tried in range(1, TRIES + 1):
        try:
            with op.get_bind().begin_nested():
                op.execute("SET LOCAL lock_timeout = '500ms'")
                op.execute('LOCK TABLE person, contact_point, channel, ticket, message IN ACCESS EXCLUSIVE MODE')
        except OperationalError:
            if tried == TRIES:
                raise
            time.sleep(0.5)
        else:
            return


def _participants() -> None:
    op.create_table(
        'participant',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('message_id', Id, nullable=False),
        sa.Column('address', sa.String(length=400), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('named_at', Instant(timezone=True), nullable=False),
        sa.Column('decided_by_id', Id, nullable=True),
        sa.Column('decided_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_participant_ticket_id')),
        sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_participant_message_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_participant_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_participant')),
        sa.UniqueConstraint('ticket_id', 'address', name=op.f('uq_participant_ticket_id_address')),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        'ix_participant_pending', 'participant', ['id'], sqlite_where=pending, postgresql_where=pending
    )


def _belongings() -> None:
    op.create_table(
        'belonging',
        sa.Column('id', Id, nullable=False),
        sa.Column('ticket_id', Id, nullable=False),
        sa.Column('other_id', Id, nullable=False),
        sa.Column('why', sa.String(length=10), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('offered_at', Instant(timezone=True), nullable=False),
        sa.Column('decided_by_id', Id, nullable=True),
        sa.Column('decided_at', Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_belonging_ticket_id')),
        sa.ForeignKeyConstraint(['other_id'], ['ticket.id'], name=op.f('fk_belonging_other_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_belonging_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_belonging')),
        sa.UniqueConstraint('ticket_id', name=op.f('uq_belonging_ticket_id')),
    )
    offered = sa.text("state = 'offered'")
    op.create_index('ix_belonging_offered', 'belonging', ['id'], sqlite_where=offered, postgresql_where=offered)
    op.create_index(op.f('ix_belonging_other_id'), 'belonging', ['other_id'])


def _blocks() -> None:
    op.create_table(
        'block',
        sa.Column('id', Id, nullable=False),
        sa.Column('value', sa.String(length=400), nullable=False),
        sa.Column('channel_id', Id, nullable=True),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('by_id', Id, nullable=False),
        sa.Column('at', Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_block_channel_id')),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_block_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_block')),
    )
    op.create_index(op.f('ix_block_value'), 'block', ['value'])


def downgrade() -> None:
    op.drop_index('ix_message_unapproved', 'message')
    op.drop_table('block')
    op.drop_table('belonging')
    op.drop_column('contact_point', 'dead_at')
    op.drop_column('ticket', 'voided')
    op.drop_column('ticket', 'voided_at')
    op.drop_table('participant')
