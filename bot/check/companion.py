"""Checks of the companion: installed, caller's address, secret, clock, version, abilities."""

from datetime import UTC, datetime
from typing import Final

import whmcs
from bot.check.connections import Advice, advise_on_page, advise_on_unreachable
from bot.check.report import Line, Lines, failed, not_tried, ok, report_chain, warning
from bot.settings import Settings

_INSTALLED: Final = "companion.installed"
_CALLER: Final = "companion.caller"
_SECRET: Final = "companion.secret"  # noqa: S105 - the name of a check
_CLOCK: Final = "companion.clock"
_VERSION: Final = "companion.version"
_ABILITIES: Final = "companion.abilities"
_LENGTH: Final = "companion.password_length"
_STEPS: Final = (
    (_INSTALLED, "the module answers"),
    (_CALLER, "our address is accepted"),
    (_SECRET, "the same on both sides"),
)
_REST: Final = (_CLOCK, _VERSION, _ABILITIES, _LENGTH)

_PROTOCOL: Final = 1
_SECONDS: Final = 8.0
_SKEW_SECONDS: Final = 60
_UPDATE: Final = "Copy this version's module over the one in WHMCS (modules/addons/resetbot)."
_SYNCHRONIZE: Final = "Synchronize both hosts by NTP."


async def check_companion(settings: Settings) -> Lines:
    secret = settings.whmcs_companion_secret
    if secret is None:
        return (
            warning(
                _INSTALLED,
                "WHMCS_COMPANION_SECRET is not set: only the reset e-mail is offered",
                "To offer Set a password as well, install the companion in WHMCS and set its secret here.",
            ),
        )
    url = settings.whmcs_companion_url
    way = whmcs.Way(settings.proxies.find_proxy(url), settings.certificates)
    async with whmcs.CompanionClient.connect(url, secret.get_secret_value(), way=way) as client:
        before = datetime.now(UTC)
        try:
            found = await client.ping(deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            return _report_failure(error, settings)
        ahead = found.time - (before + (datetime.now(UTC) - before) / 2)
    return (
        *report_chain(_STEPS),
        _judge_clock(ahead.total_seconds()),
        _judge_version(found),
        _judge_abilities(found.capabilities),
        _judge_length(found.minimum_password_length, settings.password_length),
    )


def _report_failure(error: whmcs.WhmcsError, settings: Settings) -> Lines:
    if isinstance(error, whmcs.ClockSkewError):
        # The companion verifies the signature before the clock, so it has accepted the signature.
        return (*report_chain(_STEPS), _judge_refused_clock(error), *not_tried((_VERSION, _ABILITIES, _LENGTH), _CLOCK))
    line = _explain(error, settings)
    return (*report_chain(_STEPS, line), *not_tried(_REST, line.check))


def _judge_refused_clock(error: whmcs.ClockSkewError) -> Line:
    if error.time is None:
        return failed(_CLOCK, "the clocks differ by more than the companion accepts", _SYNCHRONIZE)
    return failed(_CLOCK, _describe_skew((error.time - datetime.now(UTC)).total_seconds()) + ": refused", _SYNCHRONIZE)


def _explain(error: whmcs.WhmcsError, settings: Settings) -> Line:
    match error:
        case whmcs.AddressRefusedError():
            seen = error.address or "which it does not name"
            return failed(
                _CALLER,
                f"the companion refuses our address, {seen}",
                f"In WHMCS, System Settings > Addon Modules, the companion's addresses: add {error.address or 'this host'}.",
            )
        case whmcs.CredentialsError():
            return failed(
                _SECRET,
                "the companion does not accept our signature",
                "Make a new secret on the module's page in WHMCS (Addons > Reset Bot), and set WHMCS_COMPANION_SECRET to it.",
            )
        case _:
            return failed(_INSTALLED, *_explain_absence(error, settings))


def _explain_absence(error: whmcs.WhmcsError, settings: Settings) -> Advice:
    url = settings.whmcs_companion_url
    match error:
        case whmcs.NotInstalledError(is_inactive=True):
            return Advice("the module is not activated", "In WHMCS, System Settings > Addon Modules: activate it.")
        case whmcs.NotInstalledError():
            return Advice(
                f"no companion at {url}",
                "Copy the module to modules/addons/resetbot in WHMCS and activate it, or correct WHMCS_COMPANION_URL.",
            )
        case whmcs.UnreachableError():
            return advise_on_unreachable(error, url, "WHMCS_COMPANION_URL", settings.proxies)
        case whmcs.RedirectedError():
            return Advice(
                f"redirected to {error.location or 'an unnamed place'}",
                f"Set WHMCS_COMPANION_URL={error.location}." if error.location else "Correct WHMCS_COMPANION_URL.",
            )
        case whmcs.UnusableAnswerError(kind="shape", status=200):
            return Advice("the module's answer has a format that this version does not know", _UPDATE)
        case whmcs.UnusableAnswerError():
            return advise_on_page(error, url, "WHMCS_COMPANION_URL")
        case whmcs.RefusedError(code="https_required"):
            return Advice("the companion requires https", "Use https in WHMCS_COMPANION_URL.")
        case whmcs.RefusedError(retry_after_seconds=int(seconds)):
            return Advice("the companion is rate-limiting the bot", f"Check again in {seconds} s.")
        case whmcs.RefusedError():
            return Advice(f"the companion refuses: {error.message or error.code}", _UPDATE)
        case _:
            return Advice(f"the call to the companion failed: {error}", "Check again.")


def _judge_clock(ahead_seconds: float) -> Line:
    if abs(ahead_seconds) > _SKEW_SECONDS:
        return warning(_CLOCK, _describe_skew(ahead_seconds) + "; beyond 300 s it refuses us", _SYNCHRONIZE)
    return ok(_CLOCK, "agrees with ours")


def _describe_skew(ahead_seconds: float) -> str:
    direction = "ahead of" if ahead_seconds > 0 else "behind"
    return f"the companion's clock is {abs(ahead_seconds):.0f} s {direction} ours"


def _judge_version(found: whmcs.Companion) -> Line:
    if found.protocol != _PROTOCOL:
        return failed(
            _VERSION,
            f"{found.version} speaks protocol {found.protocol}; this bot speaks {_PROTOCOL}",
            _UPDATE if found.protocol < _PROTOCOL else "Update the bot: the companion is newer.",
        )
    if found.utc_offset_seconds is None or found.remembers_since is None:
        return warning(
            _VERSION,
            f"{found.version} is an older one: no ticket is strong proof, or a password that was set may be reported as not set",
            _UPDATE,
        )
    return ok(_VERSION, f"{found.version}, on WHMCS {found.whmcs_version} with PHP {found.php_version}")


def _judge_abilities(found: frozenset[str]) -> Line:
    if "set_password" not in found:
        return failed(_ABILITIES, "it can't set passwords, so only the reset e-mail is offered", _UPDATE)
    missing = sorted({"users", "result"} - found)
    if missing:
        return warning(
            _ABILITIES,
            f"it lacks {', '.join(missing)}: last sign-ins are not shown, or lost answers are not reconciled",
            _UPDATE,
        )
    return ok(_ABILITIES, ", ".join(sorted(found)))


def _judge_length(minimum: int, length: int) -> Line:
    if minimum > length:
        return failed(
            _LENGTH,
            f"it requires at least {minimum} characters, PASSWORD_LENGTH is {length}",
            f"Set PASSWORD_LENGTH to {minimum} or more.",
        )
    return ok(_LENGTH, f"at least {minimum} characters, ours have {length}")
