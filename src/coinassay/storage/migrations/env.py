"""Run by Alembic: `upgrade` of this package hands it the connection."""

from __future__ import annotations

from alembic import context

from coinassay.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making a new one
)
context.run_migrations()
