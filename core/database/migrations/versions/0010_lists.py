"""let the indexes that lists of orders are walked in hold what else is filtered by"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_HELD = sa.text('held_code IS NOT NULL')
_CANCELED = sa.text("state = 'canceled'")
_RESOLVED = sa.text('resolved_at IS NOT NULL')
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
    op.create_index(op.f('ix_deliveries_plugin_state_id'), 'deliveries', ['plugin', 'state', 'id'])
    op.create_index('ix_jobs_canceled', 'jobs', ['id'], sqlite_where=_CANCELED, postgresql_where=_CANCELED)
    op.drop_index('ix_channel_orders_held', table_name='channel_orders', sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index('ix_channel_orders_held', 'channel_orders', ['placed_at', 'id', 'account_id', 'held_code'],
        sqlite_where=_HELD, postgresql_where=_HELD)
    op.drop_index(op.f('ix_problems_resolved_at'), table_name='problems')
    op.create_index(op.f('ix_problems_resolved_at'), 'problems', ['resolved_at'],
        sqlite_where=_RESOLVED, postgresql_where=_RESOLVED)


def downgrade() -> None:
    op.drop_index('ix_jobs_canceled', table_name='jobs', sqlite_where=_CANCELED, postgresql_where=_CANCELED)
    op.drop_index(op.f('ix_problems_resolved_at'), table_name='problems',
        sqlite_where=_RESOLVED, postgresql_where=_RESOLVED)
    op.create_index(op.f('ix_problems_resolved_at'), 'problems', ['resolved_at'], unique=False)
    op.drop_index('ix_channel_orders_held', table_name='channel_orders', sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index('ix_channel_orders_held', 'channel_orders', ['placed_at', 'id'],
        sqlite_where=_HELD, postgresql_where=_HELD)
    op.drop_index(op.f('ix_deliveries_plugin_state_id'), table_name='deliveries')
    op.drop_index(op.f('ix_channel_orders_account_id_status_placed_at_id'), table_name='channel_orders')
    for name, (before, _after) in _WIDER.items():
        op.drop_index(name, table_name='orders')
        op.create_index(name, 'orders', before)
