"""Block Kit as boxes and lines of a terminal. Everything is literal text: what looks like markup stays what it is."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sandbox.slack import reading

Json = Mapping[str, Any]

QUIET: Final = "dim"
STRONG: Final = "bold"
CHOSEN: Final = "bold cyan"
WRONG: Final = "bold red"


def draw_blocks(blocks: list[dict[str, Any]], values: Json, errors: Mapping[str, str]) -> RenderableType:
    """Draw the blocks one below the other. `values`: the view's `state.values`; `errors`: by label."""
    drawn: list[RenderableType] = []
    for block in blocks:
        if drawn:
            drawn.append(Text())
        drawn.extend(_draw_block(block, values, errors))
    return Group(*drawn)


def draw_buttons(*labels: str) -> Text:
    return Text("  ".join(f"[ {label} ]" for label in labels if label), style=STRONG)


def _draw_block(block: Json, values: Json, errors: Mapping[str, str]) -> Iterator[RenderableType]:
    match block["type"]:
        case "input":
            value = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            yield from _draw_input(block, value, errors)
        case "rich_text":
            yield from (_draw_rich_text(element) for element in block["elements"])
        case "context":
            yield from (Text(reading.plain(text), style=QUIET) for text in block["elements"])
        case "actions":
            yield draw_buttons(*(reading.plain(element.get("text")) for element in block["elements"]))
        case "header":
            yield Text(reading.plain(block["text"]), style=STRONG)
        case _:
            yield from _draw_section(block)


def _draw_section(block: Json) -> Iterator[RenderableType]:
    if "text" in block:
        yield Text(reading.plain(block["text"]))
    if block.get("fields"):
        yield _draw_pairs([reading.plain(text).partition("\n") for text in block["fields"]])


def _draw_pairs(pairs: list[tuple[str, str, str]]) -> Table:
    table = _make_grid()
    for label, _, value in pairs:
        table.add_row(Text(label, style=QUIET), Text(value))
    return table


def _draw_input(block: Json, value: Json, errors: Mapping[str, str]) -> Iterator[RenderableType]:
    label = reading.plain(block["label"])
    yield Text(label, style=STRONG)
    element = block["element"]
    if element["type"] in {"radio_buttons", "checkboxes"}:
        yield _draw_options(element, value)
    else:
        yield _draw_line(element, value)
    if hint := reading.plain(block.get("hint")):
        yield Text(hint, style=QUIET)
    if error := errors.get(label):
        yield Text(error, style=WRONG)


def _draw_options(element: Json, value: Json) -> Table:
    chosen = [value.get("selected_option"), *value.get("selected_options", [])]
    opening, mark, closing = "(*)" if element["type"] == "radio_buttons" else "[x]"
    table = _make_grid()
    for option in reading.options_of(dict(element)):
        is_chosen = option in chosen
        text = Text(reading.plain(option["text"]), style=CHOSEN if is_chosen else "")
        if description := reading.plain(option.get("description")):
            text.append(f"\n{description}", style=f"not bold {QUIET}")
        table.add_row(Text(f"{opening}{mark if is_chosen else ' '}{closing}"), text)
    return table


def _draw_line(element: Json, value: Json) -> Table:
    """A select or a field to type in: what is in it, else its placeholder."""
    option = value.get("selected_option")
    filled_in = reading.plain(option["text"]) if option else str(value.get("value") or "")
    text = Text(filled_in, style=CHOSEN) if filled_in else Text(reading.plain(element.get("placeholder")), style=QUIET)
    table = _make_grid()
    table.add_row("[", text, "v ]" if element["type"].endswith("_select") else "]")
    return table


def _draw_rich_text(element: Json) -> RenderableType:
    if element["type"] == "rich_text_preformatted":
        return Panel(Text(reading.rich_text(dict(element))), box=box.SQUARE, expand=False)
    text = Text()
    for part in element.get("elements", []):
        text.append(reading.rich_text(part), style=STRONG if part.get("style", {}).get("bold") else "")
    return text


def _make_grid() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
