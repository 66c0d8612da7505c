"""Alembic environment: migrations run on the connection and in the transaction of `Database.migrate`."""

from alembic import context

from bot.store.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
