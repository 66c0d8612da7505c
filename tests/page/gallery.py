"""The page with everything of Block Kit that it draws, and something that it does not: `python -m tests.page.gallery`."""

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from sandbox.page.server import serve_world
from sandbox.page.world import make_world
from sandbox.slack import LocalSlack, Person
from sandbox.slack.views import fill_in_ids
from sandbox.slack.workspace import BOT_USER_ID, JsonObject


def plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> JsonObject:
    return {"type": "mrkdwn", "text": text}


def options(*texts: str) -> list[JsonObject]:
    return [{"text": plain(text), "value": text} for text in texts]


def field(label: str, element: JsonObject, **more: object) -> JsonObject:
    return {"type": "input", "label": plain(label), "element": element, **more}


CONFIRM: Final[JsonObject] = {
    "title": plain("Are you sure?"),
    "text": mrkdwn("It can *not* be undone."),
    "confirm": plain("Do it"),
    "deny": plain("Rather not"),
    "style": "danger",
}
OVERFLOW: Final[JsonObject] = {"type": "overflow", "options": [{"text": plain("More"), "value": "more"}]}
FORM: Final[JsonObject] = {
    "type": "modal",
    "title": plain("Everything"),
    "submit": plain("Send"),
    "blocks": [
        {"type": "header", "text": plain("A header")},
        {"type": "divider"},
        {
            "type": "section",
            "text": mrkdwn("*bold* _slanted_ ~struck~ `code` <https://example.com|a link> <#C0SOPORTE>"),
        },
        {"type": "section", "text": plain("With more"), "accessory": OVERFLOW},
        {"type": "context", "elements": [plain("*literal* <b>text</b> & more")]},
        field("Colour", {"type": "static_select", "options": options("Red", "Green")}),
        field("Extras", {"type": "checkboxes", "options": options("Salt", "Pepper")}, optional=True),
        field(
            "Story", {"type": "plain_text_input", "multiline": True}, hint=plain("As long as you like"), optional=True
        ),
        field("Name", {"type": "plain_text_input", "max_length": 20}),
    ],
}
TOP: Final[JsonObject] = {
    "type": "modal",
    "title": plain("On top"),
    "blocks": [{"type": "section", "text": plain("A view")}],
}
MESSAGE: Final[list[JsonObject]] = [
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "press", "text": plain("Press me"), "confirm": CONFIRM}],
    }
]


def fill(slack: LocalSlack, person: Person, colleague: Person) -> None:
    """Open the form for one person and two views for another, and post a message with a button to both."""
    workspace = slack.workspace
    slack.views.open(workspace.issue_trigger(person.id), FORM)
    below = slack.views.open(workspace.issue_trigger(colleague.id), FORM)
    slack.views.put_on(below, TOP)
    workspace.post(workspace.channel(slack.general), "A button", fill_in_ids(MESSAGE), author=BOT_USER_ID)


async def main() -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory() as name, contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        async with make_world(Path(name), locale="es") as world:
            sofia, alex = (member.person for member in world.cast[:2])
            fill(world.slack, alex, sofia)
            await serve_world(world, listener, click.echo)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(main())
    sys.exit(0)
