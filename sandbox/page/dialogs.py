"""The layer above the workspace: modals with their stacks of views, and confirm dialogs."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui.element import Element

from sandbox.page.elements import button, set_attributes, set_text, tag
from sandbox.page.markup import draw_text
from sandbox.page.view_body import ViewBody
from sandbox.page.viewer import Viewer
from sandbox.slack import Modal, reading
from sandbox.slack.workspace import JsonObject


async def ask(layer: Element, question: JsonObject, viewer: Viewer) -> bool:
    """Draw a confirm dialog and return whether it was confirmed."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def decide(*, is_confirmed: bool) -> None:
        if not answer.done():
            answer.set_result(is_confirmed)

    with layer, tag("div", classes="backdrop") as backdrop:
        with tag("div", classes="dialog small", role="alertdialog", aria_modal="true", tabindex="-1") as dialog:
            title = tag("h2", reading.plain(question["title"]))
            set_attributes(dialog, aria_labelledby=title.html_id)
            with tag("p", classes="kit-block"):
                draw_text(question["text"], viewer)
            with tag("div", classes="ends"):
                style = question.get("style", "primary")
                deny, confirm = reading.plain(question["deny"]), reading.plain(question["confirm"])
                button(deny, lambda: decide(is_confirmed=False), classes="slack-button", data_first=True)
                button(confirm, lambda: decide(is_confirmed=True), classes=f"slack-button {style}")
        dialog.on("keydown.escape.stop", lambda _: decide(is_confirmed=False), js_handler="() => emit()")
    try:
        return await answer
    finally:
        if not backdrop.is_deleted:
            backdrop.delete()


class ModalWindow:
    """A modal: the top view of its stack, of which changed parts are drawn again."""

    def __init__(self, modal: Modal, viewer: Viewer, layer: Element, refresh: Callable[[], None]) -> None:
        self.modal = modal
        self._viewer = viewer
        self._refresh = refresh
        self._is_busy = False
        words = viewer.words
        with layer, tag("div", classes="backdrop") as self.root:
            with tag("div", classes="dialog", role="dialog", aria_modal="true", tabindex="-1") as dialog:
                with tag("header"):
                    self._back = button("←", self._close, classes="icon", aria_label=words["back"], hidden=True)
                    self._title = tag("h2", " ")
                    button("✕", self._close_all, classes="icon", aria_label=words["close"])
                self._notice = tag("p", " ", classes="notice", role="alert", hidden=True)
                # The content scrolls, so it must be reachable by keyboard even without a control in it.
                body = tag("div", classes="dialog-body", tabindex="0", role="group")
                with tag("div", classes="ends"):
                    self._close_button = button(" ", self._close, classes="slack-button")
                    self._submit_button = button(" ", self._submit, classes="slack-button primary")
            set_attributes(dialog, aria_labelledby=self._title.html_id)
            set_attributes(body, aria_labelledby=self._title.html_id)
            dialog.on("keydown.escape.stop", lambda _: self._close(), js_handler="() => emit()")
        self._body = ViewBody(body, modal, viewer, lambda question: ask(layer, question, viewer), self._submit)
        self.show()

    def show(self) -> None:
        """Show the current state of the top view."""
        shown = self.modal.shown
        set_text(self._title, reading.plain(shown.definition["title"]))
        set_attributes(self._back, hidden=shown.previous_id is None)
        set_text(self._notice, shown.notice or " ")
        set_attributes(self._notice, hidden=not shown.notice)
        self._body.show(shown)
        self._show_ends(shown.definition)

    def delete(self) -> None:
        self.root.delete()

    def _show_ends(self, definition: JsonObject) -> None:
        words = self._viewer.words
        set_text(self._close_button, reading.plain(definition.get("close")) or words["close"])
        submit = reading.plain(definition.get("submit"))
        set_text(self._submit_button, words["sending"] if self._is_busy else submit or " ")
        is_disabled = self._is_busy or bool(definition.get("submit_disabled"))
        set_attributes(
            self._submit_button,
            hidden=not submit,
            aria_disabled="true" if is_disabled else None,
            aria_busy="true" if self._is_busy else None,
        )

    async def _submit(self) -> None:
        if self._is_busy or self._submit_button.props.get("hidden") or not self.modal.is_open:
            return
        self._is_busy = True
        self._refresh()
        try:
            await self.modal.submit()
        finally:
            self._is_busy = False
            self._refresh()

    async def _close(self) -> None:
        if self.modal.is_open:
            await self.modal.close()

    async def _close_all(self) -> None:
        while self.modal.is_open:
            await self.modal.close()


class DialogLayer:
    """The modals of a person. Only the newest, on top, is reachable."""

    def __init__(self, viewer: Viewer, layer: Element, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._layer = layer
        self._refresh = refresh
        self._windows: dict[str, ModalWindow] = {}

    def show(self) -> None:
        """Open, draw and close windows to match the person's modals."""
        modals = {modal.root_id: modal for modal in self._viewer.person.modals}
        for root_id in [root_id for root_id in self._windows if root_id not in modals]:
            self._windows.pop(root_id).delete()
        for root_id, modal in modals.items():
            if root_id in self._windows:
                self._windows[root_id].show()
            else:
                self._windows[root_id] = ModalWindow(modal, self._viewer, self._layer, self._refresh)

    def ask(self, question: JsonObject) -> Awaitable[bool]:
        return ask(self._layer, question, self._viewer)
