"""WHMCS does not answer as it should, before and after it did its work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
import pytest_asyncio

from bot.domain.resets import Method
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.world import World
from tests.reliability.case import Case
from tests.reliability.checks import expect_end, expect_nothing_left
from tests.reliability.row import EMAIL, SET, Row
from tests.reliability.stage import Endings, Stage
from tests.reliability.whmcs_faults import FAULTS, INSECURE, NAMELESS, REFUSED, ROWS, SILENT

pytestmark = pytest.mark.xdist_group("reliability-whmcs")

_FAULTS: Final = {fault.row.id: fault for fault in FAULTS}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(stage: Stage, rows: list[Row], endings: Endings) -> Endings:
    """Everything happens here; the rows' tests tell how each ended."""
    cases = [stage.cast(row) for row in rows]
    nameless, insecure, refused, silent = (_of(cases, group) for group in (NAMELESS, INSECURE, REFUSED, SILENT))
    single = [case for case in cases if case.row.id in _FAULTS]
    url = stage.world.whmcs.url.replace("http:", "https:")
    elsewhere = {"WHMCS_URL": "https://whmcs.invalid", "WHMCS_COMPANION_URL": stage.world.whmcs.companion_url}
    await _open_with(stage, endings, nameless, **elsewhere)
    await _open_with(stage, endings, insecure, WHMCS_URL=url)
    await stage.start()
    await endings.play([*single, *refused, *_with(EMAIL, silent)], Case.fill_in)
    await _break_each(stage, endings, single)
    await _refuse_connections(stage.world, endings, refused)
    await _fall_silent(stage, endings, silent)
    return endings


async def _open_with(stage: Stage, endings: Endings, cases: list[Case], **settings: str) -> None:
    """A bot of its own, for what its settings lead to."""
    if cases:
        bot = await stage.start(**settings)
        await endings.play(cases, _open)
        assert await bot.ends() == 0


async def _break_each(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    """Each has its own fault, to the end; then WHMCS is well again, and tells what became of those that are unknown."""
    async with _answers_between(stage.world):
        for case in cases:
            _FAULTS[case.row.id].order(case)
            await endings.play([case], _submit_up_to_whmcs)
        settled = [case for case in cases if _FAULTS[case.row.id].is_settled]
        await endings.play(settled, lambda case: case.until_audit(*case.row.audit[:-1]))
        await endings.play([case for case in cases if case not in settled], expect_end)
    stage.world.whmcs.faults.drop()
    stage.world.whmcs.faults.clear()
    stage.let_pass(minutes=12)
    await endings.play(settled, expect_end)


async def _refuse_connections(world: World, endings: Endings, cases: list[Case]) -> None:
    """From before the check for an e-mail, and from after it for a password."""
    await endings.play(_with(SET, cases), _submit_and_check)
    await world.whmcs.stop()
    await endings.play(_with(EMAIL, cases), _submit)
    world.slack.faults.clear()
    await endings.play(cases, expect_end)
    await world.whmcs.start()


async def _fall_silent(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    """Three people search, with two questions each; after that nobody waits any more."""
    world = stage.world
    world.whmcs.faults.add(WhmcsFault("*", "held_before"))
    modals = await asyncio.gather(*(person.types("/reset-password ana") for person in stage.bystanders))
    await asyncio.gather(*(modal.shows("WHMCS did not answer in time", timeout_seconds=30) for modal in modals))
    await endings.play(_with(EMAIL, cases), _submit)
    await endings.play(_with(EMAIL, cases), expect_end)
    await endings.play(_with(SET, cases), _open)
    world.whmcs.faults.drop()
    world.whmcs.faults.clear()


@asynccontextmanager
async def _answers_between(world: World) -> AsyncIterator[None]:
    """Somebody types into the type-ahead, so that those whom WHMCS does not answer are not the only ones in a row."""
    modal = await world.agent.types("/reset-password")

    async def search() -> None:
        while True:
            await modal.suggestions("Cliente", "ana")
            # As fast as a person types.
            await asyncio.sleep(0.1)

    searching = asyncio.create_task(search())
    try:
        yield
    finally:
        searching.cancel()
        await asyncio.gather(searching, return_exceptions=True)


async def _submit(case: Case) -> None:
    case.submit()


async def _submit_up_to_whmcs(case: Case) -> None:
    checks = len(case.checks)
    case.submit()
    await case.world.whmcs.changes.wait_until(lambda: len(case.checks) > checks, 20)


async def _submit_and_check(case: Case) -> None:
    """So that the write is what comes next."""
    held = case.break_slack("chat.postMessage", "held_before")
    await _submit_up_to_whmcs(case)
    await case.held_by_slack(held)
    await case.world.whmcs.changes.wait_until(lambda: case.checks[-1].is_done, 20)


async def _open(case: Case) -> None:
    case.modal = await case.agent.types(f"/reset-password #{case.client_id}")
    await expect_end(case)


def _of(cases: list[Case], rows: tuple[Row, ...]) -> list[Case]:
    return [case for case in cases if case.row in rows]


def _with(method: Method, cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.row.method is method]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_unwell_whmcs_leaves_what_the_table_says(told: Endings, row: Row) -> None:
    told.raise_for(row)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("told")
async def test_nothing_is_left_of_any_of_them(stage: Stage) -> None:
    await expect_nothing_left(stage.cases, stage.logs)
