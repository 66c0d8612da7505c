"""Draws in the terminal what a person sees: the only place of the demo that prints."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from sandbox.slack import Message, Modal

Node = Mapping[str, Any]


class Screen:
    def __init__(self, console: Console) -> None:
        self._console = console

    def heading(self, text: str) -> None:
        self._console.print()
        self._console.print(Rule(Text(text, style="bold"), align="left"))

    def does(self, what: str, typed: str = "") -> None:
        """Something that the person does; `typed` is shown as it is typed."""
        line = Text(f"> {what}", style="cyan")
        self._console.print(line.append(f":  {typed}" if typed else "", style="bold"))

    def modal(self, modal: Modal) -> None:
        """The modal as it is now, with what is chosen in it."""
        view = modal.view
        parts: list[RenderableType] = [part for block in view["blocks"] for part in _draw(block, modal)]
        buttons = [view[name]["text"] for name in ("close", "submit") if view.get(name)]
        parts.append(Text("  ".join(f"[ {button} ]" for button in buttons), justify="right"))
        self._console.print(Padding(Panel(Group(*parts), title=modal.title, width=74), (0, 2)))

    def message(self, message: Message, note: str) -> None:
        """A message under a line that says who can see it."""
        parts = [part for block in message.blocks for part in _draw(block, None)]
        self._console.print(Padding(Panel(Group(*parts), title=note, width=74, box=box.ROUNDED), (0, 2)))

    def facts(self, heading: str, lines: list[str]) -> None:
        self._console.print(Text(f"  {heading}", style="bold green"))
        for line in lines:
            self._console.print(_indented(f"✓ {line}", 4, style="green"))

    def says(self, text: str) -> None:
        self._console.print(Text(f"  {text}"))

    def verbatim(self, text: str) -> None:
        """Another program's output, not wrapped."""
        for line in text.splitlines():
            self._console.print(Text(f"  {line}"), soft_wrap=True)


def _draw(block: Node, modal: Modal | None) -> Iterator[RenderableType]:
    match block["type"]:
        case "section" if block.get("text"):
            yield Text(_without_markup(block["text"]["text"]))
        case "section":
            yield from (Text(field["text"].replace("\n", ": ", 1)) for field in block["fields"])
        case "context":
            yield from (Text(_without_markup(part["text"]), style="dim") for part in block["elements"])
        case "input":
            yield Text(block["label"]["text"], style="bold")
            yield from _draw_field(block, modal)
        case "actions":
            yield Text("  ".join(f"[ {part['text']['text']} ]" for part in block["elements"]))
        case "rich_text":
            for part in block["elements"]:
                words = "".join(element["text"] for element in part["elements"])
                yield _indented(words, 2 if part["type"] == "rich_text_preformatted" else 0, style="bold")


def _draw_field(block: Node, modal: Modal | None) -> Iterator[RenderableType]:
    label, element = block["label"]["text"], block["element"]
    chosen = modal.chosen(label) if modal is not None else None
    if element["type"] != "radio_buttons":
        placeholder = element.get("placeholder", {"text": ""})["text"]
        yield _indented(f"[ {chosen or placeholder} ▾ ]", 2)
        return
    for option in element["options"]:
        text = option["text"]["text"]
        yield _indented(f"({'•' if text == chosen else ' '}) {text}", 2)
        if option.get("description"):
            yield _indented(option["description"]["text"], 6, style="dim")


def _indented(text: str, columns: int, *, style: str = "") -> Padding:
    """Text whose further lines begin where its first one does."""
    return Padding(Text(text, style=style), (0, 0, 0, columns))


def _without_markup(text: str) -> str:
    """Links and dates as a person reads them: `<address|words>` is the words."""
    return re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", text)
