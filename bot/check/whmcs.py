"""Checks of WHMCS: address, TLS, redirects, caller's address, credentials, version, permission of each action."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import urlsplit

import whmcs
from bot.check.connections import advise_on_page, advise_on_unreachable
from bot.check.report import Line, Lines, failed, not_tried, ok, report_chain, warning
from bot.settings import Settings
from whmcs.actions import ACTIONS, WHMCS_DETAILS, Action, Feature

_ADDRESS: Final = "whmcs.address"
_TLS: Final = "whmcs.tls"
_REDIRECT: Final = "whmcs.redirect"
_ANSWER: Final = "whmcs.answer"
_CALLER: Final = "whmcs.caller"
_CREDENTIALS: Final = "whmcs.credentials"
_VERSION: Final = "whmcs.version"

_REQUIRED: Final = tuple(action for action in ACTIONS if action.is_required)
_OPTIONAL: Final = tuple(feature for feature in Feature if feature is not Feature.RESETS)
_OLDEST: Final = (8, 1)
_SECONDS: Final = 8.0
Outcome = Literal["allowed", "accepted"] | whmcs.WhmcsError
_SEE_LOGS: Final = "See the web server's error log and WHMCS's activity log there, then check again."
_ROLES: Final = "In WHMCS, System Settings > Manage API Credentials > API Roles"


async def check_whmcs(settings: Settings) -> Lines:
    key = settings.whmcs_api_access_key
    async with whmcs.WhmcsClient.connect(
        settings.whmcs_url,
        settings.whmcs_api_identifier.get_secret_value(),
        settings.whmcs_api_secret.get_secret_value(),
        key.get_secret_value() if key is not None else None,
        way=whmcs.Way(settings.proxies.find_proxy(settings.whmcs_url), settings.certificates),
    ) as client:
        try:
            version: str | None = await client.whmcs_details(deadline_seconds=_SECONDS)
            denial = None
        except whmcs.NotPermittedError as error:
            # WHMCS checks the address and the credentials before the permission, so both are accepted.
            version, denial = None, error
        except whmcs.WhmcsError as error:
            return _report_failure(settings, _explain(error, settings))
        return (
            *report_chain(_list_steps(settings)),
            _judge_version(version),
            *await _check_required(client, denial or "allowed"),
            *await _check_features(client, settings),
        )


def _list_steps(settings: Settings) -> tuple[tuple[str, str], ...]:
    is_plain = urlsplit(settings.whmcs_url).scheme == "http"
    return (
        (_ADDRESS, settings.whmcs_url),
        (_TLS, "none: plain http, accepted on this machine only" if is_plain else "the certificate is accepted"),
        (_REDIRECT, "none"),
        (_ANSWER, "the API answers"),
        (_CALLER, "WHMCS accepts our address"),
        (_CREDENTIALS, "accepted"),
    )


def _report_failure(settings: Settings, line: Line) -> Lines:
    rest = (_VERSION, *map(_name, _REQUIRED), *map(_feature_name, _OPTIONAL))
    return (*report_chain(_list_steps(settings), line), *not_tried(rest, line.check))


def _explain(error: whmcs.WhmcsError, settings: Settings) -> Line:
    url = settings.whmcs_url
    match error:
        case whmcs.UnreachableError():
            advice = advise_on_unreachable(error, url, "WHMCS_URL", settings.proxies)
            return failed(_TLS if error.reason == "tls" else _ADDRESS, *advice)
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
                "Copy identifier and secret again into WHMCS_API_IDENTIFIER and WHMCS_API_SECRET (System Settings >"
                " Manage API Credentials); the credential's admin must be active and have API Access.",
            )
        case whmcs.UnusableAnswerError():
            return failed(_ANSWER, *advise_on_page(error, f"{url}/includes/api.php", "WHMCS_URL"))
        case whmcs.RefusedError():
            return failed(
                _ANSWER, f"WHMCS refuses: {error.message}", "Fix the cause that WHMCS names, then check again."
            )
        case _:
            return failed(_ANSWER, str(error), "Check again.")


def _judge_version(version: str | None) -> Line:
    if version is None:
        return warning(_VERSION, f"unknown without {WHMCS_DETAILS.name}", f"First fix {_name(WHMCS_DETAILS)}.")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if not numbers:
        return warning(_VERSION, f"{version}, which can't be compared", "Make sure that WHMCS is 8.1 or newer.")
    if numbers < _OLDEST:
        return failed(_VERSION, f"{version}; the bot needs 8.1 or newer", "Update WHMCS.")
    return ok(_VERSION, version)


async def _check_required(client: whmcs.WhmcsClient, of_details: Outcome) -> Lines:
    """Probe the required actions. The outcome of the first call, WhmcsDetails, is already known."""
    probed = [action for action in _REQUIRED if action is not WHMCS_DETAILS]
    outcomes = {WHMCS_DETAILS: of_details, **await _probe_all(client, probed)}
    return tuple(_judge_action(action, outcomes[action]) for action in _REQUIRED)


async def _probe_all(client: whmcs.WhmcsClient, probed: Sequence[Action]) -> dict[Action, Outcome]:
    outcomes = await asyncio.gather(*(_probe(client, action) for action in probed))
    return dict(zip(probed, outcomes, strict=True))


async def _probe(client: whmcs.WhmcsClient, action: Action) -> Outcome:
    try:
        return "allowed" if await client.probe(action, deadline_seconds=_SECONDS) else "accepted"
    except whmcs.WhmcsError as error:
        return error


def _judge_action(action: Action, outcome: Outcome) -> Line:
    match outcome:
        case "allowed":
            return ok(_name(action), "allowed")
        case "accepted":
            return warning(
                _name(action),
                "allowed, but WHMCS accepted an incomplete call",
                f"Report this for {action.name} to the makers of this bot, with your version of WHMCS.",
            )
        case whmcs.UnknownActionError():
            return failed(_name(action), "this WHMCS does not have the action", "Update WHMCS to 8.1 or newer.")
        case whmcs.NotPermittedError():
            return failed(
                _name(action), "not in the role", f"{_ROLES}: add {action.name} to the role of this credential."
            )
        case error:
            return failed(_name(action), f"unknown: {_without_action(error)}", _SEE_LOGS)


async def _check_features(client: whmcs.WhmcsClient, settings: Settings) -> Lines:
    lines = _judge_settings(settings)
    of_feature = {
        feature: [action for action in ACTIONS if action.feature is feature]
        for feature in _OPTIONAL
        if feature not in lines
    }
    outcomes = await _probe_all(client, [action for group in of_feature.values() for action in group])
    for feature, group in of_feature.items():
        lines[feature] = _judge_feature(feature, {action.name: outcomes[action] for action in group})
    return tuple(lines[feature] for feature in _OPTIONAL)


def _judge_settings(settings: Settings) -> dict[Feature, Line]:
    """Return the lines of the features that the settings turn off. Their actions are not probed."""
    lines: dict[Feature, Line] = {}
    if settings.ticket_policy == "off":
        for feature in (Feature.TICKETS, Feature.REPLIES):
            lines[feature] = ok(_feature_name(feature), "not needed: TICKET_POLICY is off")
    elif not settings.whmcs_reply_admin:
        lines[Feature.REPLIES] = warning(
            _feature_name(Feature.REPLIES),
            "WHMCS_REPLY_ADMIN is not set, so agents can't reply on tickets",
            "Set WHMCS_REPLY_ADMIN to the user name of the WHMCS admin who is shown as the author of replies.",
        )
    if not settings.password_notice_template:
        lines[Feature.NOTICES] = ok(_feature_name(Feature.NOTICES), "not needed: PASSWORD_NOTICE_TEMPLATE is not set")
    return lines


def _judge_feature(feature: Feature, outcomes: Mapping[str, Outcome]) -> Line:
    check = _feature_name(feature)
    missing = [name for name, outcome in outcomes.items() if isinstance(outcome, whmcs.NotPermittedError)]
    if missing:
        names = ", ".join(missing)
        return warning(
            check,
            f"not in the role: {names}",
            f"{_ROLES}: add {names} to the role of this credential, if you want {feature.purpose}.",
        )
    unclear = [name for name, outcome in outcomes.items() if outcome != "allowed"]
    if unclear:
        return warning(check, f"unknown: {', '.join(unclear)}", _SEE_LOGS)
    return ok(check, f"allowed: {', '.join(outcomes)}")


def _without_action(error: whmcs.WhmcsError) -> str:
    return str(error).removeprefix(f"{error.action}: ")


def _name(action: Action) -> str:
    return f"whmcs.action.{action.name}"


def _feature_name(feature: Feature) -> str:
    return f"whmcs.{feature}"
