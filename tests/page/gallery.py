"""The page with all parts of Block Kit that it draws, and one that it does not: `python -m tests.page.gallery`."""

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from sandbox.page.server import serve_world
from sandbox.page.world import App, Shortcut, World, make_world
from sandbox.slack import Fault, LocalSlack, Person
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
        field("Motto", {"type": "plain_text_input", "min_length": 5}, optional=True),
        {
            "type": "section",
            "text": plain("Size"),
            "accessory": {"type": "static_select", "options": options("Small", "Large")},
        },
        {"type": "actions", "elements": [{"type": "checkboxes", "options": options("Gift wrap")}]},
        {
            "type": "section",
            "text": plain("Sure"),
            "accessory": {"type": "static_select", "options": options("Yes"), "confirm": CONFIRM},
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "text", "text": "First step"}]},
                        {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0ALEXAGENT"}]},
                    ],
                }
            ],
        },
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


HOME: Final[JsonObject] = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("Welcome")},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "start", "text": plain("Start here"), "style": "primary"},
                {"type": "button", "action_id": "away", "text": plain("Elsewhere"), "url": "https://example.com/"},
            ],
        },
        {
            "type": "section",
            "text": plain("When"),
            "accessory": {"type": "radio_buttons", "options": options("Now", "Later")},
        },
        field("Remark", {"type": "plain_text_input"}, optional=True),
        {"type": "section", "text": plain("More"), "accessory": OVERFLOW},
    ],
}
SHORTCUTS: Final = (
    Shortcut("Start again", "start_again", is_global=True),
    Shortcut("Begin with this", "begin_with_this", is_global=False),
    Shortcut("Forget this", "forget_this", is_global=False),
)


def declare(world: World) -> World:
    """Return the same world with an app that has shortcuts and a Home tab, without the events for the bot."""
    world.slack.install(world.apps["es"].scopes, has_home=True)

    def extend(app: App) -> App:
        return replace(app, shortcuts=SHORTCUTS, has_home=True, events=frozenset())

    return replace(world, apps={language: extend(app) for language, app in world.apps.items()})


def fill(slack: LocalSlack, people: Mapping[str, Person]) -> None:
    """Open the form for Gina and two views for Sofía, publish a Home tab for Alex, and post a message with a button."""
    workspace = slack.workspace
    slack.views.open(workspace.issue_trigger(people["Gina"].id), FORM)
    below = slack.views.open(workspace.issue_trigger(people["Sofía"].id), FORM)
    slack.views.put_on(below, TOP)
    slack.home_tabs.publish(people["Alex"].id, HOME)
    # Otherwise the bot would publish its own Home tab in place of this one.
    slack.faults.add(Fault("views.publish", "error", error="not_enabled"))
    workspace.post(workspace.channel(slack.general), "A button", fill_in_ids(MESSAGE), author=BOT_USER_ID)


async def main() -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory() as name, contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        async with make_world(Path(name), locale="es") as world:
            declared = declare(world)
            fill(world.slack, {member.person.name.split()[0]: member.person for member in world.cast})
            await serve_world(declared, listener, click.echo)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(main())
    sys.exit(0)
