"""add what is asked of a channel"""

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel_requests',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=80), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('prepared', sa.String(length=200), nullable=True),
    sa.Column('receipt', sa.String(length=200), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('created_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('settled_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['channel_order_id'], ['channel_orders.id'], name=op.f('fk_channel_requests_channel_order_id')),
    sa.ForeignKeyConstraint(['refund_id'], ['refunds.id'], name=op.f('fk_channel_requests_refund_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_requests')),
    sa.UniqueConstraint('refund_id', name=op.f('uq_channel_requests_refund_id'))
    )
    op.create_index(op.f('ix_channel_requests_channel_order_id_kind'), 'channel_requests', ['channel_order_id', 'kind'], unique=False)
    op.create_index(op.f('ix_channel_requests_receipt'), 'channel_requests', ['receipt'], unique=False)
    op.create_index(op.f('ix_channel_requests_state'), 'channel_requests', ['state'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_channel_requests_state'), table_name='channel_requests')
    op.drop_index(op.f('ix_channel_requests_receipt'), table_name='channel_requests')
    op.drop_index(op.f('ix_channel_requests_channel_order_id_kind'), table_name='channel_requests')
    op.drop_table('channel_requests')
