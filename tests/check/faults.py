"""The faults of the local servers that docs/check.md shows."""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Final, TypeAlias

from sandbox.ports import free_port
from sandbox.slack import Fault as SlackFault
from sandbox.whmcs import Fault, FaultKind
from sandbox.whmcs.api import OPTIONAL_ACTIONS, ROLE
from tests.check.installation import Installation
from tests.tls import serve_tls

Settings: TypeAlias = dict[str, str]
Switch: TypeAlias = Callable[[Installation, AsyncExitStack], Awaitable[Settings]]
"""Activates a fault until the stack is closed and returns the settings it needs."""


def _settings(**values: str) -> Switch:
    async def switch(_: Installation, __: AsyncExitStack) -> Settings:
        return values

    return switch


def _whmcs(action: str, kind: FaultKind) -> Switch:
    async def switch(here: Installation, _: AsyncExitStack) -> Settings:
        here.world.whmcs.faults.add(Fault(action, kind))
        return {}

    return switch


def _slack(method: str, error: str) -> Switch:
    async def switch(here: Installation, _: AsyncExitStack) -> Settings:
        here.world.slack.faults.add(SlackFault(method, "error", error=error))
        return {}

    return switch


def _slack_redirect(method: str) -> Switch:
    async def switch(here: Installation, _: AsyncExitStack) -> Settings:
        here.world.slack.faults.add(SlackFault(method, "redirect", status=308))
        return {}

    return switch


def _role_without(*actions: str) -> Switch:
    async def switch(here: Installation, _: AsyncExitStack) -> Settings:
        lost = {action.casefold() for action in actions}
        here.world.whmcs.access.allowed_actions = {
            action for action in (*ROLE, *OPTIONAL_ACTIONS) if action.casefold() not in lost
        }
        return {}

    return switch


def _change(change: Callable[[Installation], object]) -> Switch:
    async def switch(here: Installation, _: AsyncExitStack) -> Settings:
        change(here)
        return {}

    return switch


async def _database_missing(here: Installation, _: AsyncExitStack) -> Settings:
    return {"DATABASE_URL": f"sqlite:///{here.world.database.parent}/new.db"}


async def _database_without_tables(here: Installation, _: AsyncExitStack) -> Settings:
    path = here.world.database.parent / "empty.db"
    path.touch()
    return {"DATABASE_URL": f"sqlite:///{path}"}


async def _database_read_only(here: Installation, _: AsyncExitStack) -> Settings:
    return {"DATABASE_URL": f"sqlite:///file:{here.world.database}?mode=ro&uri=true"}


async def _database_locked(here: Installation, stack: AsyncExitStack) -> Settings:
    connection = stack.enter_context(contextlib.closing(sqlite3.connect(here.world.database, isolation_level=None)))
    connection.execute("BEGIN IMMEDIATE")
    return {}


async def _postgresql_down(_: Installation, __: AsyncExitStack) -> Settings:
    return {"DATABASE_URL": f"postgresql://bot:fake@127.0.0.1:{free_port()}/bot"}


def _lose_scope(here: Installation) -> None:
    here.world.slack.granted_scopes.remove("usergroups:read")


async def _guest_alone(here: Installation, _: AsyncExitStack) -> Settings:
    guest = here.world.slack.add_person("Greta Guest", is_guest=True)
    return {"AGENT_USER_GROUPS": "", "AGENT_USERS": guest.id}


async def _stranger(here: Installation, _: AsyncExitStack) -> Settings:
    stranger = here.world.slack.add_person("Stella Stranger")
    return {"SET_PASSWORD_USERS": f"{stranger.id},{here.world.agent.id}"}


async def _other_signing_secret(here: Installation, stack: AsyncExitStack) -> Settings:
    await stack.enter_async_context(here.world.bot())
    return {"SLACK_SIGNING_SECRET": "07e2fa4e5ec2e707e2fa4e5ec2e707e2"}


async def _whmcs_stopped(here: Installation, stack: AsyncExitStack) -> Settings:
    await here.world.whmcs.stop()
    stack.push_async_callback(here.world.whmcs.start)
    return {"WHMCS_COMPANION_SECRET": ""}


async def _untrusted_certificate(here: Installation, stack: AsyncExitStack) -> Settings:
    port = await stack.enter_async_context(serve_tls(here.world.database.parent))
    return {"WHMCS_URL": f"https://localhost:{port}", "WHMCS_COMPANION_SECRET": ""}


async def _no_tls(here: Installation, _: AsyncExitStack) -> Settings:
    return {"WHMCS_URL": here.world.whmcs.url.replace("http:", "https:"), "WHMCS_COMPANION_SECRET": ""}


FAULTS: Final[Mapping[str, Mapping[str, Switch]]] = {
    "Settings": {
        "a malformed signing secret": _settings(SLACK_SIGNING_SECRET="another-fake-secret"),
    },
    "Database": {
        "not created yet": _database_missing,
        "not migrated yet": _database_without_tables,
        "read-only": _database_read_only,
        "locked": _database_locked,
        "in a folder open to others": _change(lambda here: here.world.database.parent.chmod(0o755)),
        "PostgreSQL is unreachable": _postgresql_down,
    },
    "Slack": {
        "the token is revoked": _change(lambda here: here.world.slack.revoke_token()),
        "an unknown token": _settings(SLACK_BOT_TOKEN="xoxb-fake"),
        "a redirect": _slack_redirect("auth.test"),
        "a scope is missing": _change(_lose_scope),
        "a clock difference": _change(lambda here: here.world.slack.advance(600)),
        "a group is unknown": _settings(AGENT_USER_GROUPS="S0AGENTS,S0NOBODY"),
        "a plan without groups": _slack("usergroups.users.list", "plan_upgrade_required"),
        "no agents are configured": _settings(AGENT_USER_GROUPS=""),
        "a guest as the only agent": _guest_alone,
        "a person who is not an agent": _stranger,
        "no PUBLIC_URL": _settings(PUBLIC_URL=""),
        "the bot is not running": _settings(),
        "another signing secret": _other_signing_secret,
        "an unknown app token": _settings(SLACK_APP_TOKEN="xapp-fake"),
    },
    "WHMCS": {
        "it is down": _whmcs_stopped,
        "the name has no address": _settings(WHMCS_URL="https://whmcs.nowhere.test", WHMCS_COMPANION_SECRET=""),
        "the certificate is not accepted": _untrusted_certificate,
        "no TLS": _no_tls,
        "a redirect": _whmcs("WhmcsDetails", "redirect"),
        "maintenance mode": _whmcs("WhmcsDetails", "html"),
        "a firewall": _whmcs("WhmcsDetails", "html_403"),
        "our address is refused": _whmcs("WhmcsDetails", "invalid_ip"),
        "wrong credentials": _whmcs("WhmcsDetails", "credentials"),
        "the role lacks an action": _role_without("GetUsers"),
        "the role lacks the actions of optional features": _role_without(*OPTIONAL_ACTIONS),
        "no reply admin": _settings(WHMCS_REPLY_ADMIN=""),
        "WHMCS lacks an action": _whmcs("GetUsers", "unknown_action"),
        "an action fails": _whmcs("ResetPassword", "html_500"),
        "an old version": _change(lambda here: setattr(here.world.whmcs.data, "version", "8.0.4")),
    },
    "Companion": {
        "not set up": _settings(WHMCS_COMPANION_SECRET=""),
        "not installed": _whmcs("ping", "companion_absent"),
        "not activated": _whmcs("ping", "companion_inactive"),
        "our address is refused": _whmcs("ping", "companion_address"),
        "plain http": _whmcs("ping", "companion_https"),
        "another secret": _settings(WHMCS_COMPANION_SECRET="another-fake-secret"),
        "a clock difference that is refused": _change(
            lambda here: setattr(here.world.whmcs.faults, "companion_clock_offset_seconds", 600)
        ),
        "a clock difference": _change(
            lambda here: setattr(here.world.whmcs.faults, "companion_clock_offset_seconds", 120)
        ),
        "another protocol": _change(lambda here: setattr(here.world.whmcs.companion, "protocol", 2)),
        "an older module": _change(lambda here: setattr(here.world.whmcs.companion, "capabilities", ("set_password",))),
        "longer passwords required": _change(
            lambda here: setattr(here.world.whmcs.companion, "minimum_password_length", 24)
        ),
    },
}
TOGETHER: Final[tuple[tuple[str, str], ...]] = (
    ("Database", "locked"),
    ("Slack", "a scope is missing"),
    ("Slack", "a clock difference"),
    ("Slack", "no PUBLIC_URL"),
    ("WHMCS", "the role lacks the actions of optional features"),
    ("WHMCS", "WHMCS lacks an action"),
    ("WHMCS", "an action fails"),
    ("WHMCS", "an old version"),
    ("Companion", "a clock difference"),
    ("Companion", "an older module"),
    ("Companion", "longer passwords required"),
)
"""Faults that don't hide one another, for one run with all of them."""
