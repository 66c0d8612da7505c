"""Every text in the code has its Spanish one, with the same placeholders, and the catalogue has nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TypeAlias

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bot
from tests.views import samples

Text: TypeAlias = str | tuple[str, ...]

BOT = Path(bot.__file__).parent
WORDS = BOT / "views" / "text"
CATALOGUE = BOT / "locales" / "es" / "LC_MESSAGES" / "bot.po"


def extracted() -> set[Text]:
    """What `make texts` collects."""
    found = extract_from_dir(str(WORDS), [("**.py", "python")], keywords={"say": None, "count": (1, 2)})
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def translations() -> dict[Text, Message]:
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="es", abort_invalid=True)
    messages = [message for message in catalogue if message.id]
    return {message.id if isinstance(message.id, str) else tuple(message.id): message for message in messages}


def forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


TEXTS = sorted(extracted(), key=str)


def texts_said() -> Iterator[tuple[str, Text]]:
    """Every `….say(…)` and `….count(…)` of the bot, also those that stand where `make texts` does not see them."""
    for path in sorted(BOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[message]):
                    yield str(path.relative_to(BOT)), ast.literal_eval(message)
                case ast.Call(func=ast.Attribute(attr="count"), args=[singular, plural, _]):
                    yield str(path.relative_to(BOT)), (ast.literal_eval(singular), ast.literal_eval(plural))


def test_every_text_in_the_code_is_collected_as_it_is_written() -> None:
    said = {text for _, text in texts_said()}
    assert said == extracted()
    assert len(said) > 100


def test_sentences_are_worded_in_one_place_alone() -> None:
    assert {path for path, _ in texts_said()} <= {
        f"views/text/{path.name}" for path in WORDS.glob("*.py") if path.name != "catalogue.py"
    }


def test_the_catalogue_has_every_text_and_no_other() -> None:
    assert set(translations()) == extracted()


def test_the_catalogue_has_no_leftover_entries() -> None:
    with CATALOGUE.open("rb") as source:
        assert not read_po(source, locale="es").obsolete


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(forms(text)[0])[:40])
def test_a_text_is_translated_with_the_same_placeholders(text: Text) -> None:
    message = translations()[text]
    translated = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    assert not message.fuzzy
    assert len(translated) == len(forms(text))
    assert all(found.strip() for found in translated)
    for english, spanish in zip(forms(text), translated, strict=True):
        assert placeholders(spanish) == placeholders(english)
        assert english.startswith(" ") == spanish.startswith(" ")
        assert english.endswith(("\n", " ")) == spanish.endswith(("\n", " "))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(forms(text)[0])[:40])
def test_a_text_can_be_said_with_its_placeholders(text: Text, language: str) -> None:
    t = samples.texts(language)
    values = {name: f"<{name}>" for form in forms(text) for name in placeholders(form) - {"number"}}
    if isinstance(text, str):
        said = [t.say(text, **values)]
    else:
        said = [t.count(text[0], text[1], number, **values) for number in (0, 1, 2, 1000)]
    for sentence in said:
        assert all(value in sentence for value in values.values())
        assert "{" not in sentence


@pytest.mark.parametrize(("number", "spanish"), [(1, "Se encontró 1 cliente "), (2, "Se encontraron 2 clientes ")])
def test_one_and_many_are_told_apart(number: int, spanish: str) -> None:
    t = samples.texts("es")
    said = t.count("{number} client found for “{query}”.", "{number} clients found for “{query}”.", number, query="x")
    assert said.startswith(spanish)


def test_a_name_with_braces_is_said_as_it_is() -> None:
    assert "{email} {0}" in samples.texts("es").say("Reference: {reference}", reference="{email} {0}")
