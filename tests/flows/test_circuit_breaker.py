"""The circuit breaker: after five timeouts agents read immediately that WHMCS does not respond, and since when."""

import asyncio
import re

import httpx
import pytest

from sandbox.whmcs import Fault
from tests.harness.plain_http import http_client
from tests.harness.world import EMAIL, GROUP, World, fill_form

pytestmark = pytest.mark.asyncio


async def test_an_open_circuit_answers_at_once_and_closes_when_whmcs_responds(http_world: World) -> None:
    world = http_world
    people = [world.slack.add_person(f"Agente {number}", locale="es-ES", groups=[GROUP]) for number in range(3)]
    async with world.bot():
        waiting = await fill_form(world.agent, "ana@example.com", EMAIL)
        world.whmcs.faults.add(Fault("*", "held_before"))
        modals = await asyncio.gather(*(person.types("/reset-password ana") for person in people))
        await asyncio.gather(*(modal.shows("WHMCS no respondió a tiempo", timeout_seconds=15) for modal in modals))

        async with asyncio.timeout(4):
            modal = await people[0].types("/reset-password ana@example.com")
            await modal.shows("WHMCS no responde (desde: ")
            await waiting.submit()
            await waiting.shows("así que no se le envió ninguna solicitud")
        assert re.search(r"\(desde: \d\d?:\d\d( [ap]\. m\.)?\),", waiting.text)
        assert "No se cambió nada." in waiting.text
        readiness = await ask(world, "/readyz")
        assert readiness.status_code == 200
        assert re.fullmatch(r"degraded: not_answering since [\d-]+T[\d:]+Z", readiness.json()["whmcs"])
        assert re.search(r"^resetbot_whmcs_silent_seconds [1-9]", (await ask(world, "/metrics")).text, re.MULTILINE)
        assert world.audit() == [("STARTED", ""), ("FAILED", "not_answering")]

        world.whmcs.faults.clear()
        await world.until(lambda: is_well(world), timeout_seconds=20, every_seconds=0.25)
        await waiting.press("Volver")
        await waiting.shows("Id del cliente")
        await waiting.submit()
        await waiting.shows("Listo")
    assert len(world.whmcs.reset_emails) == 1


async def is_well(world: World) -> bool:
    return bool((await ask(world, "/readyz")).json()["whmcs"] == "ok")


async def ask(world: World, path: str) -> httpx.Response:
    async with http_client() as client:
        return await client.get(world.ops_url + path)
