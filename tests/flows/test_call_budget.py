"""The number of calls and connections that a reset needs."""

import pytest

from sandbox.slack import LocalSlack, Person
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, SET, complete_reset

pytestmark = pytest.mark.asyncio


async def test_a_reset_email_makes_at_most_seven_calls_to_whmcs_and_five_to_slack(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack
) -> None:
    await _reset(agent, "#51", EMAIL)
    await whmcs.wait_for_call("LogActivity")
    await agent.ephemeral_message(containing="ada@example.com")
    whmcs_before, slack_before = len(whmcs.calls), len(slack.calls)
    await _reset(agent, "ana@example.com", EMAIL)
    await whmcs.wait_for_call("LogActivity", count=2)
    await agent.ephemeral_message(containing="ana@example.com")

    asked = [call.action for call in whmcs.calls[whmcs_before:]]
    assert sorted(asked) == sorted(
        ["GetClients", "GetUsers", "GetClientsDetails", "users", "GetClientsDetails", "ResetPassword", "LogActivity"]
    )
    assert len(slack.calls) - slack_before <= 5


async def test_a_warm_flow_opens_no_new_connection(agent: Person, whmcs: LocalWhmcs, slack: LocalSlack) -> None:
    await _reset(agent, "ana@example.com", SET)
    await _reset(agent, "#51", EMAIL)
    await agent.ephemeral_message(containing="ada@example.com")
    await whmcs.wait_for_call("LogActivity")
    before = whmcs.connections, slack.connections
    await _reset(agent, "#43", SET)
    await _reset(agent, "alopez@example.org", EMAIL)
    await agent.ephemeral_message(containing="alopez@example.org")
    await whmcs.wait_for_call("LogActivity", count=2)

    assert (whmcs.connections, slack.connections) == before


async def _reset(agent: Person, whom: str, method: str) -> None:
    modal = await complete_reset(agent, whom, method)
    await modal.close()
