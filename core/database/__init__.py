"""The database: engine, column types, keys, migrations."""
