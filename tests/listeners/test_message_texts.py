"""What people read in a message that comes with a message shortcut."""

from typing import Any

import pytest

from bot.listeners.message_texts import read_texts


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<mailto:ana@example.com|ana@example.com>", "ana@example.com"),
        ("<mailto:ana@example.com>", "ana@example.com"),
        ("<https://example.com/?u=eva@example.org|Ticket 516757>", "Ticket 516757"),
        ("<https://example.com/eva@example.org>", ""),
        ("<@U012AB3CD> <#C012AB3CD|general> <!here> <!subteam^S012AB3CD|@soporte>", ""),
        ("Ana &lt;ana@example.com&gt; &amp; Co", "Ana <ana@example.com> & Co"),
    ],
)
def test_markup_is_read_as_it_is_shown(text: str, read: str) -> None:
    [found] = read_texts({"text": text})
    assert found.strip() == read


def test_a_message_of_blocks_is_read_like_one_of_text() -> None:
    blocks = [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "Escribe "},
                        {"type": "link", "url": "mailto:ana@example.com", "text": "Ana"},
                        {"type": "user", "user_id": "U012AB3CD"},
                    ],
                },
                {
                    "type": "rich_text_list",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "uno"}]}],
                },
            ],
        },
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "dos"},
            "fields": [{"type": "plain_text", "text": "tres"}],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "cuatro"}]},
    ]
    read = read_texts({"text": "primero", "blocks": blocks})
    assert read == ("primero", "Escribe ", "ana@example.com", "Ana", "uno", "dos", "tres", "cuatro")


def test_what_another_app_attaches_is_read() -> None:
    attachment = {
        "title": "[Ticket ID: 516757]",
        "text": "Ana",
        "fields": [{"title": "De", "value": "ana@example.com"}],
    }
    assert read_texts({"text": "", "attachments": [attachment]}) == (
        "",
        "[Ticket ID: 516757]",
        "Ana",
        "De",
        "ana@example.com",
    )


@pytest.mark.parametrize(
    "message", [{}, {"text": None}, {"text": 7, "blocks": "no"}, {"blocks": [None, 1, {"text": {}}]}]
)
def test_what_is_no_text_is_passed_over(message: dict[str, Any]) -> None:
    assert read_texts(message) == ()


def test_a_message_nested_without_end_is_read_as_far_as_people_nest() -> None:
    deep: dict[str, Any] = {"text": "deep down"}
    for _ in range(500):
        deep = {"elements": [deep]}
    assert read_texts({"text": "on top", "blocks": [deep]}) == ("on top",)
