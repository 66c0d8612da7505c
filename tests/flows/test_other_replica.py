"""A form that is submitted again while its reset runs in another process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.domain.permissions import Agent, AgentId
from bot.domain.references import Reference
from bot.domain.resets import Method, Origin, Outcome, Reset, ResetRequest, Target
from bot.store.database import Database
from bot.store.resets import ResetStore
from sandbox.slack import Modal
from tests.harness.world import EMAIL, World, fill_form, make_world
from tests.metadata import reference_of
from tests.stateful.simulation import simulated
from tests.store.samples import LIMITS

UNDER_WAY = "Un momento: WHMCS está enviando el correo"


@dataclass
class Elsewhere:
    """Another process on the same database, which runs the reset of the form."""

    world: World
    modal: Modal
    database: Database
    reset: Reset

    @property
    def store(self) -> ResetStore:
        return ResetStore(self.database, LIMITS)

    async def goes_on(self, *, seconds: int) -> None:
        """Renew the lease of the reset."""
        for _ in range(seconds // 10):
            await self.store.renew_leases([self.reset.reference], now=self.database.now())
            await asyncio.sleep(10)

    async def ends(self) -> None:
        await self.store.finish_reset(self.reset, Outcome.SUCCEEDED, None, now=self.database.now(), actor="U1")


Story: TypeAlias = Callable[[Elsewhere], Awaitable[None]]


def tell(folder: Path, story: Story) -> None:
    """Play a story in simulated time, in which minutes pass immediately."""

    async def play() -> None:
        async with make_world(folder) as world, world.bot():
            modal = await fill_form(world.agent, "ana@example.com", EMAIL)
            user = world.whmcs.data.find_user_by_email("ana@example.com")
            assert user is not None
            request = ResetRequest(
                reference=Reference(reference_of(modal.view)),
                agent=Agent(id=AgentId(world.agent.id), locale="es-ES"),
                target=Target(
                    client_id=world.whmcs.data.links_of_user(user.id)[0].client_id,
                    user_id=user.id,
                    method=Method.RESET_EMAIL,
                ),
                origin=Origin(),
            )
            database = Database.connect(world.settings["DATABASE_URL"])
            reset = await ResetStore(database, LIMITS).begin_reset(request, now=database.now())
            await modal.submit()
            await modal.shows(UNDER_WAY)
            await story(Elsewhere(world, modal, database, reset))
            await database.aclose()

    with simulated() as loop:
        loop.run_until_complete(play())


def test_the_outcome_of_another_replicas_reset_is_shown(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        await elsewhere.goes_on(seconds=20)
        await elsewhere.ends()
        await elsewhere.modal.shows("Listo")

    tell(tmp_path, story)


def test_the_outcome_is_shown_after_a_database_outage(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        elsewhere.world.execute("ALTER TABLE resets RENAME TO away")
        await asyncio.sleep(10)
        elsewhere.world.execute("ALTER TABLE away RENAME TO resets")
        await elsewhere.ends()
        await elsewhere.modal.shows("Listo")

    tell(tmp_path, story)


def test_a_running_reset_is_never_reported_as_unchanged(tmp_path: Path) -> None:
    async def story(elsewhere: Elsewhere) -> None:
        await elsewhere.goes_on(seconds=120)
        assert UNDER_WAY in elsewhere.modal.text
        assert "No se cambió nada" not in elsewhere.modal.text

    tell(tmp_path, story)
