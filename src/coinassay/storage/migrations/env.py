"""Run by Alembic: `upgrade` of this package hands it the connection."""

from __future__ import annotations

from alembic import context

from coinassay.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making a new one
    # On PostgreSQL a transaction holds its locks until it ends: the shorter, the less servers wait.
    transaction_per_migration=connection.dialect.name == "postgresql",
)
with context.begin_transaction():
    context.run_migrations()
