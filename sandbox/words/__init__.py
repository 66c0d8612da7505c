"""The demo's own words, one TOML file per language. A new word is a line in each; a test compares the files."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

Words = Mapping[str, str]
"""Texts by name; a word of a table has the table's name before its own (`fault.whmcs_slow`). Braces are placeholders."""

Part = Literal["page", "slack", "demo", "labels"]
"""The demo's page, Slack's own client, the demo in the terminal, and the bot's labels by which the demo finds its way."""

LANGUAGES: Final = ("es", "en")


def choose_words(locale: str, part: Part) -> Words:
    """Return the words for a language or a Slack locale such as es-ES; English for languages other than Spanish."""
    return _read("es" if locale.startswith("es") else "en")[part]


@cache
def _read(language: str) -> Mapping[str, Words]:
    tables = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text("utf-8"))
    return {part: dict(_flatten(table)) for part, table in tables.items()}


def _flatten(table: Mapping[str, str | Mapping[str, str]]) -> list[tuple[str, str]]:
    words = []
    for name, value in table.items():
        inner = {"": value} if isinstance(value, str) else value
        words += [(f"{name}.{key}".rstrip("."), text) for key, text in inner.items()]
    return words
