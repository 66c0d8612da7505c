"""Every text in the code has its Spanish one, with the same placeholders, and the catalogue has nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TypeAlias

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bot
from tests.views import samples

Text: TypeAlias = str | tuple[str, ...]

BOT = Path(bot.__file__).parent
VIEWS = BOT / "views"
CATALOGUE = BOT / "locales" / "es" / "LC_MESSAGES" / "bot.po"


def collected() -> list[Text]:
    """Return the texts that `make texts` collects, in its order: by file and line."""
    found = extract_from_dir(str(VIEWS), [("**.py", "python")], keywords={"say": None, "mark": None, "count": (1, 2)})
    catalogue = Catalog()
    for path, line, message, _, _ in found:
        catalogue.add(message, locations=[(path, line)])
    messages = sorted((message for message in catalogue if message.id), key=lambda message: message.locations)
    return [message.id if isinstance(message.id, str) else tuple(message.id) for message in messages]


def extracted() -> set[Text]:
    return set(collected())


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
    """Every text in the bot's code, including any outside the folder that `make texts` reads.

    `say` of anything but a text takes one that is marked elsewhere.
    """
    for path in sorted(BOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[ast.Constant() | ast.JoinedStr() as message]):
                    yield str(path.relative_to(BOT)), ast.literal_eval(message)
                case ast.Call(func=ast.Name(id="mark"), args=[message]):
                    yield str(path.relative_to(BOT)), ast.literal_eval(message)
                case ast.Call(func=ast.Attribute(attr="count"), args=[singular, plural, _]):
                    yield str(path.relative_to(BOT)), (ast.literal_eval(singular), ast.literal_eval(plural))


def test_every_text_in_the_code_is_collected_as_it_is_written() -> None:
    said = {text for _, text in texts_said()}
    assert said == extracted()
    assert len(said) > 100


def test_only_views_hold_texts() -> None:
    assert {path for path, _ in texts_said() if not path.startswith("views/")} == set()


def test_the_catalogue_has_every_text_and_no_other() -> None:
    assert set(translations()) == extracted(), "run `make texts`"


def test_the_catalogue_is_in_the_order_of_the_code_so_that_make_texts_changes_only_what_is_new() -> None:
    assert list(translations()) == collected(), "run `make texts`, and commit the catalogue"


def test_the_catalogue_has_no_leftover_entries() -> None:
    with CATALOGUE.open("rb") as source:
        assert not read_po(source, locale="es").obsolete


def test_every_text_is_translated_with_the_same_placeholders() -> None:
    known = translations()
    assert [text for text in TEXTS if not is_translated(text, known[text])] == [], (
        "fill in bot/locales/es/LC_MESSAGES/bot.po"
    )


def is_translated(text: Text, message: Message) -> bool:
    translated = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return (
        not message.fuzzy
        and len(translated) == len(forms(text))
        and all(found.strip() for found in translated)
        and all(are_alike(*pair) for pair in zip(forms(text), translated, strict=True))
    )


def are_alike(english: str, spanish: str) -> bool:
    return (
        placeholders(spanish) == placeholders(english)
        and english.startswith(" ") == spanish.startswith(" ")
        and english.endswith(("\n", " ")) == spanish.endswith(("\n", " "))
    )


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_text_can_be_filled_in(language: str) -> None:
    t = samples.texts(language)
    for text in TEXTS:
        values = {name: f"<{name}>" for form in forms(text) for name in placeholders(form) - {"number"}}
        if isinstance(text, str):
            said = [t.say(text, **values)]
        else:
            said = [t.count(text[0], text[1], number, **values) for number in (0, 1, 2, 1000)]
        for sentence in said:
            assert [value for value in values.values() if value not in sentence] == [], text
            assert "{" not in sentence, text


@pytest.mark.parametrize(("number", "spanish"), [(1, "Se encontró 1 cliente "), (2, "Se encontraron 2 clientes ")])
def test_one_and_many_are_distinguished(number: int, spanish: str) -> None:
    t = samples.texts("es")
    said = t.count("{number} client found for “{query}”.", "{number} clients found for “{query}”.", number, query="x")
    assert said.startswith(spanish)


def test_a_value_with_braces_stays_as_it_is() -> None:
    assert "{email} {0}" in samples.texts("es").say("Reference: {reference}", reference="{email} {0}")


def test_no_spanish_sentence_puts_an_article_before_a_time() -> None:
    """One o'clock takes another article than two."""
    spanish = " ".join(str(message.string) for message in translations().values())
    assert re.findall(r"\b(?:el|la|las|al) \{time\}", spanish) == []
