"""What the page draws of Block Kit beyond what the bot uses today, and what it does not draw."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from sandbox.page.words import choose_words
from tests.page.agent import EN, ES, Agent
from tests.page.demo import Windows, run_demo
from tests.page.test_quality import list_violations

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gallery() -> AsyncIterator[str]:
    async with run_demo("tests.page.gallery") as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def alex(browser: Browser, gallery: str) -> AsyncIterator[Agent]:
    windows = Windows(browser, gallery)
    yield Agent(await windows.open("Alex"), EN, choose_words("en"))
    await windows.close()
    assert windows.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def sofia(browser: Browser, gallery: str) -> AsyncIterator[Agent]:
    windows = Windows(browser, gallery)
    yield Agent(await windows.open("Sofía"), ES, choose_words("es"))
    await windows.close()


async def test_texts_and_fields_are_drawn_and_what_is_unknown_is_refused_by_name(alex: Agent) -> None:
    modal = alex.modal

    await expect(modal.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com")
    await expect(modal.get_by_text("#soporte", exact=True)).to_be_visible()
    await expect(modal.get_by_text("*literal* <b>text</b> & more")).to_be_visible()
    for name in ("strong", "em", "s", "code"):
        await expect(modal.locator(name).first).to_be_visible()
    await expect(modal.get_by_role("alert").filter(has_text="overflow")).to_have_text(
        "This page does not draw “overflow”."
    )
    assert "\n".join(await list_violations(alex.page)) == ""

    # An empty required field stops it, before the bot hears of it; Enter in a single line submits.
    await modal.get_by_label("Colour").select_option(label="Green")
    await modal.get_by_role("checkbox", name="Salt").check()
    await modal.get_by_label("Story").fill("Once upon a time")
    await modal.get_by_label("Name").press("Enter")
    await expect(modal.get_by_role("alert").filter(has_text="required field")).to_have_count(1)
    await expect(modal.get_by_label("Colour")).to_have_value("1")
    await expect(modal.get_by_role("checkbox", name="Salt")).to_be_checked()
    await expect(modal.get_by_role("checkbox", name="Pepper")).not_to_be_checked()
    await expect(modal.get_by_label("Story")).to_have_value("Once upon a time")


async def test_a_view_on_top_of_another_leads_back_to_it(sofia: Agent) -> None:
    await expect(sofia.modal.get_by_role("heading", name="On top")).to_be_visible()

    await sofia.modal.get_by_role("button", name=sofia.words.back).click()

    await expect(sofia.modal.get_by_role("heading", name="Everything")).to_be_visible()
    await expect(sofia.modal.get_by_role("button", name=sofia.words.back)).to_have_count(0)


async def test_a_button_that_asks_first_does_nothing_when_the_answer_is_no(alex: Agent) -> None:
    while await alex.modal.count():
        await alex.closes()
    button = alex.messages.last.get_by_role("button", name="Press me")
    traffic = await alex.turns_to(alex.words.traffic)
    question = alex.page.get_by_role("alertdialog", name="Are you sure?")

    await button.click()
    await expect(question.get_by_role("button", name="Rather not")).to_be_focused()
    await alex.page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await expect(traffic.get_by_text("block_actions")).to_have_count(0)

    await button.click()
    await question.get_by_role("button", name="Do it").click()
    await expect(question).to_have_count(0)
    await expect(traffic.get_by_text("block_actions")).to_have_count(1)
