import re
import string
from pathlib import Path

import pytest

from sandbox.words import LANGUAGES, Part, choose_words

ROOT = Path(__file__).resolve().parents[2]
PARTS: tuple[Part, ...] = ("page", "slack", "demo", "labels")
KEY = re.compile(r"""\b\w*(?:words|labels)\b[^\[\n]*\[(f?)["']([^"']+)["']""")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def sources() -> str:
    folders = ("sandbox", "tests/page")
    return "\n".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("part", PARTS)
def test_each_language_has_the_same_words_with_the_same_placeholders(part: Part) -> None:
    first, *others = ({name: placeholders(text) for name, text in choose_words(one, part).items()} for one in LANGUAGES)

    assert first
    assert others == [first]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty(language: str) -> None:
    assert all(text.strip() for part in PARTS for text in choose_words(language, part).values())


def test_each_word_that_the_code_names_exists() -> None:
    words = {name for part in PARTS for name in choose_words("en", part)}
    named = KEY.findall(sources())

    assert len(named) > 100
    assert [name for is_computed, name in named if not is_computed and name not in words] == []
    tables = {name.partition(".")[0] for name in words if "." in name}
    assert {name.partition(".")[0] for is_computed, name in named if is_computed} <= tables


def test_each_word_is_used() -> None:
    code = sources()
    computed = {name.partition(".")[0] for is_computed, name in KEY.findall(code) if is_computed}
    plain = {name for part in PARTS for name in choose_words("en", part) if name.partition(".")[0] not in computed}

    assert sorted(name for name in plain if f'"{name}"' not in code and f"'{name}'" not in code) == []
