"""Texts for replies that the administrator has written: read and checked at start."""

from pathlib import Path

import pytest

from bot.domain.replies import ReplyTemplates, ReplyText
from bot.environment import SettingsError
from bot.settings import Settings
from tests.test_settings import REQUIRED

VARIABLE = "TICKET_REPLY_TEMPLATES"


def load(folder: Path | str) -> ReplyTemplates:
    return Settings.load(REQUIRED | {VARIABLE: str(folder)}).ticket_reply_templates


def problem(folder: Path | str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder)
    [line] = caught.value.lines
    assert line.startswith(f"{VARIABLE}: ")
    return line.removeprefix(f"{VARIABLE}: ")


def test_each_file_replaces_one_text_in_one_language(tmp_path: Path) -> None:
    (tmp_path / "reset_email.es.txt").write_text("\ufeffHola {client_name}: {email}, {ticket}, {reference}\n", "utf-8")
    (tmp_path / "README.md").write_text("Our texts. {anything}", "utf-8")
    (tmp_path / "with_password.en.txt").write_text("Hello, it is {password}. { } {0}", "utf-8")
    templates = load(tmp_path)
    assert templates.find(ReplyText.RESET_EMAIL, "es") == "Hola {client_name}: {email}, {ticket}, {reference}"
    assert templates.find(ReplyText.WITH_PASSWORD, "en") == "Hello, it is {password}. { } {0}"
    assert templates.find(ReplyText.RESET_EMAIL, "en") is None


def test_a_folder_that_is_not_there_or_has_no_text_is_said(tmp_path: Path) -> None:
    assert problem(tmp_path / "CANARY") == "the folder can't be read: No such file or directory"
    (tmp_path / "file").write_text("", "utf-8")
    assert problem(tmp_path / "file") == "the folder can't be read: Not a directory"
    assert problem(tmp_path).startswith("the folder has none of reset_email.es.txt, reset_email.en.txt, set_password")


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("set_pasword.es.txt", b"Hola", "set_pasword.es.txt is none of reset_email.es.txt, "),
        ("set_password.fr.txt", b"Bonjour", "set_password.fr.txt is none of "),
        ("set_password.txt", b"Hola", "set_password.txt is none of "),
        ("set_password.es.txt", b"", "set_password.es.txt is empty"),
        ("set_password.es.txt", b" \n\t", "set_password.es.txt is empty"),
        ("set_password.es.txt", b"Hola, se\xf1ora", "set_password.es.txt can't be read: it is not UTF-8"),
        ("set_password.es.txt", b"a" * 2001, "set_password.es.txt is longer than 2000 characters"),
        (
            "set_password.es.txt",
            b"CANARY {nombre}",
            "set_password.es.txt has {nombre}; it may have {client_name}, {email}, {reference}, {ticket}",
        ),
        ("reset_email.en.txt", b"{password}", "reset_email.en.txt has {password}; it may have "),
        ("with_password.en.txt", b"{client_name}", "with_password.en.txt lacks {password}"),
    ],
)
def test_a_file_that_can_not_be_used_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes, line: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = problem(tmp_path)
    assert said.startswith(line)
    assert "CANARY" not in said


def test_a_file_that_is_closed_to_us_is_named(tmp_path: Path) -> None:
    (tmp_path / "set_password.es.txt").mkdir()
    assert problem(tmp_path) == "set_password.es.txt can't be read: Is a directory"
