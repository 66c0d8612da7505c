"""What the bot asks of WHMCS, exactly: the role's actions, and never one that gives more away."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.whmcs import REPLY_ADMIN, LocalWhmcs
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE
from sandbox.whmcs.server import ROLE, TICKET_ROLE
from whmcs import NotPermittedError, WhmcsClient

ROOT = Path(__file__).parents[2]
OPTIONAL = "GetClientsDomains"
EVERYTHING = {*ROLE, *TICKET_ROLE, OPTIONAL}

# A sign-in without a second factor; stored passwords in clear; a client's password hash.
NEVER = ("CreateSsoToken", "DecryptPassword", "GetClientPassword", "UpdateUser", "SetConfigurationValue", "GetEmails")


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        yield running


@pytest.mark.asyncio
async def test_all_that_the_client_can_ask_of_whmcs_is_what_the_role_is_said_to_need(local: LocalWhmcs) -> None:
    user_id = local.data.links_of_client(42)[0].user_id
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        await client.search("ana@example.com")
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
        *("aclose", "connect", "probe"),
        *("search", "get_clients", "get_users", "get_clients_details", "get_clients_domains"),
        *("reset_password", "log_activity", "whmcs_details"),
        *("get_ticket", "get_ticket_by_id", "get_tickets"),
        *("add_ticket_reply", "update_ticket_reply", "add_ticket_note", "send_email"),
    }
    assert {call.action for call in local.calls} == EVERYTHING


def test_the_pages_list_the_roles_actions_exactly() -> None:
    table = (ROOT / "docs/whmcs.md").read_text().partition("## The API role")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == EVERYTHING
    [line] = [line for line in (ROOT / "docs/install.md").read_text().splitlines() if "tick exactly these" in line]
    assert set(re.findall(r"`(\w+)`", line)) == EVERYTHING


def test_an_action_that_gives_more_away_is_named_nowhere_in_the_code() -> None:
    files = [
        path for folder in ("bot", "whmcs") for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".php"}
    ]
    assert len(files) > 50
    named = [(path.name, name) for path in files for name in NEVER if name.casefold() in path.read_text().casefold()]
    assert named == []
