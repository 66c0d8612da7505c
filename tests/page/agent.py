"""What a person does on the page, by labels and texts."""

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from sandbox.page.words import Words


@dataclass(frozen=True)
class Labels:
    """The bot's fixed labels."""

    client: str
    user: str
    method: str
    reset_email: str
    set_password: str
    submit: str
    confirm: str
    verified: str
    called_back: str
    done: str
    back: str
    delete_now: str
    reply: str
    include: str
    send: str
    sent: str
    nothing_changed: str
    unknown: str
    app: str


ES = Labels(
    client="Cliente",
    user="Usuario",
    method="Método",
    reset_email="Enviar correo electrónico para restablecer la contraseña",
    set_password="Cambiar contraseña",
    submit="Restablecer",
    confirm="Confirmar",
    verified="¿Cómo se verificó a la persona?",
    called_back="Se le devolvió la llamada al número registrado",
    done="Listo",
    back="Volver",
    delete_now="Borrar ahora",
    reply="Responder en el ticket",
    include="Incluir la contraseña nueva",
    send="Enviar",
    sent="Enviada",
    nothing_changed="No se cambió nada.",
    unknown="No se sabe si",
    app="Restablecer contraseña",
)
EN = Labels(
    client="Client",
    user="User",
    method="Method",
    reset_email="Send a password-reset e-mail",
    set_password="Set a password",
    submit="Reset",
    confirm="Confirm",
    verified="How was the person verified?",
    called_back="Called back on the number on file",
    done="Done",
    back="Back",
    delete_now="Delete now",
    reply="Reply on the ticket",
    include="Include the new password",
    send="Send",
    sent="Sent",
    nothing_changed="Nothing was changed.",
    unknown="It is not known whether",
    app="Reset password",
)


class Agent:
    """Somebody in front of one window."""

    def __init__(self, page: Page, labels: Labels, words: Words) -> None:
        self.page = page
        self.labels = labels
        self.words = words

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("combobox", name=self.words.composer.format(channel=""))

    @property
    def modal(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("article")

    @property
    def home(self) -> Locator:
        return self.page.get_by_role("tabpanel", name=self.words.home)

    async def types(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def uses_shortcut(self) -> None:
        """Take the app's shortcut from the menu beside the composer."""
        await self.page.get_by_role("button", name=self.words.shortcuts, exact=True).click()
        await self._choose_in_menu()

    async def uses_message_shortcut(self, message: Locator) -> None:
        """Take the app's shortcut from the menu of a message."""
        await message.hover()
        await message.get_by_role("button", name=self.words.more_actions).click()
        await self._choose_in_menu()

    async def _choose_in_menu(self) -> None:
        entry = self.page.get_by_role("menuitem", name=self.labels.app)
        await expect(entry).to_be_focused()
        await entry.press("Enter")

    async def opens_form(self, whom: str) -> None:
        await self.types(f"/reset-password {whom}".strip())
        await expect(self.modal.get_by_role("group", name=self.labels.method, exact=True)).to_be_visible()

    async def chooses(self, method: str, user: str | None = None) -> None:
        if user is not None:
            await self.modal.get_by_role("radio", name=re.compile(re.escape(user))).check()
        await self.modal.get_by_role("radio", name=re.compile(re.escape(method))).check()
        if method == self.labels.set_password:
            await self.modal.get_by_label(self.labels.verified).select_option(label=self.labels.called_back)

    async def submits(self) -> None:
        """Send the form off."""
        await self.modal.get_by_role("button", name=self.labels.submit, exact=True).click()

    async def confirms(self) -> None:
        """Send the form off and confirm what its last step says."""
        await self.submits()
        await self.modal.get_by_role("button", name=self.labels.confirm, exact=True).click()

    async def resets(self, whom: str, method: str, user: str | None = None) -> None:
        """The whole way, to the result."""
        await self.opens_form(whom)
        await self.chooses(method, user)
        await (self.confirms() if method == self.labels.set_password else self.submits())
        await expect(self.modal.get_by_role("button", name=self.labels.confirm, exact=True)).to_have_count(0)
        await expect(self.modal.get_by_role("button", name=self.labels.back, exact=True)).to_be_visible()

    async def closes(self) -> None:
        await self.modal.press("Escape")
        await expect(self.modal).to_have_count(0)

    async def goes_to(self, conversation: str) -> None:
        await self.page.get_by_role("navigation").get_by_role("button", name=conversation).click()

    async def opens_home(self) -> None:
        """Go to the app's Home tab and see that something is published there."""
        await self.goes_to(self.labels.app)
        await self.page.get_by_role("tab", name=self.words.home).click()
        await expect(self.home.get_by_text(self.words.nothing_published)).to_be_hidden()

    async def turns_to(self, pane: str) -> Locator:
        """Show a pane and return it."""
        await self.page.get_by_role("button", name=pane, exact=True).click()
        shown = self.page.get_by_role("region", name=pane, exact=True)
        await expect(shown).to_be_visible()
        return shown

    async def reads_password(self) -> str:
        """Go to the app's messages and read the newest password there."""
        await self.goes_to(self.labels.app)
        await self.page.get_by_role("tab", name=self.words.messages).click()
        secret = self.messages.filter(has=self.page.get_by_role("button", name=self.labels.delete_now)).last
        await expect(secret).to_be_visible()
        return await secret.locator("pre").inner_text()

    async def tries(self, email: str, password: str, *, opens: bool) -> None:
        """Try a password in the WHMCS pane, where it must be told that it opens the account, or that it does not."""
        pane = await self.turns_to(self.words.whmcs)
        form = pane.get_by_role("group", name=self.words.sign_in)
        await form.get_by_label(self.words.email).fill(email)
        await form.get_by_label(self.words.password).fill(password)
        await form.get_by_role("button", name=self.words.try_it).click()
        told = self.words.opens if opens else self.words.opens_not
        await expect(form.get_by_role("status")).to_have_text(told.format(email=email))

    async def reads_answer(self, containing: str) -> None:
        """See an ephemeral message with this text come last."""
        await expect(self.messages.last).to_contain_text(self.words.only_visible)
        await expect(self.messages.last).to_contain_text(containing)
