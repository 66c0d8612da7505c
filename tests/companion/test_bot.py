"""The bot sets a password through the PHP module: Slack and WHMCS's API are local, the companion is the real one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, seed_password
from tests.companion.servers import ANA, PhpCompanion
from tests.harness.world import SET, World, complete_reset, fill_form, make_world, open_card

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def world(tmp_path: Path, php: PhpCompanion) -> AsyncIterator[World]:
    """The bot runs. The local WHMCS's own companion is absent, so that nothing can come from there."""
    async with make_world(tmp_path) as made:
        made.settings |= {"WHMCS_COMPANION_URL": php.url, "WHMCS_COMPANION_SECRET": php.secret}
        made.whmcs.faults.add(Fault("set_password", "companion_absent"))
        made.whmcs.faults.add(Fault("users", "companion_absent"))
        async with made.bot():
            yield made


async def test_the_password_that_the_agent_gets_is_the_one_that_php_verifies(world: World, php: PhpCompanion) -> None:
    await complete_reset(world.agent, ANA, SET)

    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert php.opens(ANA, message.password)
    assert not php.opens(ANA, seed_password(php.user_id(ANA)))
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    [reset] = world.rows("SELECT reference FROM resets")
    [(client_id, line)] = php.lines()
    assert client_id == 42
    assert str(reset["reference"]) in line
    assert world.agent.id in line
    assert message.password.encode() not in php.server.database.read_bytes() + php.server.log.read_bytes()


async def test_the_last_sign_in_that_php_tells_stands_beside_the_user(world: World, php: PhpCompanion) -> None:
    php.let_sign_in("clara@example.com", datetime(2026, 4, 5, 12, 34, tzinfo=UTC))

    modal = await open_card(world.agent, "#63")

    assert "5 abr 2026" in modal.text
    assert "accede a 1 cliente más" in modal.text


async def test_an_answer_that_breaks_off_half_way_is_asked_for_again(world: World, php: PhpCompanion) -> None:
    """The first attempt is rolled back by a trigger that works once."""
    php.server.run(
        "CREATE TRIGGER breaks BEFORE UPDATE ON tblusers WHEN (SELECT count(*) FROM mod_resetbot_calls"
        " WHERE outcome = 'internal') = 0 BEGIN SELECT RAISE(ABORT, 'disk on fire'); END"
    )
    await complete_reset(world.agent, ANA, SET)

    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert php.opens(ANA, message.password)
    outcomes = php.server.rows("SELECT outcome FROM mod_resetbot_calls WHERE action = 'set_password' ORDER BY id")
    assert outcomes == [("internal",), ("ok",)]


async def test_a_module_that_refuses_for_good_has_changed_nothing_and_that_is_said(
    world: World, php: PhpCompanion
) -> None:
    modal = await fill_form(world.agent, ANA, SET)
    with php.refusing("address_not_allowed"):
        await modal.submit()
        await modal.shows("No se cambió nada.", timeout_seconds=10)

    assert php.opens(ANA, seed_password(php.user_id(ANA)))
    assert world.audit()[-1] == ("FAILED", "companion_address")
