import pytest

from bot.domain.references import Reference
from bot.domain.replies import append_reference, fill_markers, find_markers, insert_password

REFERENCE = Reference("7K3M-Q9XD")
LINE = "Reference: 7K3M-Q9XD"


def test_markers_are_filled_and_other_text_stays() -> None:
    template = "Hello {client_name}, { this } and {} and {other}: {email}"
    values = {"client_name": "Ana", "email": "ana@example.com"}
    assert fill_markers(template, values) == "Hello Ana, { this } and {} and {other}: ana@example.com"


def test_a_name_that_looks_like_a_marker_is_not_filled() -> None:
    filled = fill_markers("Hello {client_name}: {password}", {"client_name": "{password} {email}", "email": "x"})
    assert filled == "Hello (password) (email): {password}"
    assert find_markers(fill_markers("{client_name}", {"client_name": "{password}"})) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("{}", set()),
        ("{0}", set()),
        ("{ password }", set()),
        ('a { "b": 1 } c', set()),
        ("{{password}}", {"password"}),
        ("{password} {clave}", {"password", "clave"}),
        ("{contraseña}", {"contraseña"}),
    ],
)
def test_a_marker_is_one_word_in_braces(text: str, found: set[str]) -> None:
    assert find_markers(text) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", f"Hello\n\n{LINE}"),
        ("Hello\n\n\n", f"Hello\n\n{LINE}"),
        (f"Hello\n\n{LINE}\n", f"Hello\n\n{LINE}"),
        ("Hello\nRef. 7K3M-Q9XD.", "Hello\nRef. 7K3M-Q9XD."),
        (f"{LINE}\nHello", f"{LINE}\nHello\n\n{LINE}"),
        ("", LINE),
    ],
)
def test_a_reply_ends_with_its_reference(text: str, expected: str) -> None:
    assert append_reference(text, LINE, REFERENCE) == expected


def test_a_password_replaces_its_marker_and_other_braces_stay() -> None:
    text = "{0} {} %s {email} {password} {{x}}"
    assert insert_password(text, "Fake{0}{password}") == "{0} {} %s {email} Fake{0}{password} {{x}}"
