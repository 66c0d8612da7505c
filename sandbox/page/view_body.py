"""The blocks of a modal or Home tab with their values; only changed blocks are drawn again."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial

from nicegui.element import Element

from sandbox.page.blocks import Ask, draw_block, draw_refusal, sign_block
from sandbox.page.elements import Item, LiveList, tag
from sandbox.page.fields import FieldView, Submit, sign
from sandbox.page.markup import UndrawableError
from sandbox.page.viewer import Viewer
from sandbox.slack import reading
from sandbox.slack.reading import Field
from sandbox.slack.shown_view import ShownView
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import JsonObject


class ViewBody:
    """Draws inside `container`. Enter in a single-line text input calls `submit`."""

    def __init__(self, container: Element, surface: ShownView, viewer: Viewer, ask: Ask, submit: Submit) -> None:
        self._surface = surface
        self._viewer = viewer
        self._ask = ask
        self._submit = submit
        self._blocks = LiveList(container)
        self._fields: dict[str, tuple[Field, FieldView]] = {}

    def show(self, shown: OpenView) -> None:
        """Show the current state of this view."""
        self._blocks.show(self._list_blocks(shown))
        self._fields = {key: drawn for key, drawn in self._fields.items() if not drawn[1].root.is_deleted}
        for field, view in self._fields.values():
            block_id = field.block["block_id"]
            value = shown.values.get(block_id, {}).get(field.element["action_id"])
            if value is not None:
                view.show(value, shown.errors.get(block_id, ""))

    def _list_blocks(self, shown: OpenView) -> Iterator[Item]:
        seen: Counter[str] = Counter()
        every = [field for field in reading.fields_of(shown.definition["blocks"]) if field.has_value]
        for block in shown.definition["blocks"]:
            fields = [field for field in every if field.block is block]
            if not fields:
                # An update gives a new id to a block that the app gave none.
                signature = sign_block({**block, "block_id": ""})
                seen[signature] += 1
                key = f"{shown.id}/{seen[signature]}/{signature}"
                yield Item(key, signature, partial(draw_block, block, self._viewer, self._press))
                continue
            kinds = [f"{field.element['action_id']}/{field.element['type']}" for field in fields]
            key = "/".join([shown.id, block["block_id"], *kinds])
            yield Item(key, json.dumps([sign(field) for field in fields]), partial(self._draw, shown.id, block, fields))

    def _draw(self, view_id: str, block: JsonObject, fields: list[Field]) -> Element:
        if block["type"] == "input":
            return self._draw_input(view_id, fields[0])
        by_action = {field.element["action_id"]: field for field in fields}
        return draw_block(
            block,
            self._viewer,
            self._press,
            lambda drawn: self._draw_field(view_id, by_action[drawn.element["action_id"]]),
        )

    def _draw_input(self, view_id: str, field: Field) -> Element:
        with tag("div", classes="kit-block input") as drawn:
            try:
                self._draw_field(view_id, field)
            except UndrawableError as error:
                drawn.clear()
                draw_refusal(str(error), self._viewer)
        return drawn

    def _draw_field(self, view_id: str, field: Field) -> None:
        """Raises: UndrawableError."""
        key = f"{view_id}/{field.block['block_id']}/{field.element['action_id']}"
        self._fields[key] = (field, FieldView(self._surface, field, self._viewer, self._submit))

    async def _press(self, field: Field) -> None:
        question = field.element.get("confirm")
        if question is None or await self._ask(question):
            every = reading.fields_of(self._surface.shown.definition["blocks"])
            current = next((one for one in every if one.element == field.element), field)
            await self._surface.press_button(current)
