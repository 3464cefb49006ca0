"""Make the tables that the first release starts with."""

from __future__ import annotations

from alembic import op

from core.database.migrations.initial import read_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those first that others refer to."""
    read_tables().create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    """All of them, with what is in them."""
    read_tables().drop_all(op.get_bind(), checkfirst=False)
