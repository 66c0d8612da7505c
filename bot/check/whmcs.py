"""WHMCS: address, TLS, redirect, whether our address and credentials are accepted, each action's permission, version."""

import asyncio
import re
from typing import Final, Literal
from urllib.parse import urlsplit

import whmcs
from bot.check.connections import advise_on_page, advise_on_silence
from bot.check.report import Line, Lines, climb, failed, not_tried, ok, warning
from bot.settings import Settings

_ADDRESS: Final = "whmcs.address"
_TLS: Final = "whmcs.tls"
_REDIRECT: Final = "whmcs.redirect"
_ANSWER: Final = "whmcs.answer"
_CALLER: Final = "whmcs.caller"
_CREDENTIALS: Final = "whmcs.credentials"
_VERSION: Final = "whmcs.version"
_TICKETS: Final = "whmcs.tickets"
_REPLIES: Final = "whmcs.replies"
_NOTICES: Final = "whmcs.notices"

_VERSION_ACTION: Final = "WhmcsDetails"
_NEEDED: Final = ("GetClients", "GetUsers", "GetClientsDetails", "ResetPassword", "LogActivity")
_FEATURES: Final = (
    ("whmcs.domains", "a search by domain", ("GetClientsDomains",)),
    (_TICKETS, "tickets", ("GetTicket", "GetTickets")),
    (_REPLIES, "replies on tickets", ("AddTicketNote", "AddTicketReply", "UpdateTicketReply")),
    (_NOTICES, "notices to clients", ("SendEmail",)),
)
_OLDEST: Final = (8, 1)
_SECONDS: Final = 8.0
Outcome = Literal["allowed", "taken for done"] | whmcs.WhmcsError
_SEE_LOGS: Final = "See the web server's error log and WHMCS's activity log there, then check again."
_ROLES: Final = "In WHMCS, System Settings > Manage API Credentials > API Roles"


async def check_whmcs(settings: Settings) -> Lines:
    key = settings.whmcs_api_access_key
    async with whmcs.WhmcsClient.connect(
        settings.whmcs_url,
        settings.whmcs_api_identifier.get_secret_value(),
        settings.whmcs_api_secret.get_secret_value(),
        key.get_secret_value() if key is not None else None,
    ) as client:
        try:
            version: str | None = await client.whmcs_details(deadline_seconds=_SECONDS)
            denial = None
        except whmcs.NotPermittedError as error:
            # It is said to those alone whose address and credentials are good.
            version, denial = None, error
        except whmcs.WhmcsError as error:
            return _stopped(settings, _explain(error, settings.whmcs_url))
        return (
            *climb(_rungs(settings), None),
            _judge_version(version),
            *await _try_actions(client),
            _judge_action(_VERSION_ACTION, denial or "allowed"),
            *await _try_features(client, settings),
        )


def _rungs(settings: Settings) -> tuple[tuple[str, str], ...]:
    is_plain = urlsplit(settings.whmcs_url).scheme == "http"
    return (
        (_ADDRESS, settings.whmcs_url),
        (_TLS, "none: plain http, which is for this machine alone" if is_plain else "the certificate is accepted"),
        (_REDIRECT, "none"),
        (_ANSWER, "the API answers"),
        (_CALLER, "WHMCS lets our address in"),
        (_CREDENTIALS, "accepted"),
    )


def _stopped(settings: Settings, line: Line) -> Lines:
    actions = (*_NEEDED, _VERSION_ACTION)
    rest = (_VERSION, *map(_name, actions), *(check for check, _, _ in _FEATURES))
    return (*climb(_rungs(settings), line), *not_tried(rest, line.check))


def _explain(error: whmcs.WhmcsError, url: str) -> Line:
    match error:
        case whmcs.UnreachableError():
            return failed(_TLS if error.reason == "tls" else _ADDRESS, *advise_on_silence(error, url, "WHMCS_URL"))
        case whmcs.RedirectedError():
            base = error.location.rstrip("/").removesuffix("/includes/api.php")
            return failed(
                _REDIRECT,
                f"{url} redirects to {error.location or 'an unnamed place'}; secrets are not sent there",
                f"Set WHMCS_URL={base}, if that is your WHMCS." if base else "Correct WHMCS_URL.",
            )
        case whmcs.AddressRefusedError():
            return failed(
                _CALLER,
                f"WHMCS refuses our address {error.address}"
                if error.address
                else "WHMCS refuses our address, and does not name it",
                "In WHMCS, General Settings > Security > API IP Access Restriction: add "
                f"{error.address or 'the address of this host as WHMCS sees it'}.",
            )
        case whmcs.CredentialsError():
            return failed(
                _CREDENTIALS,
                "WHMCS does not accept the API credential",
                "Copy identifier and secret anew into WHMCS_API_IDENTIFIER and WHMCS_API_SECRET (System Settings >"
                " Manage API Credentials); the credential's admin must be active and have API Access.",
            )
        case whmcs.UnusableAnswerError():
            return failed(_ANSWER, *advise_on_page(error, f"{url}/includes/api.php", "WHMCS_URL"))
        case whmcs.RefusedError():
            return failed(_ANSWER, f"WHMCS refuses: {error.message}", "Solve what WHMCS says, then check again.")
        case _:
            return failed(_ANSWER, str(error), "Check again.")


def _judge_version(version: str | None) -> Line:
    if version is None:
        return warning(_VERSION, f"not told, for want of {_VERSION_ACTION}", f"First solve {_name(_VERSION_ACTION)}.")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if not numbers:
        return warning(_VERSION, f"{version}, which can't be compared", "Make sure that WHMCS is 8.1 or newer.")
    if numbers < _OLDEST:
        return failed(_VERSION, f"{version}; the bot needs 8.1 or newer", "Update WHMCS.")
    return ok(_VERSION, version)


async def _try_actions(client: whmcs.WhmcsClient) -> Lines:
    outcomes = await asyncio.gather(*(_probe(client, action) for action in _NEEDED))
    return tuple(_judge_action(action, outcome) for action, outcome in zip(_NEEDED, outcomes, strict=True))


async def _probe(client: whmcs.WhmcsClient, action: str) -> Outcome:
    try:
        return "allowed" if await client.probe(action, deadline_seconds=_SECONDS) else "taken for done"
    except whmcs.WhmcsError as error:
        return error


def _judge_action(action: str, outcome: Outcome) -> Line:
    match outcome:
        case "allowed":
            return ok(_name(action), "allowed")
        case "taken for done":
            return warning(
                _name(action),
                "allowed, but WHMCS took an incomplete call for done",
                f"Tell the makers of this bot that {action} did so, and which version of WHMCS you have.",
            )
        case whmcs.UnknownActionError():
            return failed(_name(action), "this WHMCS does not have the action", "Update WHMCS to 8.1 or newer.")
        case whmcs.NotPermittedError():
            return failed(_name(action), "not in the role", f"{_ROLES}: add {action} to the role of this credential.")
        case error:
            return failed(_name(action), f"not known: {_without_action(error)}", _SEE_LOGS)


async def _try_features(client: whmcs.WhmcsClient, settings: Settings) -> Lines:
    unwanted = _judge_unwanted(settings)
    actions = [action for check, _, names in _FEATURES if check not in unwanted for action in names]
    outcomes = dict(zip(actions, await asyncio.gather(*(_probe(client, action) for action in actions)), strict=True))
    return tuple(
        unwanted.get(check) or _judge_feature(check, purpose, {action: outcomes[action] for action in names})
        for check, purpose, names in _FEATURES
    )


def _judge_unwanted(settings: Settings) -> dict[str, Line]:
    """The features that the settings leave out, which need nothing of the role."""
    lines = []
    if settings.ticket_policy == "off":
        lines += [ok(check, "not needed: TICKET_POLICY is off") for check in (_TICKETS, _REPLIES)]
    elif not settings.whmcs_reply_admin:
        lines.append(
            warning(
                _REPLIES,
                "WHMCS_REPLY_ADMIN is not set, so that agents can't reply on tickets",
                "Set WHMCS_REPLY_ADMIN to the user name of the WHMCS admin in whose name replies are to stand.",
            )
        )
    if not settings.password_notice_template:
        lines.append(ok(_NOTICES, "not needed: PASSWORD_NOTICE_TEMPLATE is not set"))
    return {line.check: line for line in lines}


def _judge_feature(check: str, purpose: str, outcomes: dict[str, Outcome]) -> Line:
    missing = [action for action, outcome in outcomes.items() if isinstance(outcome, whmcs.NotPermittedError)]
    if missing:
        names = ", ".join(missing)
        return warning(
            check,
            f"not in the role: {names}",
            f"{_ROLES}: add {names} to the role of this credential, if you want {purpose}.",
        )
    unclear = [action for action, outcome in outcomes.items() if outcome != "allowed"]
    if unclear:
        return warning(check, f"not known: {', '.join(unclear)}", _SEE_LOGS)
    return ok(check, f"allowed: {', '.join(outcomes)}")


def _without_action(error: whmcs.WhmcsError) -> str:
    return str(error).removeprefix(f"{error.action}: ")


def _name(action: str) -> str:
    return f"whmcs.action.{action}"
