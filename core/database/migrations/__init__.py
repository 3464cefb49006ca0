"""The core's Alembic revisions, run by `entrepot db upgrade`."""
