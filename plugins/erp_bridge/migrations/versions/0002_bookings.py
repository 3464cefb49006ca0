"""what came back and was booked, by the consumer's own key"""

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('erp_bridge_bookings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consumer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('booked_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consumer_id'], ['erp_bridge_consumers.id'], name=op.f('fk_erp_bridge_bookings_consumer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_bridge_bookings')),
    sa.UniqueConstraint('consumer_id', 'key', name=op.f('uq_erp_bridge_bookings_consumer_id_key'))
    )


def downgrade() -> None:
    op.drop_table('erp_bridge_bookings')
