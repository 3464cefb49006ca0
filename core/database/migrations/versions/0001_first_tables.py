"""Make the tables that the first release starts with."""

from __future__ import annotations

from alembic import op

from core.database.migrations.initial import create_tables, drop_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them all."""
    create_tables(op.get_bind())


def downgrade() -> None:
    """Drop them all, with what is in them."""
    drop_tables(op.get_bind())
