"""consumers and what they are told"""

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('erp_bridge_consumers',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('wanted', sa.JSON(), nullable=False),
    sa.Column('since', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('offered_to', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('lease_seconds', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('settings', core.database.types.EncryptedJson(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('paused_because', sa.String(length=500), nullable=True),
    sa.Column('failures', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('next_attempt_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=True),
    sa.Column('last_seen_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_bridge_consumers')),
    sa.UniqueConstraint('name', name=op.f('uq_erp_bridge_consumers_name'))
    )
    op.create_table('erp_bridge_pickups',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consumer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('idempotency_key', sa.String(length=64), nullable=False),
    sa.Column('offered', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('due_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('look_again_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('waits_since', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reference', sa.String(length=120), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('created_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consumer_id'], ['erp_bridge_consumers.id'], name=op.f('fk_erp_bridge_pickups_consumer_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_erp_bridge_pickups_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_bridge_pickups')),
    sa.UniqueConstraint('consumer_id', 'order_id', 'event', name=op.f('uq_erp_bridge_pickups_consumer_id_order_id_event')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_erp_bridge_pickups_idempotency_key'))
    )
    due, held = sa.text("due_at IS NOT NULL"), sa.text("look_again_at IS NOT NULL")
    op.create_index(op.f('ix_erp_bridge_pickups_consumer_id_due_at_id'), 'erp_bridge_pickups', ['consumer_id', 'due_at', 'id'], unique=False, sqlite_where=due, postgresql_where=due)
    op.create_index(op.f('ix_erp_bridge_pickups_consumer_id_look_again_at'), 'erp_bridge_pickups', ['consumer_id', 'look_again_at'], unique=False, sqlite_where=held, postgresql_where=held)
    op.create_index(op.f('ix_erp_bridge_pickups_consumer_id_id'), 'erp_bridge_pickups', ['consumer_id', 'id'], unique=False)
    op.create_index(op.f('ix_erp_bridge_pickups_consumer_id_state_id_waits_since'), 'erp_bridge_pickups', ['consumer_id', 'state', 'id', 'waits_since'], unique=False)
    op.create_index(op.f('ix_erp_bridge_pickups_order_id'), 'erp_bridge_pickups', ['order_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_erp_bridge_pickups_order_id'), table_name='erp_bridge_pickups')
    op.drop_index(op.f('ix_erp_bridge_pickups_consumer_id_state_id_waits_since'), table_name='erp_bridge_pickups')
    op.drop_index(op.f('ix_erp_bridge_pickups_consumer_id_id'), table_name='erp_bridge_pickups')
    op.drop_index(op.f('ix_erp_bridge_pickups_consumer_id_look_again_at'), table_name='erp_bridge_pickups')
    op.drop_index(op.f('ix_erp_bridge_pickups_consumer_id_due_at_id'), table_name='erp_bridge_pickups')
    op.drop_table('erp_bridge_pickups')
    op.drop_table('erp_bridge_consumers')
