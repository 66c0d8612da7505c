"""Actions of a person on the page, by labels and texts."""

import re

from playwright.async_api import Locator, Page, expect

from sandbox.words import Words, choose_words


class Agent:
    """A person who uses a browser window."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.labels: Words = choose_words(language, "labels")
        self.words: Words = choose_words(language, "page")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("combobox", name=self.words["composer"].format(channel=""))

    @property
    def modal(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("article")

    @property
    def home(self) -> Locator:
        return self.page.get_by_role("tabpanel", name=self.words["home"])

    async def types(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def uses_shortcut(self) -> None:
        """Choose the app's shortcut in the menu beside the composer."""
        await self.page.get_by_role("button", name=self.words["shortcuts"], exact=True).click()
        await self._choose_in_menu()

    async def uses_message_shortcut(self, message: Locator) -> None:
        """Choose the app's shortcut in the menu of a message."""
        await message.hover()
        await message.get_by_role("button", name=self.words["more_actions"]).click()
        await self._choose_in_menu()

    async def _choose_in_menu(self) -> None:
        entry = self.page.get_by_role("menuitem", name=self.labels["app"])
        await expect(entry).to_be_focused()
        await entry.press("Enter")

    async def opens_form(self, whom: str) -> None:
        await self.types(f"/reset-password {whom}".strip())
        await expect(self.modal.get_by_role("group", name=self.labels["method"], exact=True)).to_be_visible()

    async def chooses(self, method: str, user: str | None = None) -> None:
        if user is not None:
            await self.modal.get_by_role("radio", name=re.compile(re.escape(user))).check()
        await self.modal.get_by_role("radio", name=re.compile(re.escape(method))).check()
        if method == self.labels["set_password"]:
            await self.modal.get_by_label(self.labels["verified"]).select_option(label=self.labels["called_back"])

    async def submits(self) -> None:
        """Submit the modal."""
        await self.modal.get_by_role("button", name=self.labels["submit"], exact=True).click()

    async def confirms(self) -> None:
        """Submit the modal and confirm its last step."""
        await self.submits()
        await self.modal.get_by_role("button", name=self.labels["confirm"], exact=True).click()

    async def resets(self, whom: str, method: str, user: str | None = None) -> None:
        """Reset a password, from the command to the result."""
        await self.opens_form(whom)
        await self.chooses(method, user)
        await (self.confirms() if method == self.labels["set_password"] else self.submits())
        await expect(self.modal.get_by_role("button", name=self.labels["confirm"], exact=True)).to_have_count(0)
        await expect(self.modal.get_by_role("button", name=self.labels["back"], exact=True)).to_be_visible()

    async def closes(self) -> None:
        await self.modal.press("Escape")
        await expect(self.modal).to_have_count(0)

    async def goes_to(self, conversation: str) -> None:
        await self.page.get_by_role("navigation").get_by_role("button", name=conversation).click()

    async def opens_home(self) -> None:
        """Open the app's Home tab and wait until it is published."""
        await self.goes_to(self.labels["app"])
        await self.page.get_by_role("tab", name=self.words["home"]).click()
        await expect(self.home.get_by_text(self.words["nothing_published"])).to_be_hidden()

    async def turns_to(self, pane: str) -> Locator:
        """Show a pane and return it."""
        await self.page.get_by_role("button", name=pane, exact=True).click()
        shown = self.page.get_by_role("region", name=pane, exact=True)
        await expect(shown).to_be_visible()
        return shown

    async def reads_password(self, of: str = "") -> str:
        """Open the app's messages and return the newest password, or the newest `of` a user."""
        await self.goes_to(self.labels["app"])
        await self.page.get_by_role("tab", name=self.words["messages"]).click()
        secret = self.messages.filter(has=self.page.get_by_role("button", name=self.labels["delete_now"]))
        secret = secret.filter(has_text=of).last
        await expect(secret).to_be_visible()
        return await secret.locator("pre").inner_text()

    async def tries(self, email: str, password: str, *, opens: bool) -> None:
        """Try a password in the WHMCS pane and check the result."""
        pane = await self.turns_to(self.words["whmcs"])
        form = pane.get_by_role("group", name=self.words["sign_in"])
        await form.get_by_label(self.words["email"]).fill(email)
        await form.get_by_label(self.words["password"]).fill(password)
        await form.get_by_role("button", name=self.words["try_it"]).click()
        told = self.words["opens"] if opens else self.words["opens_not"]
        await expect(form.get_by_role("status")).to_have_text(told.format(email=email))

    async def reads_answer(self, containing: str) -> None:
        """Wait until the last message is an ephemeral one with this text."""
        await expect(self.messages.last).to_contain_text(self.words["only_visible"])
        await expect(self.messages.last).to_contain_text(containing)


async def pin(line: Locator) -> Locator:
    """Return a locator of the line that `line` finds now, which stays the same when newer lines arrive."""
    return line.page.locator(f'[data-key="{await line.get_attribute("data-key")}"]')
