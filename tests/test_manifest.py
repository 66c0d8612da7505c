"""The Slack app is allowed what the code calls, and nothing more."""

import re
from pathlib import Path

from bot.listeners import COMMAND

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "manifest.yml"
ENDPOINT = "https://bot.example.com/slack/events"

# What each Web API method asks for, as its page at docs.slack.dev/reference/methods says.
SCOPES = {
    "auth.test": None,
    "views.open": None,
    "views.update": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "users.info": "users:read",
    "usergroups.users.list": "usergroups:read",
}


def test_the_scopes_are_those_that_the_code_needs_and_no_other() -> None:
    methods = _called_methods()
    assert methods == SCOPES.keys()
    needed = {scope for method in methods if (scope := SCOPES[method]) is not None}
    assert sorted(_list_under("oauth_config.scopes.bot")) == sorted({"commands", *needed})


def test_the_command_is_the_one_that_is_listened_to() -> None:
    assert _values("features.slash_commands.command") == [COMMAND]
    assert _values("features.slash_commands.should_escape") == ["false"]


def test_everything_that_slack_sends_goes_to_the_one_endpoint() -> None:
    assert _values("features.slash_commands.url") == [ENDPOINT]
    assert _values("settings.interactivity.is_enabled") == ["true"]
    assert _values("settings.interactivity.request_url") == [ENDPOINT]
    assert _values("settings.interactivity.message_menu_options_url") == [ENDPOINT]
    assert _values("settings.socket_mode_enabled") == ["false"]


def test_the_bot_can_write_direct_messages_and_nobody_can_write_to_it() -> None:
    assert _values("features.app_home.messages_tab_enabled") == ["true"]
    assert _values("features.app_home.messages_tab_read_only_enabled") == ["true"]


def test_the_texts_keep_within_slacks_lengths() -> None:
    """As the manifest's public schema has them: slackapi/manifest-schema, version 2.0.0."""
    longest = {
        "display_information.name": 35,
        "display_information.description": 140,
        "features.bot_user.display_name": 80,
        "features.slash_commands.command": 32,
        "features.slash_commands.usage_hint": 1000,
    }
    for path, length in longest.items():
        [text] = _values(path)
        assert 0 < len(text) <= length, path


def _called_methods() -> set[str]:
    """The Web API methods that are named where calls to Slack are made."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "bot/slack").glob("*.py")]
    return {name for text in sources for name in re.findall(r'\.call(?:_patiently)?\(\s*"([\w.]+)"', text)}


def _values(path: str) -> list[str]:
    return [value for found, value in _read() if found == path and value]


def _list_under(path: str) -> list[str]:
    return [value for found, value in _read() if found == f"{path}[]"]


def _read() -> list[tuple[str, str]]:
    """Read as much of YAML as the manifest uses: nested keys, lists, and values on one line. Returns paths and values."""
    found: list[tuple[str, str]] = []
    open_keys: list[tuple[int, str]] = []
    for line in MANIFEST.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        is_item = text.startswith("- ")
        if is_item:
            text, indent = text.removeprefix("- "), indent + 2
        open_keys = [(depth, key) for depth, key in open_keys if depth < indent]
        parents = ".".join(key for _, key in open_keys)
        key, colon, value = text.partition(": ")
        if not colon and not text.endswith(":"):
            found.append((f"{parents}[]" if is_item else parents, text))
            continue
        key = key.removesuffix(":")
        open_keys.append((indent, key))
        found.append((f"{parents}.{key}" if parents else key, value.strip().strip('"')))
    return found
