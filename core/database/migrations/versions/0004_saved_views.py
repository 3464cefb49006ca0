"""add saved views and the indexes that lists of orders need"""

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_HELD = sa.text('held_code IS NOT NULL')


def upgrade() -> None:
    op.create_table('saved_views',
    sa.Column('id', _IDENTIFIER, nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('page', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=True),
    sa.Column('query', core.database.types.EncryptedJson(), nullable=False),
    sa.Column('saved_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views')),
    sa.UniqueConstraint('owner', 'page', 'name', name=op.f('uq_saved_views_owner_page_name'))
    )
    op.create_index(op.f('ix_saved_views_saved_at'), 'saved_views', ['saved_at'], unique=False)
    op.create_table('order_words',
    sa.Column('order_id', _IDENTIFIER, nullable=False),
    sa.Column('word', core.database.types.BlindIndex(length=64), nullable=False),
    sa.Column('placed_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_words_order_id')),
    sa.PrimaryKeyConstraint('order_id', 'word', name=op.f('pk_order_words'))
    )
    op.create_index('ix_order_words_word', 'order_words', ['word', 'placed_at', 'order_id'], unique=False)
    op.execute("INSERT INTO order_words (order_id, word, placed_at) SELECT orders.id, word, placed_at "
        "FROM name_words JOIN orders ON subject = 'order:' || CAST(orders.id AS VARCHAR(40))")
    op.execute("DELETE FROM name_words WHERE substr(subject, 1, 6) = 'order:'")
    op.drop_index('ix_orders_status_id', table_name='orders')
    op.drop_index(op.f('ix_orders_total'), table_name='orders')
    op.drop_index(op.f('ix_orders_ship_by'), table_name='orders')
    op.create_index('ix_orders_placed_at_id', 'orders', ['placed_at', 'id', 'status', 'currency', 'total'])
    op.create_index('ix_orders_status_placed_at_id', 'orders', ['status', 'placed_at', 'id'])
    op.create_index('ix_orders_status_ship_by_id', 'orders', ['status', 'ship_by', 'id'])
    op.create_index('ix_orders_channel_placed_at_id', 'orders', ['channel', 'placed_at', 'id'])
    op.create_index('ix_orders_total_id', 'orders', ['total', 'id'])
    op.create_index('ix_orders_ship_by_id', 'orders', ['ship_by', 'id'])
    op.drop_index(op.f('ix_channel_orders_status'), table_name='channel_orders')
    op.drop_index(op.f('ix_channel_orders_placed_at'), table_name='channel_orders')
    op.create_index('ix_channel_orders_placed_at_id', 'channel_orders', ['placed_at', 'id'])
    op.create_index('ix_channel_orders_status_placed_at_id', 'channel_orders', ['status', 'placed_at', 'id'])
    op.create_index('ix_channel_orders_account_id_placed_at_id', 'channel_orders', ['account_id', 'placed_at', 'id'])
    op.create_index('ix_channel_orders_held', 'channel_orders', ['placed_at', 'id'],
        sqlite_where=_HELD, postgresql_where=_HELD)


def downgrade() -> None:
    op.drop_index('ix_channel_orders_held', table_name='channel_orders', sqlite_where=_HELD, postgresql_where=_HELD)
    op.drop_index('ix_channel_orders_account_id_placed_at_id', table_name='channel_orders')
    op.drop_index('ix_channel_orders_status_placed_at_id', table_name='channel_orders')
    op.drop_index('ix_channel_orders_placed_at_id', table_name='channel_orders')
    op.create_index(op.f('ix_channel_orders_placed_at'), 'channel_orders', ['placed_at'], unique=False)
    op.create_index(op.f('ix_channel_orders_status'), 'channel_orders', ['status'], unique=False)
    op.execute("INSERT INTO name_words (subject, word) "
        "SELECT 'order:' || CAST(order_id AS VARCHAR(40)), word FROM order_words")
    op.drop_index('ix_order_words_word', table_name='order_words')
    op.drop_table('order_words')
    op.drop_index('ix_orders_ship_by_id', table_name='orders')
    op.drop_index('ix_orders_total_id', table_name='orders')
    op.drop_index('ix_orders_channel_placed_at_id', table_name='orders')
    op.drop_index('ix_orders_status_ship_by_id', table_name='orders')
    op.drop_index('ix_orders_status_placed_at_id', table_name='orders')
    op.drop_index('ix_orders_placed_at_id', table_name='orders')
    op.create_index(op.f('ix_orders_ship_by'), 'orders', ['ship_by'], unique=False)
    op.create_index(op.f('ix_orders_total'), 'orders', ['total'], unique=False)
    op.create_index('ix_orders_status_id', 'orders', ['status', 'id'], unique=False)
    op.drop_index(op.f('ix_saved_views_saved_at'), table_name='saved_views')
    op.drop_table('saved_views')
