"""The Slack app's manifest: name, request address, scopes.

Source of its schema: slackapi/manifest-schema on GitHub. The scopes are those that the calls in `bot.slack` need.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from bot.listeners import COMMAND, MESSAGE_SHORTCUT, SHORTCUT
from bot.views import home, labels
from bot.views import manifest as texts
from bot.views.text import Texts

Value: TypeAlias = "str | bool | int | Sequence[Value] | Mapping[str, Value]"
Manifest: TypeAlias = Mapping[str, Value]

BOT_SCOPES: Final = ("commands", "chat:write", "im:history", "users:read", "usergroups:read")
"""The OAuth scopes of the bot token."""

_PATH: Final = "/slack/events"


def build_manifest(public_url: str | None, t: Texts) -> Manifest:
    """`public_url`: the address at which Slack reaches the bot. None: Socket Mode."""
    endpoint = f"{public_url}{_PATH}" if public_url else None
    events: dict[str, Value] = {"bot_events": [home.OPENED]}
    command: dict[str, Value] = {"command": COMMAND}
    interactivity: dict[str, Value] = {"is_enabled": True}
    if endpoint:
        command["url"] = endpoint
        events = {"request_url": endpoint, **events}
        interactivity |= {"request_url": endpoint, "message_menu_options_url": endpoint}
    command |= {
        "description": t.say(texts.COMMAND),
        "usage_hint": t.say(texts.COMMAND_HINT),
        # Commands arrive as typed: addresses and names, not Slack's links.
        "should_escape": False,
    }
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": labels.title(t),
            "description": t.say(texts.DESCRIPTION),
            "long_description": f"{t.say(texts.LONG_DESCRIPTION)}\n{t.say(texts.ACCESS)}",
        },
        "features": {
            # The Messages tab shows direct messages; agents can't write to the bot there.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": labels.title(t), "always_online": False},
            "shortcuts": [
                _shortcut("global", SHORTCUT, t.say(texts.SHORTCUT), t),
                _shortcut("message", MESSAGE_SHORTCUT, t.say(texts.MESSAGE_SHORTCUT), t),
            ],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }


def _shortcut(kind: str, callback_id: str, description: str, t: Texts) -> Manifest:
    return {"name": labels.title(t), "type": kind, "callback_id": callback_id, "description": description}


def write_json(manifest: Manifest) -> str:
    """Return the manifest as Slack's command line reads it."""
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def write_yaml(manifest: Manifest) -> str:
    """Return the manifest in YAML, for people and for Slack's page."""
    return "\n".join([*_HEADER, *_lines(manifest, ""), ""])


_HEADER: Final = (
    "# The Slack app, as `python -m bot manifest` writes it from PUBLIC_URL, SLACK_APP_TOKEN and DEFAULT_LOCALE.",
    "# On https://api.slack.com/apps create the app from it, or put it in place of the app's own manifest.",
)
_WORD: Final = r"[\w.,/:-]*[\w.,/-]"
_PLAIN: Final = re.compile(rf"(?=[^\W\d_]|/){_WORD}(?: {_WORD})*")
"""Words that are plain text in YAML: they begin with a letter or a slash, and none ends with a colon."""

_NO_TEXT: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def _lines(mapping: Manifest, indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        match value:
            case Mapping():
                yield f"{indent}{key}:"
                yield from _lines(value, indent + "  ")
            case str() if "\n" in value:
                yield f"{indent}{key}: |-"
                yield from (f"{indent}  {line}" for line in value.split("\n"))
            case str() | int():
                yield f"{indent}{key}: {_scalar(value)}"
            case _:
                yield f"{indent}{key}:"
                yield from (line for item in value for line in _item(item, indent + "  "))


def _item(value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        first, *rest = _lines(value, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest
    else:
        yield f"{indent}- {_scalar(value)}"


def _scalar(value: Value) -> str:
    """Return plain words unquoted, and anything else as JSON, which is valid YAML."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False)
