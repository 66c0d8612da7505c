"""The visible texts in the payload of a message shortcut."""

from typing import Any

import pytest

from bot.domain.reading import Mail
from bot.listeners.message_text import read_mails, read_texts


def test_a_message_of_blocks_is_read_like_one_of_text() -> None:
    blocks = [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "Escribe lopez&"},
                        {"type": "link", "url": "mailto:ana@example.com", "text": "ana@example.com"},
                        {"type": "user", "user_id": "U012AB3CD"},
                        {"type": "link", "url": "https://example.com"},
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
    sentence = "Escribe lopez&<mailto:ana@example.com|ana@example.com> <https://example.com>"
    assert read == ("primero", sentence, "uno", "dos", "tres", "cuatro")


def test_attachments_of_another_app_are_read() -> None:
    attachment = {
        "title": "[Ticket ID: 516757]",
        "text": "Ana",
        "fields": [{"title": "De", "value": "ana@example.com"}],
    }
    assert read_texts({"text": "", "attachments": [attachment]}) == (
        "",
        "[Ticket ID: 516757]",
        "Ana",
        "De: ana@example.com",
    )


def test_a_forwarded_mail_is_read_from_files_even_in_a_shared_message() -> None:
    mail = {
        "filetype": "email",
        "subject": "No puedo entrar",
        "from": [{"address": "ana@example.com", "name": "Ana"}],
        "to": [{"address": "soporte@example.org"}],
        "cc": [{"address": "eva@example.org"}],
        "plain_text": "Hola",
    }
    read = Mail(
        subject="No puedo entrar",
        senders=("ana@example.com",),
        recipients=("soporte@example.org", "eva@example.org"),
        text="Hola",
    )
    assert read_mails({"text": "", "files": [mail]}) == (read,)
    assert read_mails({"attachments": [{"files": [{**mail, "filetype": "", "mode": "email"}]}]}) == (read,)


@pytest.mark.parametrize(
    "message", [{}, {"text": None}, {"text": 7, "blocks": "no"}, {"blocks": [None, 1, {"text": {}}]}]
)
def test_values_that_are_no_text_are_ignored(message: dict[str, Any]) -> None:
    assert read_texts(message) == ()


@pytest.mark.parametrize(
    "files", [None, "no", [None, 1], [{"filetype": "text", "plain_text": "x"}], [{"filetype": [], "mode": {}}]]
)
def test_files_that_are_no_mail_are_ignored(files: object) -> None:
    assert read_mails({"files": files, "attachments": [None, {"files": files}]}) == ()


def test_an_incomplete_mail_is_read_as_far_as_possible() -> None:
    assert read_mails({"files": [{"mode": "email", "from": "no", "to": [{"name": "Eva"}], "plain_text": 7}]}) == (
        Mail(recipients=("",)),
    )


def test_a_deeply_nested_message_is_read_to_a_limited_depth() -> None:
    deep: dict[str, Any] = {"text": "deep down"}
    for _ in range(500):
        deep = {"elements": [deep]}
    assert read_texts({"text": "on top", "blocks": [deep]}) == ("on top",)


@pytest.mark.parametrize("odd", [["text"], {"a": 1}, 5, None])
def test_a_part_whose_type_is_no_text_is_read_like_any_other(odd: object) -> None:
    assert read_texts({"blocks": [{"type": odd, "text": {"type": odd, "text": "uno"}}]}) == ("uno",)
