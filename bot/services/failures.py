"""From what went wrong with WHMCS to the reason that is recorded and worded."""

from typing import Final, NamedTuple

import whmcs
from bot.domain.names import one_line, shorten
from bot.domain.resets import Outcome, Reason

_DETAIL: Final = 200


class Failure(NamedTuple):
    """`detail`: WHMCS's own words, an address or an action; never a secret."""

    outcome: Outcome
    reason: Reason
    detail: str = ""


def explain(error: whmcs.WhmcsError) -> Failure:
    """Tell errors apart by what they mean for a reset: refused, failed (nothing changed) or unknown."""
    match error:
        case whmcs.OutcomeUnknownError():
            return Failure(Outcome.UNKNOWN, Reason(error.reason))
        case whmcs.NotAUserOfClientError():
            return Failure(Outcome.REFUSED, Reason.NOT_A_USER_OF_CLIENT)
        case whmcs.NotFoundError():
            is_client = error.action == "GetClientsDetails"
            return Failure(Outcome.REFUSED, Reason.CLIENT_NOT_FOUND if is_client else Reason.USER_NOT_FOUND)
        case whmcs.RefusedError():
            return _refused(error)
        case _:
            return _technical(error)


def _refused(error: whmcs.RefusedError) -> Failure:
    if error.code == "password_refused":
        return Failure(Outcome.REFUSED, Reason.PASSWORD_REFUSED)
    return Failure(Outcome.FAILED, Reason.WHMCS_REFUSED, shorten(one_line(error.message), _DETAIL))


def _technical(error: whmcs.WhmcsError) -> Failure:
    match error:
        case whmcs.TimedOutError():
            return Failure(Outcome.FAILED, Reason.TIMED_OUT)
        case whmcs.UnreachableError():
            return Failure(Outcome.FAILED, Reason.UNREACHABLE)
        case whmcs.RedirectedError():
            return Failure(Outcome.FAILED, Reason.REDIRECTED, shorten(one_line(error.location), _DETAIL))
        case whmcs.AddressRefusedError():
            return Failure(Outcome.FAILED, Reason.ADDRESS_REFUSED, one_line(error.address or ""))
        case whmcs.CredentialsError():
            return Failure(Outcome.FAILED, Reason.CREDENTIALS)
        case whmcs.NotPermittedError():
            return Failure(Outcome.FAILED, Reason.NOT_PERMITTED, one_line(error.action))
        case whmcs.NotInstalledError():
            return Failure(Outcome.FAILED, Reason.NOT_INSTALLED)
        case _:
            return Failure(Outcome.FAILED, Reason.UNUSABLE_ANSWER)
