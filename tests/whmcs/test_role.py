"""The bot calls exactly the actions of the table, and never one that exposes more than a reset does."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.whmcs import REPLY_ADMIN, LocalWhmcs
from sandbox.whmcs.api import ACTIONS as LOCAL_ACTIONS
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE
from whmcs import NotPermittedError, WhmcsClient, search_clients
from whmcs.actions import ACTIONS

ROOT = Path(__file__).parents[2]
EVERYTHING = {action.name for action in ACTIONS}
REQUIRED = {action.name for action in ACTIONS if action.is_required}

# They allow a sign-in without the second factor, or expose stored passwords or hashes.
NEVER = ("CreateSsoToken", "DecryptPassword", "GetClientPassword", "UpdateUser", "SetConfigurationValue", "GetEmails")


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        yield running


@pytest.mark.asyncio
async def test_the_client_calls_every_action_of_the_table_and_no_other(local: LocalWhmcs) -> None:
    user_id = local.data.links_of_client(42)[0].user_id
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        await search_clients(client, "ana@example.com")
        await client.get_clients("ana")
        await client.get_users("ana")
        await client.get_clients_details(42)
        with contextlib.suppress(NotPermittedError):
            await client.get_clients_domains("example.com")
        await client.reset_password(user_id)
        await client.log_activity("A line.", client_id=42)
        await client.whmcs_details()
        ticket = await client.get_ticket("516757")
        await client.get_ticket_by_id(ticket.id)
        await client.get_tickets(42)
        await client.add_ticket_reply(ticket.id, "A reply.", admin=REPLY_ADMIN)
        await client.update_ticket_reply(local.replies_of("516757")[-1].id, "Another text.")
        await client.add_ticket_note(ticket.id, "A note.")
        await client.send_email(NOTICE_TEMPLATE, 42)
        others = {name for name in dir(client) if not name.startswith("_")}

    assert others == {
        *("aclose", "connect", "probe", "get_ticket_by_id"),
        *(re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in EVERYTHING),
    }, "one method of the client per action, named after it"
    assert {call.action for call in local.calls} == EVERYTHING, "call each method of the client above"


def test_the_docs_list_exactly_the_actions_of_the_table() -> None:
    table = (ROOT / "docs/whmcs.md").read_text().partition("## The API role")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == EVERYTHING, (
        "the table in docs/whmcs.md, The API role"
    )
    [line] = [line for line in (ROOT / "docs/install.md").read_text().splitlines() if "tick exactly these" in line]
    assert set(re.findall(r"`(\w+)`", line)) == EVERYTHING, "the actions to tick in docs/install.md"
    assert set(re.findall(r"`(\w+)`", line.partition(": ")[2].partition(".")[0])) == REQUIRED, (
        "the required ones, in docs/install.md"
    )


def test_the_local_whmcs_knows_the_same_actions() -> None:
    assert {name: (not action.is_optional, action.is_write) for name, action in LOCAL_ACTIONS.items()} == {
        action.name: (action.is_required, action.is_write) for action in ACTIONS
    }, "ACTIONS in sandbox/whmcs/api.py differs from whmcs/actions.py"


def test_no_code_names_an_action_that_exposes_more_than_a_reset() -> None:
    files = [
        path for folder in ("bot", "whmcs") for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".php"}
    ]
    assert len(files) > 50
    named = [(path.name, name) for path in files for name in NEVER if name.casefold() in path.read_text().casefold()]
    assert named == []
