"""What Alembic runs: the steps, on the connection that `kirakat.store.schema` hands in."""

from __future__ import annotations

from alembic import context

from kirakat.store.schema import VERSION_TABLE
from kirakat.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
