"""Permissions and visibility for different people."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.page.agent import Agent, pin
from tests.page.conftest import Open

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("name", ["Nico", "Gina", "Otto"])
async def test_a_person_who_is_not_an_agent_is_refused_without_calls_to_whmcs(sit_down: Open, name: str) -> None:
    person = await sit_down(name)

    await person.types("/reset-password ana@example.com")

    await person.reads_answer(person.labels["nothing_changed"])
    await expect(person.modal).to_have_count(0)
    traffic = await person.turns_to(person.words["traffic"])
    newest_first = await traffic.get_by_role("listitem").all_inner_texts()
    since = newest_first[: next(n for n, text in enumerate(newest_first) if "/reset-password" in text)]
    assert since
    assert [text for text in since if "WHMCS" in text] == []


async def test_an_agent_without_set_password_is_offered_only_the_email(sit_down: Open) -> None:
    agent = await sit_down("Leo")

    await agent.opens_form("zoe@example.com")

    methods = agent.modal.get_by_role("group", name=agent.labels["method"], exact=True).get_by_role("radio")
    await expect(methods).to_have_count(1)
    await expect(methods).to_have_accessible_name(re.compile(agent.labels["reset_email"]))
    await agent.closes()


async def test_two_agents_set_passwords_at_once_and_see_only_their_own(sit_down: Open) -> None:
    sofia, alex = await sit_down("Sofía"), await sit_down("Alex")

    await asyncio.gather(
        sofia.resets("ma02@example.com", sofia.labels["set_password"]),
        alex.resets("ma03@example.com", alex.labels["set_password"]),
    )
    await asyncio.gather(sofia.closes(), alex.closes())
    hers, his = await sofia.reads_password("ma02@example.com"), await alex.reads_password("ma03@example.com")

    assert hers != his
    await asyncio.gather(
        sofia.tries("ma02@example.com", hers, opens=True), alex.tries("ma03@example.com", his, opens=True)
    )
    assert his not in await sofia.page.content()
    assert hers not in await alex.page.content()


async def test_the_traffic_shows_a_password_only_to_its_recipient(sit_down: Open) -> None:
    agent, other = await sit_down("Alex"), await sit_down("Sofía")
    await agent.resets("ma04@example.com", agent.labels["set_password"])
    await agent.closes()
    password = await agent.reads_password("ma04@example.com")

    pane = await agent.turns_to(agent.words["traffic"])
    line = await opens_traffic(pane, "set_password")
    await expect(line.locator("pre").first).to_contain_text('"password": "••••••••"')
    await line.get_by_role("button", name=agent.words["show_password"]).click()
    await expect(line.locator("pre").first).to_contain_text(password)

    pane = await other.turns_to(other.words["traffic"])
    line = await opens_traffic(pane, "set_password")
    await expect(line.locator("pre").first).to_contain_text('"password": "••••••••"')
    await expect(line.get_by_role("button", name=other.words["show_password"])).to_have_count(0)

    # The payload of a button contains its message.
    actions = list_traffic(pane, "block_actions")
    earlier = await actions.evaluate_all("lines => lines.map(line => line.dataset.key)")
    message = agent.messages.filter(has_text="ma04@example.com").last
    await message.get_by_role("button", name=agent.labels["delete_now"]).click()
    await expect(actions.first).to_be_visible()
    await expect(actions.first).not_to_have_attribute("data-key", next(iter(earlier), ""))
    line = await opens_traffic(pane, "block_actions")
    await expect(line.locator("pre").first).to_contain_text("••••••••")
    assert password not in await other.page.content()


async def test_a_line_of_the_traffic_opens_by_keyboard_and_keeps_the_focus(sit_down: Open) -> None:
    agent = await sit_down("Leo")
    pane = await agent.turns_to(agent.words["traffic"])
    line = await pin(pane.get_by_role("listitem").first)
    summary = line.get_by_role("button").first

    await summary.focus()
    await agent.page.keyboard.press("Enter")
    await expect(line.locator("pre")).to_have_count(2)
    await expect(summary).to_be_focused()
    await agent.page.keyboard.press("Enter")
    await expect(line.locator("pre")).to_have_count(0)
    await expect(summary).to_be_focused()


def list_traffic(pane: Locator, name: str) -> Locator:
    return pane.get_by_role("listitem").filter(has=pane.page.get_by_text(name, exact=True))


async def opens_traffic(pane: Locator, name: str) -> Locator:
    """Open the newest exchange of this name."""
    line = await pin(list_traffic(pane, name).first)
    await line.get_by_role("button").first.click()
    await expect(line.locator("pre").first).to_be_visible()
    return line


async def test_a_message_appears_for_others_without_reload(sit_down: Open) -> None:
    sofia, alex = await sit_down("Sofía"), await sit_down("Alex")

    await sofia.goes_to("# general")
    await sofia.types("¿Quién está?")

    await alex.page.get_by_role("navigation").get_by_role("button", name=re.compile("# general.*1")).click()
    await expect(alex.messages.last).to_contain_text("¿Quién está?")
    await expect(alex.messages.last).to_contain_text("Sofía Soporte")
    await alex.types("/nonsense")
    await alex.reads_answer("/nonsense is not a valid command.")
    await expect(sofia.messages).to_have_count(1)


async def test_a_second_agent_approves_and_only_the_first_reads_the_password(sit_down: Open) -> None:
    sofia, alex = await asyncio.gather(sit_down("Sofía"), sit_down("Alex"))
    await switch_rule(sofia)
    try:
        await sofia.opens_form("entities@example.com")
        await sofia.chooses(sofia.labels["set_password"])
        await sofia.confirms()
        await expect(sofia.modal).to_contain_text("Pendiente de aprobación")
        await sofia.closes()
        question = alex.messages.filter(has_text="Sofía Soporte solicita cambiar una contraseña")
        await question.get_by_role("button", name="Aprobar").click()
        await alex.page.get_by_role("alertdialog").get_by_role("button", name="Aprobar").click()
        await expect(alex.messages.filter(has_text="Alex Agent aprobó")).to_be_visible()
        await expect(question).to_have_count(0)
        password = await sofia.reads_password("entities@example.com")
        await sofia.tries("entities@example.com", password, opens=True)
    finally:
        await switch_rule(sofia)


async def switch_rule(agent: Agent) -> None:
    """Switch the two-person rule, and wait until the bot has restarted with it."""
    pane = await agent.turns_to(agent.words["faults"])
    await agent.page.get_by_role("switch", name=agent.words["two_agents"]).click()
    state = pane.get_by_role("status")
    await expect(state).to_have_text(agent.words["state.starting"])
    await expect(state).to_have_text(agent.words["state.running"], timeout=20_000)
