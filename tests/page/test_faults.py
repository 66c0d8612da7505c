"""Faults switched on with the page, as an agent sees them."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.page.agent import Agent, pin
from tests.page.conftest import Open

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest_asyncio.fixture(loop_scope="session")
async def agent(sit_down: Open) -> AsyncIterator[Agent]:
    """End all faults after the test."""
    someone = await sit_down("Alex")
    yield someone
    pane = await someone.turns_to(someone.words["faults"])
    await pane.get_by_role("button", name=someone.words["clear_faults"]).click()


async def switch(agent: Agent, fault: str) -> None:
    pane = await agent.turns_to(agent.words["faults"])
    await pane.get_by_role("switch", name=agent.words[f"fault.{fault}"]).check()


@pytest.mark.parametrize("fault", ["whmcs_down", "whmcs_html", "whmcs_credentials"])
async def test_a_failing_whmcs_is_reported_and_nothing_is_changed(agent: Agent, fault: str) -> None:
    await agent.opens_form("ma05@example.com")
    await agent.chooses(agent.labels["reset_email"])
    await switch(agent, fault)
    await agent.submits()

    await expect(agent.modal).to_contain_text(agent.labels["nothing_changed"])
    await agent.closes()


async def test_a_lost_response_is_unknown_and_the_email_is_in_whmcs(agent: Agent) -> None:
    await agent.opens_form("ma06@example.com")
    await agent.chooses(agent.labels["reset_email"])
    await switch(agent, "whmcs_drop_after")
    await agent.submits()

    await expect(agent.modal).to_contain_text(agent.labels["unknown"])
    await agent.closes()
    pane = await agent.turns_to(agent.words["whmcs"])
    await expect(pane.get_by_role("list", name=agent.words["reset_emails"])).to_contain_text("ma06@example.com")


async def test_a_slack_that_limits_calls_delays_the_result_and_does_not_lose_it(agent: Agent) -> None:
    await agent.opens_form("ma07@example.com")
    await agent.chooses(agent.labels["reset_email"])
    await switch(agent, "slack_ratelimited")
    await agent.submits()
    pane = await agent.turns_to(agent.words["traffic"])
    await expect(pane.get_by_text("ratelimited").first).to_be_visible()

    await expect(agent.modal.get_by_text(agent.labels["done"], exact=True)).to_be_visible()
    await agent.closes()


async def test_an_open_request_stays_open_in_the_traffic_when_it_is_answered(agent: Agent) -> None:
    await switch(agent, "whmcs_slow")
    await agent.types("/reset-password ma08@example.com")
    pane = await agent.turns_to(agent.words["traffic"])
    running = pane.get_by_role("listitem").filter(has_text=agent.words["under_way"]).filter(has_text="WHMCS")
    await expect(running.first).to_be_visible()
    request = await pin(running.first)
    await request.get_by_role("button").first.click()
    await expect(request.locator("pre")).to_have_count(2)

    await expect(request).not_to_contain_text(agent.words["under_way"])
    await expect(request.locator("pre")).to_have_count(2)
    await agent.closes()


async def test_an_expired_trigger_opens_no_modal_and_is_reported(agent: Agent) -> None:
    await switch(agent, "slack_expired_trigger")

    await agent.types("/reset-password ana@example.com")

    await agent.reads_answer(agent.labels["nothing_changed"])
    await expect(agent.modal).to_have_count(0)
    pane = await agent.turns_to(agent.words["traffic"])
    refused = pane.get_by_role("listitem").filter(has_text="views.open").first
    await expect(refused).to_contain_text("expired_trigger_id")


async def test_a_direct_message_that_is_lost_leaves_the_password_as_it_was(agent: Agent) -> None:
    await agent.opens_form("ma11@example.com")
    await agent.chooses(agent.labels["set_password"])
    await switch(agent, "slack_lost_post")
    await agent.confirms()

    await expect(agent.modal).to_contain_text(agent.labels["nothing_changed"])
    await agent.closes()
    pane = await agent.turns_to(agent.words["whmcs"])
    await pane.get_by_role("searchbox").fill("ma11@example.com")
    await expect(pane.get_by_role("row", name=re.compile("ma11@")).get_by_role("cell").last).to_have_text(
        agent.words["never"]
    )


async def test_a_type_ahead_without_response_shows_a_notice(agent: Agent) -> None:
    await agent.types("/reset-password")
    client = agent.modal.get_by_role("combobox", name=agent.labels["client"])
    await expect(client).to_be_focused()
    pane = await agent.turns_to(agent.words["faults"])
    await pane.get_by_role("button", name=agent.words["kill"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.stopped"])

    await client.press_sequentially("Cin")

    await expect(agent.modal.get_by_role("status")).to_contain_text("dispatch_failed")
    await pane.get_by_role("button", name=agent.words["start"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.running"])
    await agent.closes()


async def test_a_killed_bot_gives_slacks_error_and_works_when_it_is_started_again(agent: Agent) -> None:
    pane = await agent.turns_to(agent.words["faults"])
    await pane.get_by_role("button", name=agent.words["kill"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.stopped"])

    await agent.types("/reset-password")
    notice = agent.page.get_by_role("alert").filter(has_text="dispatch_failed")
    await expect(notice).to_be_visible()
    await notice.get_by_role("button", name=agent.words["dismiss"]).click()
    await expect(notice).to_have_count(0)

    await pane.get_by_role("button", name=agent.words["start"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.running"])
    await agent.opens_form("ma08@example.com")
    await agent.closes()


async def test_a_late_acknowledgement_gives_slacks_error_in_the_modal(agent: Agent) -> None:
    await agent.opens_form("ma09@example.com")
    await agent.chooses(agent.labels["reset_email"])
    pane = await agent.turns_to(agent.words["faults"])
    await pane.get_by_role("button", name=agent.words["freeze"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.frozen"])

    await agent.submits()
    waiting = agent.modal.get_by_role("button", name=agent.words["sending"])
    await expect(waiting).to_have_attribute("aria-busy", "true")
    await expect(agent.modal.get_by_role("alert").first).to_contain_text("We had some trouble connecting")

    await pane.get_by_role("button", name=agent.words["thaw"]).click()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.running"])
    await agent.closes()


async def test_the_bot_is_reached_in_socket_mode_at_the_flick_of_a_switch(agent: Agent) -> None:
    pane = await agent.turns_to(agent.words["faults"])
    await pane.get_by_role("radio", name=agent.words["mode.socket"]).check()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.starting"])
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.running"])

    await agent.resets("ma10@example.com", agent.labels["reset_email"])
    await agent.closes()
    await agent.reads_answer("ma10@example.com")

    await pane.get_by_role("radio", name=agent.words["mode.http"]).check()
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.starting"])
    await expect(pane.get_by_role("status")).to_have_text(agent.words["state.running"])
