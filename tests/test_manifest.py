"""`python -m bot manifest`: the Slack app as Slack's schema has it, and `manifest.yml` is one of them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it comes without types

from bot.__main__ import main
from bot.listeners import COMMAND, MESSAGE_SHORTCUT, SHORTCUT
from tests.test_command_line import run_bot

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "manifest.yml"
SCHEMA = ROOT / "tests/slack_manifest/manifest.schema.2.0.0.json"
ADDRESS = "https://bot.example.com"
INSTALLATIONS: list[dict[str, str]] = [
    {"PUBLIC_URL": ADDRESS},
    {"PUBLIC_URL": ADDRESS, "DEFAULT_LOCALE": "en"},
    {"PUBLIC_URL": "https://example.com:8443/slack%20bots/'a\"b{}"},
    {},
    {"DEFAULT_LOCALE": "en", "SLACK_APP_TOKEN": "xapp-CANARY"},
]

Print: TypeAlias = Callable[..., Result]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Print:
    """Run `manifest` with these arguments, where these variables are set and none of the others."""

    def run(*arguments: str, **environ: str) -> Result:
        for name in ("PUBLIC_URL", "SLACK_APP_TOKEN", "SLACK_APP_TOKEN_FILE", "DEFAULT_LOCALE"):
            monkeypatch.delenv(name, raising=False)
        return CliRunner(env=environ).invoke(main, ["manifest", *arguments])

    return run


@pytest.fixture
def read(show: Print) -> Callable[..., dict[str, Any]]:
    def run(**environ: str) -> dict[str, Any]:
        answer = show("--json", **environ)
        assert (answer.exit_code, answer.stderr) == (0, "")
        found: dict[str, Any] = json.loads(answer.stdout)
        return found

    return run


Read: TypeAlias = Callable[..., dict[str, Any]]


def test_manifest_yml_is_the_one_of_the_example_address_and_the_defaults(show: Print) -> None:
    assert show(PUBLIC_URL=ADDRESS).stdout_bytes == MANIFEST.read_bytes()


def test_the_process_needs_no_other_setting_and_writes_utf_8_in_any_locale(tmp_path: Path) -> None:
    answer = run_bot(tmp_path, "manifest", PUBLIC_URL=ADDRESS, LC_ALL="POSIX")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == MANIFEST.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=str)
def test_slacks_schema_accepts_it(read: Read, installation: dict[str, str]) -> None:
    assert _faults(read(**installation)) == []


def test_slacks_schema_would_tell_what_is_wrong(read: Read) -> None:
    manifest = read()
    manifest["display_information"]["name"] = "x" * 36
    manifest["settings"]["socket_mode"] = True
    assert len(_faults(manifest)) == 2


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=str)
def test_yaml_and_json_say_the_same(show: Print, read: Read, installation: dict[str, str]) -> None:
    text = show(**installation).stdout
    assert list(_read_yaml(text)) == list(_flatten(read(**installation)))


def test_an_address_with_the_endpoint_at_its_end_is_taken_without_it(read: Read) -> None:
    assert read(PUBLIC_URL=f"{ADDRESS}/slack/events/") == read(PUBLIC_URL=ADDRESS)


def test_in_http_mode_everything_goes_to_the_one_endpoint(read: Read) -> None:
    manifest = read(PUBLIC_URL="https://example.com:8443/bots/")
    endpoint = "https://example.com:8443/bots/slack/events"
    assert manifest["features"]["slash_commands"][0]["url"] == endpoint
    assert manifest["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": endpoint,
        "message_menu_options_url": endpoint,
    }
    assert manifest["settings"]["event_subscriptions"]["request_url"] == endpoint
    assert manifest["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize(
    "installation",
    [{}, {"SLACK_APP_TOKEN": "xapp-CANARY", "PUBLIC_URL": ADDRESS}, {"SLACK_APP_TOKEN": "xapp-CANARY"}],
    ids=["no address", "both", "app token"],
)
def test_in_socket_mode_no_address_is_named(show: Print, read: Read, installation: dict[str, str]) -> None:
    manifest = read(**installation)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"]}
    for printed in (show(**installation).stdout, show("--json", **installation).stdout):
        assert "bot.example.com" not in printed
        assert "CANARY" not in printed


def test_an_app_token_in_a_file_is_one_as_well(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xapp-CANARY\n", encoding="utf-8")
    manifest = read(PUBLIC_URL=ADDRESS, SLACK_APP_TOKEN_FILE=str(tmp_path / "token"))
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_the_words_are_in_the_language_of_the_installation(read: Read) -> None:
    spanish, english = read(), read(DEFAULT_LOCALE="en")
    assert spanish["display_information"]["name"] == spanish["features"]["bot_user"]["display_name"]
    assert spanish["display_information"]["name"] == "Restablecer contraseña"
    assert english["display_information"]["name"] == "Reset password"
    [one], [other] = spanish["features"]["slash_commands"], english["features"]["slash_commands"]
    assert (one["usage_hint"], other["usage_hint"]) == (
        "[ticket, nombre, correo o #id]",
        "[ticket, name, e-mail or #id]",
    )
    assert one["description"] != other["description"]


def test_a_wrong_setting_is_told_in_a_line_and_nothing_is_printed(show: Print) -> None:
    answer = show(PUBLIC_URL="http://bot.example.com", SLACK_APP_TOKEN="CANARY", DEFAULT_LOCALE="de")
    assert (answer.exit_code, answer.stdout) == (2, "")
    names = sorted(line.partition(":")[0] for line in answer.stderr.splitlines())
    assert names == ["DEFAULT_LOCALE", "PUBLIC_URL", "SLACK_APP_TOKEN"]
    assert "CANARY" not in answer.stderr


def test_the_command_is_the_one_that_is_listened_to_and_comes_as_it_was_typed(read: Read) -> None:
    [command] = read()["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == (COMMAND, False)


@pytest.mark.parametrize(("language", "title"), [("es", "Restablecer contraseña"), ("en", "Reset password")])
def test_both_shortcuts_are_those_that_are_listened_to_and_have_the_forms_title(
    read: Read, language: str, title: str
) -> None:
    shortcuts = read(DEFAULT_LOCALE=language)["features"]["shortcuts"]
    assert [(found["type"], found["callback_id"], found["name"]) for found in shortcuts] == [
        ("global", SHORTCUT, title),
        ("message", MESSAGE_SHORTCUT, title),
    ]
    assert shortcuts[0]["description"] != shortcuts[1]["description"]


def test_the_app_has_a_home_and_messages_to_which_nobody_can_write(read: Read) -> None:
    home = read()["features"]["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert home["messages_tab_read_only_enabled"]


def _faults(manifest: dict[str, Any]) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return [fault.message for fault in Draft7Validator(schema).iter_errors(manifest)]


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flatten(inner, f"{path}.{key}" if path else key)
        case list():
            for inner in value:
                yield from _flatten(inner, f"{path}[]" if not isinstance(inner, dict) else path)
        case _:
            yield path, value


def _read_yaml(text: str) -> Iterator[tuple[str, object]]:
    """Read as much of YAML as a manifest uses: nested keys, lists, values on one line, and `|-` for several lines."""
    open_keys: list[tuple[int, str]] = []
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    while lines:
        line = lines.pop(0)
        is_item = line.lstrip().startswith("- ")
        shown = line.lstrip().removeprefix("- ")
        indent = len(line) - len(shown)
        open_keys = [(depth, key) for depth, key in open_keys if depth < indent]
        found = re.fullmatch(r"(\w+):(?: (.*))?", shown)
        if found is None:
            yield ".".join(key for _, key in open_keys) + "[]" * is_item, _read_scalar(shown)
            continue
        open_keys.append((indent, found[1]))
        value, path = found[2], ".".join(key for _, key in open_keys)
        if value == "|-":
            block = []
            while len(lines[0]) - len(lines[0].lstrip()) > indent:
                block.append(lines.pop(0).strip())
            yield path, "\n".join(block)
        elif value is not None:
            yield path, _read_scalar(value)


def _read_scalar(text: str) -> object:
    """Text that is not quoted is text unless it is a number or a truth; quoted text is JSON."""
    assert ": " not in text or text.startswith('"')
    return json.loads(text) if text[0] in '"-0123456789' or text in {"true", "false", "null"} else text
