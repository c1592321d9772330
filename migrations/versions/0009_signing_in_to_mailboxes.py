"""Sign-in services and what mailboxes were granted by them; the release before knows nothing of either."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Id, Instant

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'sign_in_service',
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('client_id', sa.String(length=400), nullable=False),
        sa.Column('tenant', sa.String(length=200), nullable=False),
        sa.Column('authorize_url', sa.String(length=1000), nullable=False),
        sa.Column('token_url', sa.String(length=1000), nullable=False),
        sa.Column('scope', sa.Text(), nullable=False),
        sa.Column('secrets', sa.LargeBinary(), nullable=True),
        sa.Column('secret_ends', sa.Date(), nullable=True),
        sa.Column('testing', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('kind', name=op.f('pk_sign_in_service')),
    )
    op.create_table(
        'mailbox_grant',
        sa.Column('channel_id', Id, autoincrement=False, nullable=False),
        sa.Column('service', sa.String(length=20), nullable=False),
        sa.Column('tokens', sa.LargeBinary(), nullable=False),
        sa.Column('access_until', Instant(timezone=True), nullable=False),
        sa.Column('granted_at', Instant(timezone=True), nullable=False),
        sa.Column('renewed_at', Instant(timezone=True), nullable=False),
        sa.Column('refused', sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_mailbox_grant_channel_id')),
        sa.PrimaryKeyConstraint('channel_id', name=op.f('pk_mailbox_grant')),
    )


def downgrade() -> None:
    op.drop_table('mailbox_grant')
    op.drop_table('sign_in_service')
