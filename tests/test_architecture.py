"""What the import rules in pyproject.toml can't say, since they see a library as one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import bot

BOT = Path(bot.__file__).parent
CALLING = ("slack_sdk.web", "slack_sdk.webhook", "slack_sdk.socket_mode", "slack_sdk.http_retry")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names, wherever in it, and what it takes from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)


def modules_that_import(*names: str) -> set[str]:
    return {
        path.relative_to(BOT).as_posix()
        for path in BOT.rglob("*.py")
        for found in imported(path)
        if any(found == name or found.startswith(f"{name}.") for name in names)
    }


def test_only_bot_slack_calls_slack() -> None:
    callers = modules_that_import(*CALLING)
    assert callers
    assert {caller for caller in callers if not caller.startswith("slack/")} == set()


def test_nobody_takes_a_way_round_through_slack_sdk_itself() -> None:
    assert modules_that_import("slack_sdk.WebClient", "slack_sdk.WebhookClient") == set()


def test_only_the_words_know_the_catalogues() -> None:
    callers = modules_that_import("gettext", "babel")
    assert {caller for caller in callers if not caller.startswith("views/text/")} == set()


def test_passwords_and_references_are_drawn_from_the_systems_randomness() -> None:
    assert modules_that_import("secrets") >= {"domain/passwords.py", "domain/references.py"}
    assert not {caller for caller in modules_that_import("random") if caller.startswith("domain/")}
