"""add what accounts need to be watched, and where the database was confirmed"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('channel_accounts') as table:
        table.add_column(sa.Column('credential_dates', sa.JSON(), nullable=True))
    with op.batch_alter_table('installation') as table:
        table.add_column(sa.Column('confirmed_addresses', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('installation') as table:
        table.drop_column('confirmed_addresses')
    with op.batch_alter_table('channel_accounts') as table:
        table.drop_column('credential_dates')
