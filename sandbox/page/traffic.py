"""Requests between Slack, the bot and WHMCS in one list, and the masking of secrets."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from sandbox.page.world import World
from sandbox.slack import ApiCall, BotRequest
from sandbox.slack.workspace import JsonObject, strings_in
from sandbox.whmcs import Call

Peer = Literal["Slack", "Bot", "WHMCS"]

MASK: Final = "••••••••"
SHOWN: Final = 60

# Passwords, tokens, addresses and ids that authorize a response, and a guest's key to a ticket.
_SECRET_KEYS: Final = frozenset({"password", "token", "response_url", "trigger_id", "secret", "signature", "c"})
# Contains the response_url as text.
_OPAQUE_KEYS: Final = frozenset({"private_metadata"})
# The secret in the address of a socket.
_TICKET: Final = re.compile(r"(?<=[?&]ticket=)[^&\s]+")


@dataclass(frozen=True)
class Exchange:
    """A request and its response, unmasked; `seconds` is None until it is answered."""

    key: str
    at: float
    sender: Peer
    receiver: Peer
    name: str
    seconds: float | None
    outcome: str
    is_good: bool
    sent: object
    answered: object
    limit_seconds: float | None = None
    trigger_age_seconds: float | None = None
    passwords: frozenset[str] = frozenset()
    """The generated passwords in the request or response."""


def list_exchanges(world: World) -> list[Exchange]:
    """Return the newest exchanges, newest first."""
    every = [*_from_slack(world), *_to_slack(world), *_to_whmcs(world)]
    newest = sorted(every, key=lambda exchange: exchange.at, reverse=True)[:SHOWN]
    generated = list_passwords(world)
    return [replace(exchange, passwords=_find(generated, exchange)) for exchange in newest]


def list_passwords(world: World) -> frozenset[str]:
    """Return all passwords sent to WHMCS. They also occur in messages with buttons and on tickets."""
    calls = world.whmcs.calls
    return frozenset(str(call.parameters["password"]) for call in calls if "password" in call.parameters)


def _find(passwords: frozenset[str], exchange: Exchange) -> frozenset[str]:
    if not passwords:
        return frozenset()
    text = "\n".join(strings_in([exchange.sent, exchange.answered]))
    return frozenset(password for password in passwords if password in text)


def mask(value: object, passwords: frozenset[str], shown: frozenset[str] = frozenset()) -> object:
    """Return a copy with secrets masked, except the passwords in `shown`."""
    if isinstance(value, dict):
        return {key: _mask_field(key, part, passwords, shown) for key, part in value.items()}
    if isinstance(value, list):
        return [mask(part, passwords, shown) for part in value]
    if isinstance(value, str):
        for password in passwords - shown:
            value = value.replace(password, MASK)
        return _TICKET.sub(MASK, value)
    return value


def _mask_field(key: str, value: object, passwords: frozenset[str], shown: frozenset[str]) -> object:
    if key in _OPAQUE_KEYS or (key in _SECRET_KEYS and value not in shown):
        return MASK if value else value
    return mask(value, passwords, shown)


def _from_slack(world: World) -> Iterator[Exchange]:
    for number, request in enumerate(world.slack.requests_to_bot):
        yield Exchange(
            key=f"event-{number}",
            at=request.at,
            sender="Slack",
            receiver="Bot",
            name=_name_request(request),
            seconds=request.seconds,
            limit_seconds=world.slack.acknowledgement_seconds,
            outcome=request.error or str(request.status),
            is_good=request.error is None,
            sent=request.payload,
            answered=_parse(request.answer),
        )


def _name_request(request: BotRequest) -> str:
    event: JsonObject = request.payload.get("event", {})
    return f"{request.payload.get('command') or event.get('type') or request.kind}"


def _to_slack(world: World) -> Iterator[Exchange]:
    for number, call in enumerate(world.slack.calls):
        yield Exchange(
            key=f"call-{number}",
            at=call.at,
            sender="Bot",
            receiver="Slack",
            name=call.method,
            seconds=call.seconds if call.is_done else None,
            trigger_age_seconds=_find_trigger_age(world, call),
            outcome=call.error or "ok",
            is_good=call.error is None,
            sent=call.arguments,
            answered=call.answer,
        )


def _find_trigger_age(world: World, call: ApiCall) -> float | None:
    trigger = world.slack.workspace.triggers.get(str(call.arguments.get("trigger_id", "")))
    return None if trigger is None else call.at - trigger.issued_at


def _to_whmcs(world: World) -> Iterator[Exchange]:
    for number, call in enumerate(world.whmcs.calls):
        yield Exchange(
            key=f"whmcs-{number}",
            at=call.at.timestamp(),
            sender="Bot",
            receiver="WHMCS",
            name=call.action,
            seconds=call.seconds if call.is_done else None,
            outcome=_describe_outcome(call),
            is_good=call.status == 200 and '"error"' not in call.answer,  # noqa: PLR2004 - the status of success
            sent=dict(call.parameters),
            answered=_parse(call.answer),
        )


def _describe_outcome(call: Call) -> str:
    return str(call.status) if call.status else "connection dropped"


def _parse(text: str) -> object:
    """Return parsed JSON, which can be masked by field, or else the text."""
    try:
        value: JsonObject = json.loads(text)
    except ValueError:
        return text
    return value
