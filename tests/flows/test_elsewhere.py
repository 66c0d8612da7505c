"""A form that is sent again while its reset runs in another process, for as long as that may take."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Origin, Outcome, Reset, ResetRequest
from bot.store.database import Database
from bot.store.resets import ResetStore
from sandbox.slack import Modal
from tests.flows.world import EMAIL, World, fill_form, make_world
from tests.stateful.simulation import simulated
from tests.store.samples import LIMITS

UNDER_WAY = "Un momento: WHMCS está enviando el correo"


@dataclass
class Elsewhere:
    """Another process, on the same database, in which the form's reset runs."""

    world: World
    modal: Modal
    database: Database
    reset: Reset

    @property
    def store(self) -> ResetStore:
        return ResetStore(self.database, LIMITS)

    async def goes_on(self, *, seconds: int) -> None:
        """It gives its signs of life."""
        for _ in range(seconds // 10):
            await self.store.renew([self.reset.reference], now=self.database.now())
            await asyncio.sleep(10)

    async def ends(self) -> None:
        await self.store.finish(self.reset, Outcome.SUCCEEDED, None, now=self.database.now(), actor="U1")


Story: TypeAlias = Callable[[Elsewhere], Awaitable[None]]


def tell(folder: Path, story: Story) -> None:
    """In a time that is made: minutes pass in a moment."""

    async def play() -> None:
        async with make_world(folder) as world, world.bot():
            modal = await fill_form(world.agent, "ana@example.com", EMAIL)
            user = world.whmcs.data.find_user_by_email("ana@example.com")
            assert user is not None
            request = ResetRequest(
                reference=Reference(json.loads(modal.view["private_metadata"])["reference"]),
                agent=Agent(id=AgentId(world.agent.id), locale="es-ES"),
                client_id=world.whmcs.data.links_of_user(user.id)[0].client_id,
                user_id=user.id,
                method=Method.RESET_EMAIL,
                origin=Origin(),
            )
            database = Database.connect(world.settings["DATABASE_URL"])
            reset = await ResetStore(database, LIMITS).begin(request, now=database.now())
            await modal.submit()
            await modal.shows(UNDER_WAY)
            await story(Elsewhere(world, modal, database, reset))
            await database.aclose()

    with simulated() as loop:
        loop.run_until_complete(play())


def test_its_end_is_shown_when_it_is_there(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        await elsewhere.goes_on(seconds=20)
        await elsewhere.ends()
        await elsewhere.modal.shows("Listo")

    tell(tmp_path, story)


def test_its_end_is_shown_also_where_the_database_was_away_in_between(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        elsewhere.world.execute("ALTER TABLE resets RENAME TO away")
        await asyncio.sleep(10)
        elsewhere.world.execute("ALTER TABLE away RENAME TO resets")
        await elsewhere.ends()
        await elsewhere.modal.shows("Listo")

    tell(tmp_path, story)


def test_nobody_is_told_that_nothing_was_changed_while_it_still_runs(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        await elsewhere.goes_on(seconds=120)
        assert UNDER_WAY in elsewhere.modal.text
        assert "No se cambió nada" not in elsewhere.modal.text

    tell(tmp_path, story)
