"""To whom a team's tickets are given; the release before gives them to anybody in it."""

import sqlalchemy as sa
from alembic import op

from helpdesk.orm import Facts

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('team', sa.Column('skill_tags', Facts, nullable=False, server_default=sa.text("'[]'")))
    op.add_column('team', sa.Column('most_open', sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column('team', 'most_open')
    op.drop_column('team', 'skill_tags')
