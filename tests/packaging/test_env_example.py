"""`.env.example` lists every setting with its default."""

import re
import subprocess

from pydantic import SecretStr

from bot.settings import Settings
from tests.packaging.dockerfile import ROOT

EXAMPLE = ROOT / ".env.example"
SETTING = re.compile(r"(#?)([A-Z][A-Z_]+)=(.*)")
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()
SHOWN = [found.groups() for line in LINES if (found := SETTING.fullmatch(line))]


def test_every_setting_is_shown_once_and_no_other() -> None:
    assert sorted(name for _, name, _ in SHOWN) == sorted(name.upper() for name in Settings.model_fields)


def test_every_setting_or_its_group_has_a_comment_above_it() -> None:
    is_explained = False
    for line in LINES:
        if SETTING.fullmatch(line):
            assert is_explained, line
        else:
            is_explained = line.startswith("# ") and not line.startswith("# ---")


def test_commented_out_values_are_the_defaults() -> None:
    for hidden, name, value in SHOWN:
        if hidden:
            default = Settings.model_fields[name.lower()].default
            default = default.get_secret_value() if isinstance(default, SecretStr) else default
            assert value == (str(default) if isinstance(default, str | int) else ""), name


def test_the_uncommented_settings_are_enough_to_start_with_real_values() -> None:
    given = {name: value for hidden, name, value in SHOWN if not hidden}
    settings = Settings.load(given)
    assert settings.agent_users
    required = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
    assert required <= given.keys()


def test_the_example_secrets_are_visible_placeholders() -> None:
    secrets = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    shown = {name: value for hidden, name, value in SHOWN if name in secrets and not hidden}
    assert shown
    assert [name for name, value in shown.items() if "EXAMPLE" not in value] == []


def test_a_shell_can_source_the_example() -> None:
    read = subprocess.run(
        ["sh", "-c", 'set -a; . "$0"; env', EXAMPLE],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert read.stderr == ""
    assert "WHMCS_URL=https://whmcs.example.com\n" in read.stdout
