"""Alembic's entry: migrations run on the connection that `Database.migrate` hands over, in its transaction."""

from alembic import context

from bot.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
