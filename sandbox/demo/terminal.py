"""Output of the demo: steps, boxes with the texts that a person reads, and facts. All text is literal, never markup."""

import textwrap
from collections.abc import Container, Iterable
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sandbox.slack import Message, Modal, reading
from sandbox.slack.workspace import JsonObject
from sandbox.words import Words

_MAX_WIDTH: Final = 96
_INDENT: Final = "    "
_QUIET: Final = "dim"
_STRONG: Final = "bold"
_GOOD: Final = "green"
_TYPED: Final = "bold yellow"
_CHOSEN: Final = "bold cyan"


class Terminal:
    """Prints to a terminal or a pipe. Modals and messages are printed as they are at that moment."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words

    def introduce(self) -> None:
        self._print(Panel(self._words["introduction"], title=self._words["title"], box=box.DOUBLE))
        self.remark("starting")

    def remark(self, word: str) -> None:
        self._print(Text(self._words[word], style=_QUIET))

    def confirm(self, *texts: str) -> None:
        """Print a success."""
        self._console.print()
        for text in texts:
            self._print(Text(text, style=_GOOD))

    def chapter(self, name: str) -> None:
        self._console.print()
        self._print(Rule(Text(self._words[f"chapter.{name}"], style=_STRONG), align="left"))

    def step(self, word: str, detail: str, **values: str) -> None:
        """Print an action of a person; `detail` is what they type, choose or press, or what is offered to them."""
        self._console.print()
        self._print(Text(self._words[word].format(**values)))
        self._print(Padding(Text(detail, style=_TYPED), (0, 0, 0, len(_INDENT)), expand=False))

    def modal(self, modal: Modal) -> None:
        """Print a modal's blocks and buttons, with an arrow at each chosen value."""
        view, shown = modal.view, modal.shown
        chosen = {text for label in modal.labels if (text := modal.chosen(label))}
        drawn = [_draw_block(block, shown.values, shown.errors, chosen) for block in view["blocks"]]
        ends = [reading.plain(view[key]) for key in ("close", "submit") if view[key]]
        self._box(f"{self._words['modal']}: {modal.title}", [*drawn, _draw_buttons(ends)], box.ROUNDED)

    def message(self, message: Message) -> None:
        title, frame = ("only_visible", box.ASCII2) if message.is_ephemeral else ("direct_message", box.ROUNDED)
        self._box(self._words[title], [_draw_block(block) for block in message.blocks], frame)

    def whmcs(self, facts: Iterable[tuple[str, str]]) -> None:
        """Print facts about WHMCS: a word and its value each."""
        lines = [Text.assemble((self._words[word], _QUIET), f" {value}") for word, value in facts]
        self._box(self._words["in_whmcs"], [Group(*lines)], box.HEAVY)

    def command_output(self, command: str, output: str) -> None:
        """Print the lines as they are; in a terminal, wrap the wider ones."""
        self._console.print()
        self._print(Text(f"$ {command}", style=_TYPED))
        for line in output.splitlines():
            folded = [line]
            if self._console.is_terminal:
                folded = textwrap.wrap(line, self._console.width, subsequent_indent=_INDENT)
            self._console.print(Text("\n".join(folded)), soft_wrap=True)

    def fail(self, reason: str, log_end: str) -> None:
        self._console.print()
        self._print(Text(f"{self._words['failed']}\n{reason}", style="bold red"))
        if log_end:
            self._console.print()
            self._print(Text(self._words["log_end"]))
            self._console.print(Text(log_end), soft_wrap=True)

    def _box(self, title: str, parts: Iterable[RenderableType], frame: box.Box) -> None:
        self._console.print()
        spaced = [drawn for part in parts for drawn in (Text(), part)][1:]
        panel = Panel(Group(*spaced), title=Text(title, style=_STRONG), title_align="left", box=frame)
        self._print(Padding(panel, (0, 0, 0, 2)))

    def _print(self, drawn: RenderableType) -> None:
        self._console.print(drawn, width=min(self._console.width, _MAX_WIDTH))


def _draw_block(
    block: JsonObject, values: JsonObject | None = None, errors: JsonObject | None = None, chosen: Container[str] = ()
) -> RenderableType:
    buttons = [reading.plain(one.element["text"]) for one in reading.fields_of([block]) if not one.has_value]
    if buttons:
        return _draw_buttons(buttons)
    if block.get("fields"):
        pairs = Table.grid(padding=(0, 1))
        for pair in block["fields"]:
            label, _, value = reading.plain(pair).partition("\n")
            pairs.add_row(Text(label, style=_QUIET), Text(value))
        return pairs
    lines = reading.visible_text([block], values, errors).splitlines()
    if block["type"] != "input":
        return Text("\n".join(lines))
    label, *rest = lines
    drawn = [Text(f"→ {one}", style=_CHOSEN) if one in chosen else Text(f"  {one}") for one in rest]
    return Group(Text(label, style=_STRONG), *drawn)


def _draw_buttons(labels: Iterable[str]) -> Text:
    return Text("  ".join(f"[ {label} ]" for label in labels), style=_STRONG)
