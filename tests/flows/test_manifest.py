"""The app of `manifest` has exactly the scopes that the bot needs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bot
from bot.__main__ import main
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.harness.world import EMAIL, SET, World, complete_reset

# The scope of each Web API method, from its page at docs.slack.dev/reference/methods.
SCOPES = {
    "apps.connections.open": None,  # needs connections:write of the app-level token, which is no bot scope
    "auth.test": None,
    "views.open": None,
    "views.push": None,
    "views.update": None,
    "conversations.history": "im:history",  # for direct messages, the only ones that the bot reads
    "views.publish": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "users.info": "users:read",
    "usergroups.users.list": "usergroups:read",
}
RESPONSE_URL = "response_url"


def read_manifest(**environ: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CliRunner(env=environ).invoke(main, ["manifest", "--json"]).stdout)
    return found


@pytest.mark.asyncio
@pytest.mark.both_modes
async def test_both_methods_work_with_exactly_the_manifests_scopes_and_endpoint(world: World) -> None:
    is_socket = world.mode == "socket"
    manifest = read_manifest(**({} if is_socket else {"PUBLIC_URL": world.public_url}))
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    [command] = manifest["features"]["slash_commands"]
    assert manifest["settings"]["socket_mode_enabled"] == is_socket
    world.slack.granted_scopes.clear()
    world.slack.granted_scopes.update(scopes)
    if not is_socket:
        world.slack.connect_bot(command["url"])

    async with world.bot(WHMCS_REPLY_ADMIN="support"):
        home = await world.agent.opens_home()
        await home.shows("WHMCS responde")
        await complete_reset(world.agent, "#51", EMAIL)
        modal = await open_reply(await reset_with_ticket(world.agent, SET))
        await modal.submit()
        await modal.shows("La respuesta está en el ticket")
        message = await world.agent.direct_message(containing="Contraseña nueva")
        await message.press("Borrar ahora")
        await world.until(lambda: message.is_deleted)

    assert {call.error for call in world.slack.calls} == {None}
    called = {call.method for call in world.slack.calls} - {RESPONSE_URL}
    assert called == SCOPES.keys() - (set() if is_socket else {"apps.connections.open"})
    assert scopes == {"commands", *filter(None, map(SCOPES.get, called))}


def test_the_code_names_no_other_web_api_methods() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (Path(bot.__file__).parent / "slack").glob("*.py")]
    # Names of log events are excluded.
    quoted = r'(_logger\.\w+\(\s*)?"((?:[a-z]+\.)+[A-Za-z]+)"'
    named = {name for text in sources for is_event, name in re.findall(quoted, text) if not is_event}
    named -= {"hooks.slack.com"}
    assert named == SCOPES.keys()
