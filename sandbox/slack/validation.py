"""Validates views, messages, offered options and field errors as Slack does."""

import json
from collections import Counter
from typing import Final

from sandbox.slack.elements import BLOCKS, HOME, MODAL, OPTION_GROUPS, OPTION_LIMIT, SELECT_OPTION
from sandbox.slack.refusal import RefusedError
from sandbox.slack.schema import Check, Report, by_type, fault, list_of
from sandbox.slack.views import complete_texts, elements_of, fill_in_ids
from sandbox.slack.workspace import JsonObject

VIEW_BLOCKS: Final = 100
MESSAGE_BLOCKS: Final = 50
VIEW_BYTES: Final = 250_000
TEXT_LIMIT: Final = 40_000
MESSAGE_BLOCK_TYPES: Final = set(BLOCKS) - {"input"}


def check_view(view: object) -> None:
    """Check the definition of a modal. Raises: RefusedError invalid_arguments (with each fault) or view_too_large."""
    _check_view(view, MODAL)


def check_home(view: object) -> None:
    """Check the definition of a Home tab. Raises: as check_view()."""
    _check_view(view, HOME)


def _check_view(view: object, definition: Check) -> None:
    report: Report = []
    definition(view, "/view", report)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        _check_blocks(view["blocks"], "/view/blocks", report, most=VIEW_BLOCKS, types=set(BLOCKS))
        if not report:
            _check_whole_view(view, report)
    elif not report:
        fault(report, "/view/blocks", "must be an array")
    if report:
        raise RefusedError("invalid_arguments", *report)
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise RefusedError("view_too_large")


def check_message(content: JsonObject) -> tuple[str, list[JsonObject]]:
    """Check a message and return its text and blocks as Slack stores them. Raises: RefusedError."""
    text, blocks = content.get("text") or "", content.get("blocks") or []
    if not isinstance(text, str):
        raise RefusedError("invalid_arguments", "[ERROR] must be a string [json-pointer:/text]")
    if len(text) > TEXT_LIMIT:
        raise RefusedError("msg_too_long")
    if blocks:
        report: Report = []
        if isinstance(blocks, list):
            _check_blocks(blocks, "/blocks", report, most=MESSAGE_BLOCKS, types=MESSAGE_BLOCK_TYPES)
        else:
            fault(report, "/blocks", "must be an array")
        if report:
            raise RefusedError("invalid_blocks", *report)
    elif not text.strip():
        raise RefusedError("no_text")
    return text, fill_in_ids(blocks)


def check_suggestions(content: JsonObject) -> list[JsonObject]:
    """Check an options response and return its options as Slack stores them. Raises: RefusedError invalid_options."""
    report: Report = []
    offered, groups = content.get("options"), content.get("option_groups")
    if (offered is None) == (groups is None):
        fault(report, "", "must have either options or option_groups")
    elif offered is not None:
        list_of(SELECT_OPTION, least=0, most=OPTION_LIMIT)(offered, "/options", report)
    elif groups:
        OPTION_GROUPS(groups, "/option_groups", report)
    if report:
        raise RefusedError("invalid_options", *report)
    if offered is None:
        offered = [option for group in groups or [] for option in group["options"]]
    options: list[JsonObject] = complete_texts(offered)
    return options


def check_errors(content: JsonObject, definition: JsonObject) -> dict[str, str]:
    """Check and return field errors, whose keys must be block_ids of input blocks. Raises: RefusedError."""
    errors = content.get("errors")
    inputs = {block["block_id"] for block in definition["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise RefusedError("invalid_errors", "errors must be an object with at least one field")
    unknown = sorted(set(errors) - inputs)
    if unknown:
        raise RefusedError("invalid_errors", f"no input block has the block_id {', '.join(unknown)}")
    empty = [block_id for block_id, text in errors.items() if not isinstance(text, str) or not text.strip()]
    if empty:
        raise RefusedError("invalid_errors", f"no text for {', '.join(empty)}")
    return dict(errors)


def _check_blocks(blocks: list[JsonObject], at: str, report: Report, *, most: int, types: set[str]) -> None:
    list_of(by_type("block", BLOCKS, types), least=0, most=most)(blocks, at, report)
    if report:
        return
    for block_id in _repeated([block.get("block_id") for block in blocks]):
        fault(report, at, f"block_id already exists: {block_id}")
    for index, block in enumerate(blocks):
        for action_id in _repeated([element.get("action_id") for element in elements_of(block)]):
            fault(report, f"{at}/{index}", f"action_id already exists: {action_id}")


def _check_whole_view(view: JsonObject, report: Report) -> None:
    blocks = view["blocks"]
    has_submit = view["type"] != "modal" or bool(view.get("submit"))
    if any(block["type"] == "input" for block in blocks) and not has_submit:
        fault(report, "/view", "missing required field: submit")
    focused = [element for block in blocks for element in elements_of(block) if element.get("focus_on_load")]
    if len(focused) > 1:
        fault(report, "/view/blocks", "only one element may have focus_on_load")


def _repeated(ids: list[str | None]) -> list[str]:
    return [found for found, count in Counter(ids).items() if found and count > 1]
