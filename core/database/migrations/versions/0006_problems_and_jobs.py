"""add what problems and jobs need to be decided"""

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

_OPEN = sa.text("resolved_at IS NULL AND ignored_at IS NULL")
_IGNORED = sa.text("resolved_at IS NULL AND ignored_at IS NOT NULL")
_FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    op.create_table('problem_ignored_causes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('cause', sa.String(length=200), nullable=False),
    sa.Column('ignored_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ignored_by', sa.String(length=160), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem_ignored_causes')),
    sa.UniqueConstraint('kind', 'cause', name=op.f('uq_problem_ignored_causes_kind_cause'))
    )
    number = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.add_column('problems', sa.Column('urgency', number, server_default='0', nullable=False))
    op.add_column('problems', sa.Column('ignored_at', core.database.types.UtcDateTime(timezone=True), nullable=True))
    op.add_column('problems', sa.Column('ignored_by', sa.String(length=160), nullable=True))
    op.create_index('ix_problems_open', 'problems', ['urgency', 'kind', 'cause', 'id'], unique=False, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index('ix_problems_ignored', 'problems', ['urgency', 'kind', 'cause', 'id'], unique=False, sqlite_where=_IGNORED, postgresql_where=_IGNORED)
    op.add_column('jobs', sa.Column('result', sa.String(length=500), nullable=True))
    op.create_index('ix_jobs_failed', 'jobs', ['id'], unique=False, sqlite_where=_FAILED, postgresql_where=_FAILED)
    op.create_index(op.f('ix_jobs_name_id'), 'jobs', ['name', 'id'], unique=False)
    op.add_column('deliveries', sa.Column('times_told', number, server_default='0', nullable=False))
    op.add_column('deliveries', sa.Column('last_told_at', core.database.types.UtcDateTime(timezone=True), nullable=True))
    op.add_column('deliveries', sa.Column('last_place', sa.String(length=200), nullable=True))
    op.create_index(op.f('ix_deliveries_plugin_id'), 'deliveries', ['plugin', 'id'], unique=False)
    op.create_index(op.f('ix_events_created_at'), 'events', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_events_created_at'), table_name='events')
    op.drop_index(op.f('ix_deliveries_plugin_id'), table_name='deliveries')
    op.drop_column('deliveries', 'last_place')
    op.drop_column('deliveries', 'last_told_at')
    op.drop_column('deliveries', 'times_told')
    op.drop_index(op.f('ix_jobs_name_id'), table_name='jobs')
    op.drop_index('ix_jobs_failed', table_name='jobs', sqlite_where=_FAILED, postgresql_where=_FAILED)
    op.drop_column('jobs', 'result')
    op.drop_index('ix_problems_ignored', table_name='problems', sqlite_where=_IGNORED, postgresql_where=_IGNORED)
    op.drop_index('ix_problems_open', table_name='problems', sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.drop_column('problems', 'ignored_by')
    op.drop_column('problems', 'ignored_at')
    op.drop_column('problems', 'urgency')
    op.drop_table('problem_ignored_causes')
