"""Valid requests of Slack, and mutants of them, which depend only on the seed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from bot.listeners import Entry, Kind
from sandbox.slack import Message
from sandbox.slack.workspace import JsonObject
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.harness.world import EMAIL, SET, World, fill_form
from tests.metadata import SEAL

# Deep enough to break a recursive walker, but within the limit of the JSON parser.
_DEEP: Final[list[object]] = []
for _ in range(300):
    _DEEP[:] = [list(_DEEP)]

_ODD: Final[tuple[object, ...]] = (
    *(None, True, False, 0, -1, 5, 1.5, 2**31, 2**63, -(2**63) - 1, 10**400, float("nan")),
    *("", " ", "x", "x" * 4000, "\x00", "\ud800", "\u202e", "null", "{}", "[]", "'; DROP TABLE resets; --", "../.."),
    *([], ["x"], [None], [[]], [5], _DEEP, {}, {"x": 1}, {"id": 5}, {"id": None}, {"type": 5}, {"value": {}}),
)
_ODD_TYPES: Final = ("rich_text", "section", "actions", "static_select", "mrkdwn", "plain_text", "button", "none")
_IN_STRINGS: Final = frozenset({"private_metadata", "value"})
"""The keys whose strings may contain the bot's JSON."""


@dataclass(frozen=True)
class Sent:
    """A request as Slack sends it. `entry` is the id in the listener table."""

    entry: str
    kind: str
    payload: JsonObject


async def collect(world: World) -> list[Sent]:
    """Return a valid payload for each entry of the table, from a conversation that reaches all of them."""
    agent = world.agent
    result = await reset_with_ticket(agent, SET)
    message = await agent.direct_message(containing="Contraseña nueva")
    home = await agent.opens_home()
    await home.shows("Restablecer contraseña")
    views = [home.view, result.view, (await open_reply(result)).view]
    views.append((await fill_form(agent, "516757", EMAIL)).view)
    views.append((await fill_form(agent, "#43", SET)).view)
    # The type-ahead for clients.
    found = await agent.types("/reset-password lopez")
    await found.shows("Buscar de nuevo")
    views.append(found.view)
    assert world.app is not None
    return [_make(world, entry, views, message) for entry in world.app.table]


def _make(world: World, entry: Entry, views: list[JsonObject], message: Message) -> Sent:
    agent, slack = world.agent, world.slack
    match entry.kind:
        case Kind.COMMAND:
            return Sent(entry.id, "command", slack.command_payload(agent, f"{entry.id} ana@example.com"))
        case Kind.GLOBAL_SHORTCUT:
            return Sent(entry.id, "shortcut", slack.shortcut_payload(agent, entry.id))
        case Kind.MESSAGE_SHORTCUT:
            return Sent(entry.id, "message_action", slack.shortcut_payload(agent, entry.id, message))
        case Kind.EVENT:
            return Sent(entry.id, "event_callback", slack.home_opened_payload(agent))
        case Kind.VIEW:
            view = next(view for view in views if view["callback_id"] == entry.id)
            return Sent(entry.id, "view_submission", slack.submission_payload(agent, view))
    for view in views:
        for block_id, element in _elements(view["blocks"]):
            if element.get("action_id") == entry.id:
                return _make_use(world, entry, view, block_id, element)
    reference = next(element["value"] for _, element in _elements(message.blocks) if element["type"] == "button")
    action = {"action_id": entry.id, "block_id": "any", "type": "button", "value": reference}
    return Sent(entry.id, "block_actions", slack.action_payload(agent, message=message, action=action))


def _make_use(world: World, entry: Entry, view: JsonObject, block_id: str, element: JsonObject) -> Sent:
    if entry.kind is Kind.OPTIONS:
        payload = world.slack.suggestion_payload(world.agent, view, block_id=block_id, action_id=entry.id, value="ana")
        return Sent(entry.id, "block_suggestion", payload)
    options = [*element.get("options", ()), element.get("initial_option"), {"value": "42"}]
    action = {key: element[key] for key in ("action_id", "type", "value") if key in element} | {"block_id": block_id}
    action |= {"selected_option": options[0], "selected_options": options[:1]} if element["type"] != "button" else {}
    return Sent(entry.id, "block_actions", world.slack.action_payload(world.agent, view=view, action=action))


def _elements(blocks: list[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for block in blocks:
        for element in (block.get("element"), block.get("accessory"), *block.get("elements", ())):
            if isinstance(element, Mapping):
                yield block.get("block_id", "any"), dict(element)


def mutate(payload: JsonObject, random: Random) -> JsonObject:
    """Return a copy with one to three changes that Slack would not make."""
    mutant: JsonObject = json.loads(json.dumps(payload))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if any("type" in inside for inside in _list_objects(mutant)) and random.random() < 0.2:
            _change_type(mutant, random)
        else:
            _mutate_inside(mutant, random)
    return mutant


def _change_type(value: dict[str, Any] | list[Any], random: Random) -> None:
    """Change the `type` of a block, an attachment, or a part of one, which a random path rarely reaches."""
    typed = [inside for inside in _list_objects(value) if "type" in inside]
    random.choice(typed)["type"] = random.choice((*_ODD_TYPES, _odd(random)))


def _list_objects(value: object, *, is_content: bool = False) -> Iterator[dict[str, Any]]:
    """Return the objects below the keys `blocks` and `attachments`, at any depth."""
    if isinstance(value, dict):
        if is_content:
            yield value
        for key, inside in value.items():
            yield from _list_objects(inside, is_content=is_content or key in {"blocks", "attachments"})
    elif isinstance(value, list):
        for inside in value:
            yield from _list_objects(inside, is_content=is_content)


def _mutate_inside(value: dict[str, Any] | list[Any], random: Random) -> None:
    """Follow a random path and change the value at its end."""
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = random.choice(keys)
    inside = value[key]
    if key == "private_metadata" and isinstance(inside, str) and "{" in inside and random.random() < 0.7:
        value[key] = _mutate_metadata(inside, random)
    elif isinstance(inside, str) and key in _IN_STRINGS and random.random() < 0.7:
        value[key] = _mutate_string(inside, random)
    elif isinstance(inside, dict | list) and inside and random.random() < 0.75:
        _mutate_inside(inside, random)
    else:
        _change(value, key, random)


def _change(value: Any, key: Any, random: Random) -> None:
    match random.randrange(10):
        case 0 | 1:
            del value[key]
        case 2:
            value[key] = [value[key]]
        case 3:
            value[key] = {str(key): value[key]}
        case _:
            value[key] = _odd(random)


def _odd(random: Random) -> object:
    # A copy, since a later change may modify it.
    return json.loads(json.dumps(random.choice(_ODD)))


def _mutate_metadata(text: str, random: Random) -> str:
    """Change the private_metadata of a modal: without the bot's key, as an attacker could, or with it, to pass the MAC."""
    version, key_id, mac, content = text.split(".", 3)
    changed = _mutate_string(content, random)
    if random.random() < 0.5:
        kind = "reply" if '"form":' in content else "form"
        mac = SEAL.sign("private_metadata", kind, version, changed)
    return f"{version}.{key_id}.{mac}.{changed}"


def _mutate_string(text: str, random: Random) -> str:
    """Change the bot's JSON inside, or at its end."""
    try:
        inside = json.loads(text)
    except ValueError:
        inside = None
    if not isinstance(inside, dict):
        return text[: random.randrange(len(text) + 1)] + random.choice(("", "x", "9" * 30, "x" * 4000))
    match random.randrange(4):
        case 0:
            inside[random.choice(("extra", *inside))] = _odd(random)
        case 1:
            inside[random.choice(list(inside))] = random.choice(("9" * 2900, "x" * 3500, 2**63, -1, None))
        case 2:
            return text[: random.randrange(len(text))]
        case _:
            _mutate_inside(inside, random)
    return json.dumps(inside)


def mutate_bytes(body: bytes, random: Random) -> bytes:
    """Return the body with some bytes changed, cut off, repeated or inserted."""
    at = random.randrange(len(body))
    odd = random.choice((b"\xff", b"\xc3", b"\x00", b"%", b"%FF", b"%00", b"&", b"=", b'"', b"[" * 2000, b"%5B" * 2000))
    match random.randrange(4):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + body[at + 1 :]
        case 2:
            return body[:at] + body[max(at - 50, 0) :]
        case _:
            return body[:at] + odd + body[at:]
