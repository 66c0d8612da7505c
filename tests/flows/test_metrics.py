"""The metrics after each kind of event."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.slack import Fault
from sandbox.whmcs import Fault as WhmcsFault
from tests.harness.plain_http import http_client
from tests.harness.world import EMAIL, SET, World, fill_form

pytestmark = pytest.mark.asyncio


async def read_metrics(world: World) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and label values."""
    async with http_client() as client:
        text = (await client.get(f"{world.ops_url}/metrics")).text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_count_resets_and_calls_without_ids_or_names(world: World) -> None:
    agent = world.agent
    async with world.bot():
        modal = await fill_form(agent, "ana@example.com", SET)
        await modal.submit()
        await agent.direct_message(containing="Contraseña nueva")
        await world.until(lambda: world.audit()[-1:] == [("SUCCEEDED", "")])
        found = await read_metrics(world)
        assert found["resetbot_resets_total", "set_password", "SUCCEEDED"] == 1
        assert found["resetbot_acknowledgement_seconds_count", "command"] == 1
        assert found["resetbot_acknowledgement_seconds_count", "view_submission"] == 2  # the form, and its last step
        assert found["resetbot_whmcs_seconds_count", "set_password", "ok"] == 1
        assert found["resetbot_whmcs_seconds_count", "GetClients", "ok"] == 2  # at start, and for the search
        assert found["resetbot_slack_calls_total", "none", "views.open"] == 1
        assert found["resetbot_slack_calls_total", "none", "chat.postMessage"] == 1
        shown = " ".join(part for key in found for part in key)
        assert not [word for word in (agent.id, agent.name, "ana", "example", "T0000DEMO") if word in shown]


async def test_refusals_are_counted_by_step_and_reason(world: World) -> None:
    stranger = world.slack.add_person("Xenia Extraña")
    async with world.bot(AGENT_RESETS_PER_HOUR="1"):
        await stranger.sends("/reset-password ana")
        await stranger.ephemeral_message()
        first = await fill_form(world.agent, "ana@example.com", EMAIL)
        await first.submit()
        await world.until(lambda: world.audit()[-1:] == [("SUCCEEDED", "")])
        second = await fill_form(world.agent, "#43", EMAIL)
        await second.submit()
        await world.until(lambda: world.audit("limit"))
        found = await read_metrics(world)
    assert found["resetbot_refusals_total", "not_an_agent", "command"] == 1
    assert found["resetbot_refusals_total", "agent_hour", "submission"] == 1


async def test_failed_calls_are_counted_by_reason(world: World) -> None:
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("GetClientsDetails", "html"))
        world.slack.faults.add(Fault("views.open", "error", error="expired_trigger_id", times=1))
        await world.agent.sends("/reset-password")
        await world.agent.ephemeral_message()
        await world.agent.types("/reset-password #42")
        await world.whmcs.wait_for_call("GetClientsDetails")
        failed = ("resetbot_whmcs_seconds_count", "GetClientsDetails", "unusable_answer")
        await world.until(lambda: is_figure(world, *failed, value=1), every_seconds=0.25)
        found = await read_metrics(world)
    assert found["resetbot_slack_calls_total", "expired_trigger_id", "views.open"] == 1


async def test_messages_with_a_password_are_pending_until_they_are_deleted(world: World) -> None:
    async with world.bot():
        modal = await fill_form(world.agent, "ana@example.com", SET)
        await modal.submit()
        message = await world.agent.direct_message(containing="Contraseña nueva")
        await world.until(lambda: is_figure(world, "resetbot_secret_messages_pending", value=1), every_seconds=0.25)
        world.slack.faults.add(Fault("chat.delete", "status_500"))
        world.let_messages_be_due()
        await world.until(lambda: is_figure(world, "resetbot_secret_messages_overdue", value=1), every_seconds=0.25)
        world.slack.faults.clear()
        await world.let_messages_be_due_until(lambda: is_figure(world, "resetbot_secret_messages_pending", value=0))
        assert (await read_metrics(world))[("resetbot_secret_messages_overdue",)] == 0
        assert message not in world.agent.direct_messages


async def test_a_reset_is_unresolved_while_it_runs(world: World) -> None:
    async with world.bot():
        world.whmcs.faults.add(WhmcsFault("ResetPassword", "slow_before", seconds=3.0, times=1))
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        await modal.submit()
        await world.until(lambda: is_figure(world, "resetbot_resets_unresolved", value=1), every_seconds=0.25)
        await world.until(lambda: world.audit()[-1:] == [("SUCCEEDED", "")])
        await world.until(lambda: is_figure(world, "resetbot_resets_unresolved", value=0), every_seconds=0.25)


async def is_figure(world: World, *key: str, value: float) -> bool:
    return (await read_metrics(world)).get(key) == value
