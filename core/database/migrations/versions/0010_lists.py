"""let the indexes that lists of orders are walked in hold what else is filtered by"""

from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_WIDER = {
    'ix_orders_placed_at_id': (
        ['placed_at', 'id', 'status', 'currency', 'total'],
        ['placed_at', 'id', 'status', 'currency', 'total', 'channel', 'ship_by', 'number'],
    ),
    'ix_orders_status_placed_at_id': (
        ['status', 'placed_at', 'id'], ['status', 'placed_at', 'id', 'channel', 'total']
    ),
    'ix_orders_channel_placed_at_id': (
        ['channel', 'placed_at', 'id'], ['channel', 'placed_at', 'id', 'status', 'total']
    ),
    'ix_orders_total_id': (['total', 'id'], ['total', 'id', 'placed_at', 'status', 'channel']),
    'ix_orders_ship_by_id': (['ship_by', 'id'], ['ship_by', 'id', 'placed_at', 'status', 'channel', 'total']),
    'ix_orders_buyer_email_index': (['buyer_email_index'], ['buyer_email_index', 'placed_at', 'id']),
}


def upgrade() -> None:
    for name, (_before, after) in _WIDER.items():
        op.drop_index(name, table_name='orders')
        op.create_index(name, 'orders', after)
    op.create_index(op.f('ix_channel_orders_account_id_status_placed_at_id'), 'channel_orders',
        ['account_id', 'status', 'placed_at', 'id'])


def downgrade() -> None:
    op.drop_index(op.f('ix_channel_orders_account_id_status_placed_at_id'), table_name='channel_orders')
    for name, (before, _after) in _WIDER.items():
        op.drop_index(name, table_name='orders')
        op.create_index(name, 'orders', before)
