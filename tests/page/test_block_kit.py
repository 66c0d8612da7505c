"""Parts of Block Kit that the page draws, also those that the bot does not use, and one that it does not draw."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.page.agent import Agent
from tests.page.demo import Windows, run_demo
from tests.page.test_quality import list_violations

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gallery() -> AsyncIterator[str]:
    async with run_demo("tests.page.gallery") as address:
        yield address


Open: TypeAlias = Callable[[str], Awaitable[Agent]]


@pytest_asyncio.fixture(loop_scope="session")
async def sit_down(browser: Browser, gallery: str) -> AsyncIterator[Open]:
    windows = Windows(browser, gallery)

    async def open_for(name: str) -> Agent:
        page = await windows.open(name)
        return Agent(page, "es" if name == "Sofía" else "en")

    yield open_for
    await windows.close()
    assert windows.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def alex(sit_down: Open) -> Agent:
    return await sit_down("Alex")


async def test_texts_and_fields_are_drawn_and_unknown_parts_are_named(sit_down: Open) -> None:
    gina = await sit_down("Gina")
    modal = gina.modal

    await expect(modal.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com")
    await expect(modal.get_by_text("#soporte", exact=True)).to_be_visible()
    await expect(modal.get_by_text("*literal* <b>text</b> & more")).to_be_visible()
    for name in ("strong", "em", "s", "code"):
        await expect(modal.locator(name).first).to_be_visible()
    await expect(modal.get_by_role("listitem")).to_have_text(["First step", "@Alex Agent"])
    refused = modal.get_by_role("alert").filter(has_text="This page does not draw")
    await expect(refused).to_have_text(
        ["This page does not draw “overflow”.", "This page does not draw “confirm: static_select”."]
    )
    assert "\n".join(await list_violations(gina.page)) == ""

    # An empty required field prevents the submission; Enter in a single-line input submits.
    await modal.get_by_label("Colour").select_option(label="Green")
    await modal.get_by_role("checkbox", name="Salt").check()
    await modal.get_by_label("Story").fill("Once upon a time\nthere was")
    await modal.get_by_label("Motto").fill("Go")
    await modal.get_by_label("Size").select_option(label="Large")
    await modal.get_by_role("checkbox", name="Gift wrap").check()
    await modal.get_by_label("Name").press("Enter")
    await expect(modal.get_by_role("alert").filter(has_text="required field")).to_have_count(1)
    await expect(modal.get_by_role("alert").filter(has_text="at least 5 characters")).to_have_count(1)
    await expect(modal.get_by_label("Colour")).to_have_value("1")
    await expect(modal.get_by_role("checkbox", name="Salt")).to_be_checked()
    await expect(modal.get_by_role("checkbox", name="Pepper")).not_to_be_checked()
    await expect(modal.get_by_label("Story")).to_have_value("Once upon a time\nthere was")
    await expect(modal.get_by_label("Size")).to_have_value("1")
    await expect(modal.get_by_role("checkbox", name="Gift wrap")).to_be_checked()


async def test_a_view_on_top_of_another_leads_back_to_it(sit_down: Open) -> None:
    sofia = await sit_down("Sofía")

    await expect(sofia.modal.get_by_role("heading", name="On top")).to_be_visible()

    await sofia.modal.get_by_role("button", name=sofia.words["back"]).click()

    await expect(sofia.modal.get_by_role("heading", name="Everything")).to_be_visible()
    await expect(sofia.modal.get_by_role("button", name=sofia.words["back"])).to_have_count(0)


async def test_a_button_that_asks_first_does_nothing_when_the_answer_is_no(alex: Agent) -> None:
    button = alex.messages.last.get_by_role("button", name="Press me")
    traffic = await alex.turns_to(alex.words["traffic"])
    question = alex.page.get_by_role("alertdialog", name="Are you sure?")
    pressed = traffic.get_by_text("block_actions")
    before = await pressed.count()

    await button.click()
    await expect(question.get_by_role("button", name="Rather not")).to_be_focused()
    await alex.page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await expect(pressed).to_have_count(before)

    await button.click()
    await question.get_by_role("button", name="Do it").click()
    await expect(question).to_have_count(0)
    await expect(pressed).to_have_count(before + 1)


async def test_the_home_tab_is_drawn_with_its_fields_and_gives_way_to_the_messages(alex: Agent) -> None:
    await alex.goes_to(alex.labels["app"])
    page, home = alex.page, alex.page.get_by_role("tabpanel", name=alex.words["home"])

    await expect(page.get_by_role("tab", name=alex.words["home"])).to_have_attribute("aria-selected", "true")
    await expect(home.get_by_role("heading", name="Welcome")).to_be_visible()
    await expect(home.get_by_role("link", name="Elsewhere")).to_have_attribute("href", "https://example.com/")
    await expect(home.get_by_role("alert")).to_have_text(alex.words["undrawable"].format(name="overflow"))
    await home.get_by_role("radio", name="Later").check()
    await home.get_by_label("Remark").fill("None")
    await expect(home.get_by_role("radio", name="Later")).to_be_checked()
    assert "\n".join(await list_violations(page)) == ""

    await page.get_by_role("tab", name=alex.words["home"]).focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name=alex.words["messages"])).to_be_focused()
    await expect(home).to_be_hidden()
    await expect(page.get_by_text(alex.words["no_messages"])).to_be_visible()
    await expect(page.get_by_text(alex.words["read_only"])).to_be_visible()
    await expect(alex.composer).to_be_hidden()
    assert "\n".join(await list_violations(page)) == ""


async def test_an_unpublished_home_tab_shows_a_notice(sit_down: Open) -> None:
    otto = await sit_down("Otto")

    await otto.goes_to(otto.labels["app"])

    await expect(otto.page.get_by_text(otto.words["nothing_published"])).to_be_visible()


async def test_shortcuts_stand_in_the_menus_of_a_message_and_of_the_composer(alex: Agent) -> None:
    page, keyboard = alex.page, alex.page.keyboard
    traffic = await alex.turns_to(alex.words["traffic"])
    menu = page.get_by_role("menu")
    await alex.types("Please help ana@example.com")
    message = alex.messages.filter(has_text="Please help")
    await expect(message.get_by_role("link", name="ana@example.com")).to_be_visible()
    more = message.get_by_role("button", name=alex.words["more_actions"])

    await more.focus()
    await keyboard.press("ArrowDown")
    await expect(menu.get_by_role("menuitem", name="Begin with this")).to_be_focused()
    assert "\n".join(await list_violations(page)) == ""
    await keyboard.press("ArrowUp")
    await expect(menu.get_by_role("menuitem", name="Forget this")).to_be_focused()
    await keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(more).to_be_focused()
    await keyboard.press("Enter")
    await expect(menu.get_by_role("menuitem", name="Begin with this")).to_be_focused()
    await keyboard.press("Enter")
    await expect(menu).to_have_count(0)
    await expect(traffic.get_by_text("message_action")).to_be_visible()

    plus = page.get_by_role("button", name=alex.words["shortcuts"])
    await plus.click()
    await expect(menu.get_by_role("menuitem", name="Start again")).to_be_focused()
    assert "\n".join(await list_violations(page)) == ""
    await alex.composer.click()
    await expect(menu).to_have_count(0)
    await plus.click()
    await menu.get_by_role("menuitem", name="Start again").click()
    await expect(menu).to_have_count(0)
    await expect(traffic.get_by_text("shortcut", exact=True)).to_be_visible()
