"""Alembic's entry. `database.upgrade_database` hands the connection over; there is no alembic.ini."""

from __future__ import annotations

from advanced_alchemy.base import orm_registry
from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=orm_registry.metadata,
    # SQLite can't alter most of a column; Alembic then copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
