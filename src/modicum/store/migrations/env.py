"""What Alembic runs: the migrations, on the connection that it was handed, in the transaction that is open there."""

from alembic import context

from modicum.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)
context.run_migrations()
