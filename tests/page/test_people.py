"""Who may do what, and who sees what."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.page.agent import Agent
from tests.page.conftest import Open

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("name", ["Nico", "Gina", "Otto"])
async def test_somebody_who_is_no_agent_is_refused_and_whmcs_is_not_asked(sit_down: Open, name: str) -> None:
    person = await sit_down(name)

    await person.types("/reset-password ana@example.com")

    await person.reads_answer(person.labels.nothing_changed)
    await expect(person.modal).to_have_count(0)
    traffic = await person.turns_to(person.words.traffic)
    newest_first = await traffic.get_by_role("listitem").all_inner_texts()
    since = newest_first[: next(n for n, text in enumerate(newest_first) if "/reset-password" in text)]
    assert since
    assert [text for text in since if "WHMCS" in text] == []


async def test_an_agent_who_may_not_set_passwords_is_offered_the_email_alone(sit_down: Open) -> None:
    agent = await sit_down("Leo")

    await agent.opens_form("zoe@example.com")

    methods = agent.modal.get_by_role("group", name=agent.labels.method, exact=True).get_by_role("radio")
    await expect(methods).to_have_count(1)
    await expect(methods).to_have_accessible_name(re.compile(agent.labels.reset_email))
    await agent.closes()


async def test_two_people_set_passwords_at_the_same_time_and_each_sees_their_own_alone(sit_down: Open) -> None:
    sofia, alex = await sit_down("Sofía"), await sit_down("Alex")

    await asyncio.gather(
        sofia.resets("ma02@example.com", sofia.labels.set_password),
        alex.resets("ma03@example.com", alex.labels.set_password),
    )
    await asyncio.gather(sofia.closes(), alex.closes())
    hers, his = await sofia.reads_password(), await alex.reads_password()

    assert hers != his
    await asyncio.gather(
        sofia.tries("ma02@example.com", hers, opens=True), alex.tries("ma03@example.com", his, opens=True)
    )
    assert his not in await sofia.page.content()
    assert hers not in await alex.page.content()


async def test_the_traffic_shows_a_password_only_to_who_has_been_given_it(sit_down: Open) -> None:
    agent, other = await sit_down("Alex"), await sit_down("Sofía")
    await agent.resets("ma04@example.com", agent.labels.set_password)
    await agent.closes()
    password = await agent.reads_password()

    pane = await agent.turns_to(agent.words.traffic)
    line = pane.get_by_role("listitem").filter(has_text="set_password").first
    await line.get_by_role("button").first.click()
    await expect(line.locator("pre").first).to_contain_text('"password": "••••••••"')
    await line.get_by_role("button", name=agent.words.show_password).click()
    await expect(line.locator("pre").first).to_contain_text(password)

    pane = await other.turns_to(other.words.traffic)
    line = pane.get_by_role("listitem").filter(has_text="set_password").first
    await line.get_by_role("button").first.click()
    await expect(line.locator("pre").first).to_contain_text('"password": "••••••••"')
    await expect(line.get_by_role("button", name=other.words.show_password)).to_have_count(0)

    # Slack sends the whole message along with its button.
    await agent.messages.last.get_by_role("button", name=agent.labels.delete_now).click()
    await expect(pane.get_by_role("listitem").first).to_contain_text("chat.delete")
    line = pane.get_by_role("listitem").filter(has_text="block_actions").first
    await line.get_by_role("button").first.click()
    await expect(line.locator("pre").first).to_contain_text("••••••••")
    assert password not in await other.page.content()


async def test_what_one_person_writes_another_reads_without_reloading(sit_down: Open) -> None:
    sofia, alex = await sit_down("Sofía"), await sit_down("Alex")

    await sofia.goes_to("# general")
    await sofia.types("¿Quién está?")

    await alex.page.get_by_role("navigation").get_by_role("button", name=re.compile("# general.*1")).click()
    await expect(alex.messages.last).to_contain_text("¿Quién está?")
    await expect(alex.messages.last).to_contain_text("Sofía Soporte")
    await alex.types("/nonsense")
    await alex.reads_answer("/nonsense is not a valid command.")
    await expect(sofia.messages).to_have_count(1)


async def test_a_second_agent_approves_in_the_channel_and_the_first_alone_reads_the_password(sit_down: Open) -> None:
    sofia, alex = await asyncio.gather(sit_down("Sofía"), sit_down("Alex"))
    await switch_rule(sofia)
    try:
        await sofia.opens_form("entities@example.com")
        await sofia.chooses(sofia.labels.set_password)
        await sofia.confirms()
        await expect(sofia.modal).to_contain_text("A la espera de aprobación")
        await sofia.closes()
        question = alex.messages.filter(has_text="Sofía Soporte pide cambiar una contraseña")
        await question.get_by_role("button", name="Aprobar").click()
        await alex.page.get_by_role("alertdialog").get_by_role("button", name="Aprobar").click()
        await expect(alex.messages.filter(has_text="Alex Agent aprobó")).to_be_visible()
        await expect(question).to_have_count(0)
        password = await sofia.reads_password()
        await sofia.tries("entities@example.com", password, opens=True)
    finally:
        await switch_rule(sofia)


async def switch_rule(agent: Agent) -> None:
    """Switch the two-person rule, and wait for the bot, which starts anew with it."""
    pane = await agent.turns_to(agent.words.faults)
    await agent.page.get_by_role("switch", name=agent.words.two_agents).click()
    state = pane.get_by_role("status")
    await expect(state).to_have_text(agent.words.bot_states["starting"])
    await expect(state).to_have_text(agent.words.bot_states["running"], timeout=20_000)
