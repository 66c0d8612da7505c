"""`python -m bot migrate`."""

import click

from bot.commands.databases import run_with_database
from bot.store.database import Database


@click.command()
def migrate() -> None:
    """Migrate the database to this version."""

    async def bring(database: Database) -> str:
        return await database.migrate()

    click.echo(f"The database is at revision {run_with_database(bring, must_exist=False)}.")
