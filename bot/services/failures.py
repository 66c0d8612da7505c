"""Maps WHMCS errors to the reasons that are recorded and worded."""

from typing import Final

import whmcs
from bot.domain.names import one_line, shorten
from bot.domain.resets import Failure, Outcome, Reason
from whmcs import actions

_DETAIL: Final = 200
OF_WHMCS: Final = frozenset(
    {
        *(Reason.UNREACHABLE, Reason.TLS, Reason.TIMED_OUT, Reason.CONNECTION_LOST, Reason.REDIRECTED),
        Reason.NOT_ANSWERING,
        *(Reason.ADDRESS_REFUSED, Reason.CREDENTIALS, Reason.NOT_PERMITTED, Reason.UNKNOWN_ACTION, Reason.BUSY),
        *(Reason.WHMCS_REFUSED, Reason.WEB_PAGE, Reason.UNUSABLE_ANSWER, Reason.SERVER_ERROR),
    }
)
"""Reasons that lie with WHMCS itself, for every agent."""

_ABSENT: Final = {
    actions.GET_CLIENTS_DETAILS.name: Reason.CLIENT_NOT_FOUND,
    actions.GET_TICKET.name: Reason.TICKET_NOT_FOUND,
}


def explain(error: whmcs.WhmcsError) -> Failure:
    """Classify an error by what it means for a reset: refused, failed (nothing changed) or unknown."""
    match error:
        case whmcs.OutcomeUnknownError():
            return Failure(Outcome.UNKNOWN, Reason(error.reason))
        case whmcs.NotAUserOfClientError():
            return Failure(Outcome.REFUSED, Reason.NOT_A_USER_OF_CLIENT)
        case whmcs.NotFoundError():
            return Failure(Outcome.REFUSED, _ABSENT.get(error.action, Reason.USER_NOT_FOUND))
        case whmcs.RefusedError():
            return _refused(error)
        case _:
            return _technical(error)


def _refused(error: whmcs.RefusedError) -> Failure:
    if error.code == "password_refused":
        return Failure(Outcome.REFUSED, Reason.PASSWORD_REFUSED)
    if error.is_rate_limited:
        return Failure(Outcome.FAILED, Reason.BUSY)
    if isinstance(error, whmcs.ClockSkewError):
        return Failure(Outcome.FAILED, Reason.COMPANION_CLOCK)
    reason = Reason.COMPANION_REFUSED if error.is_of_companion else Reason.WHMCS_REFUSED
    return Failure(Outcome.FAILED, reason, _shown(error.message or error.code or ""))


def _technical(error: whmcs.WhmcsError) -> Failure:
    match error:
        case whmcs.UnreachableError():
            return _unreachable(error)
        case whmcs.RedirectedError():
            reason = Reason.COMPANION_REDIRECTED if error.is_of_companion else Reason.REDIRECTED
            return Failure(Outcome.FAILED, reason, _shown(error.location))
        case whmcs.AddressRefusedError():
            reason = Reason.COMPANION_ADDRESS if error.is_of_companion else Reason.ADDRESS_REFUSED
            return Failure(Outcome.FAILED, reason, _shown(error.address or ""))
        case whmcs.CredentialsError():
            reason = Reason.COMPANION_SECRET if error.is_of_companion else Reason.CREDENTIALS
            return Failure(Outcome.FAILED, reason)
        case whmcs.UnknownActionError():
            return Failure(Outcome.FAILED, Reason.UNKNOWN_ACTION, _shown(error.action))
        case whmcs.NotPermittedError():
            return Failure(Outcome.FAILED, Reason.NOT_PERMITTED, _shown(error.action))
        case whmcs.NotInstalledError():
            return Failure(Outcome.FAILED, Reason.NOT_INSTALLED)
        case whmcs.UnusableAnswerError(kind="html", status=status):
            return Failure(Outcome.FAILED, Reason.WEB_PAGE, f"HTTP {status}")
        case whmcs.UnusableAnswerError(kind=kind, status=status):
            return Failure(Outcome.FAILED, Reason.UNUSABLE_ANSWER, f"HTTP {status}, {kind}")
        case _:
            return Failure(Outcome.FAILED, Reason.UNUSABLE_ANSWER)


def _unreachable(error: whmcs.UnreachableError) -> Failure:
    if isinstance(error, whmcs.NotAnsweringError):
        return Failure(Outcome.FAILED, Reason.NOT_ANSWERING, error.since.isoformat())
    match error.reason:
        case "timed_out":
            return Failure(Outcome.FAILED, Reason.TIMED_OUT)
        case "connection_lost":
            return Failure(Outcome.FAILED, Reason.CONNECTION_LOST)
        case "tls":
            return Failure(Outcome.FAILED, Reason.TLS, _shown(error.detail or error.cause))
        case _:
            return Failure(Outcome.FAILED, Reason.UNREACHABLE, error.cause)


def _shown(text: str) -> str:
    return shorten(one_line(text), _DETAIL)
