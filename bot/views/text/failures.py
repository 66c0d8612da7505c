"""The words for what went wrong on the way to a reset, and who has to act."""

from datetime import datetime

from bot.domain.resets import Reason
from bot.views.text.catalogue import Texts

_NOT_TOLD = "?"


def why(t: Texts, reason: Reason | None, detail: str, client_id: int | str) -> str:
    """What happened and what to do next, where nothing was changed. `detail` may be empty: it is not kept for ever."""
    known = (
        _by_the_agent(t, reason, client_id)
        or _by_who_looks_at_the_ticket(t, reason, client_id)
        or _by_the_second_agent(t, reason)
        or _passing(t, reason, detail or _NOT_TOLD)
        or _by_the_administrator(t, reason, detail or _NOT_TOLD)
        or _by_who_looks_after_the_companion(t, reason, detail or _NOT_TOLD)
    )
    return known or t.say("Something went wrong in the bot. Try again; if it goes on, tell your administrator.")


def why_unknown(t: Texts, reason: Reason | None) -> str:
    """Why nobody knows whether something was changed; the end of a sentence."""
    match reason:
        case Reason.TIMED_OUT:
            return t.say("WHMCS did not answer in time.")
        case Reason.CONNECTION_LOST:
            return t.say("the connection to WHMCS was lost before its answer.")
        case Reason.INTERRUPTED:
            return t.say("the bot was interrupted while WHMCS was at work.")
        case Reason.SERVER_ERROR:
            return t.say("WHMCS stopped with an internal error.")
        case Reason.INTERNAL:
            return t.say("something went wrong in the bot.")
        case Reason.WEB_PAGE:
            return t.say("WHMCS answered with a web page, such as a maintenance page or one of a firewall.")
        case _:
            return t.say("WHMCS answered with something that can’t be used.")


def _by_the_agent(t: Texts, reason: Reason | None, client_id: int | str) -> str:
    """Where the agent himself can act; else empty."""
    match reason:
        case Reason.NOT_A_USER_OF_CLIENT:
            return t.say(
                "This user no longer belongs to client #{client_id}. Go back and choose the user again.",
                client_id=client_id,
            )
        case Reason.CLIENT_NOT_FOUND:
            return t.say(
                "Client #{client_id} does not exist in WHMCS. Go back and search again.",
                client_id=client_id,
            )
        case Reason.USER_NOT_FOUND:
            return t.say("This user no longer exists in WHMCS. Go back and choose the user again.")
        case Reason.DIRECT_MESSAGE:
            return t.say(
                "Slack did not take the direct message in which the password would have come to you, "
                "so none was set. Try again in a minute."
            )
        case Reason.INTERRUPTED:
            return t.say("The bot was interrupted before WHMCS had done anything. Start again.")
        case _:
            return ""


def _by_who_looks_at_the_ticket(t: Texts, reason: Reason | None, client_id: int | str) -> str:
    """Where it is about who asks; else empty."""
    match reason:
        case Reason.TICKET_NOT_FOUND:
            return t.say("This ticket does not exist in WHMCS. Choose another one.")
        case Reason.NOT_A_TICKET_OF_CLIENT:
            return t.say(
                "This ticket is not one of client #{client_id}. Choose the ticket again.",
                client_id=client_id,
            )
        case Reason.NOT_THE_REQUESTOR:
            return t.say(
                "Here only the password of the user who opened the ticket is reset, and WHMCS names another user. Go "
                "back and choose that one."
            )
        case Reason.PROOF_CHANGED:
            return t.say(
                "The ticket no longer proves what it proved when the form was opened. Go back and look at it again."
            )
        case Reason.NO_TICKET:
            return t.say("Here a reset needs a ticket, and there was none. Go back and choose one.")
        case Reason.NOT_VERIFIED:
            return t.say("It is not recorded how the person was verified. Go back and say it.")
        case Reason.PROTECTED:
            return t.say(
                "The password opens a client of a protected group, so it can’t be set here. Send a password-reset "
                "e-mail instead."
            )
        case _:
            return ""


def _by_the_second_agent(t: Texts, reason: Reason | None) -> str:
    """Where it is about an approval; else empty."""
    match reason:
        case Reason.NEEDS_APPROVAL:
            return t.say("This needs the approval of a second agent, which was not asked for. Start again.")
        case Reason.APPROVAL_REJECTED:
            return t.say("The second agent rejected it. Ask why in the channel for approvals.")
        case Reason.APPROVAL_EXPIRED:
            return t.say("No second agent answered in time. Start again when somebody is there.")
        case Reason.APPROVAL_CHANNEL:
            return t.say("No second agent could be asked. Start again in a minute.")
        case Reason.NO_LONGER_ALLOWED:
            return t.say(
                "When it was approved, you were no longer among those who may set passwords. If you should be, tell "
                "your administrator."
            )
        case _:
            return ""


def _passing(t: Texts, reason: Reason | None, detail: str) -> str:
    """What may pass by itself, so that the agent tries again before an administrator is called; else empty."""
    match reason:
        case Reason.UNREACHABLE:
            return t.say("WHMCS can’t be reached. Try again in a few minutes; if it goes on, tell your administrator.")
        case Reason.TIMED_OUT:
            return t.say("WHMCS did not answer in time. Try again in a few minutes.")
        case Reason.NOT_ANSWERING:
            return _not_answering(t, detail)
        case Reason.CONNECTION_LOST:
            return t.say(
                "The connection to WHMCS was lost before its answer was complete. Try again in a few minutes; "
                "if it goes on, tell your administrator."
            )
        case Reason.NOT_RECORDED:
            return t.say(
                "The call to WHMCS could not be recorded beforehand, and without a record nothing is done. Try again "
                "in a minute; if it goes on, tell your administrator."
            )
        case Reason.BUSY:
            return t.say("WHMCS says that it is asked too often just now. Try again in a minute.")
        case Reason.WEB_PAGE:
            return t.say(
                "WHMCS answered with a web page ({detail}), such as a maintenance page or one of a firewall. "
                "Try again in a few minutes; if it goes on, tell your administrator.",
                detail=detail,
            )
        case Reason.UNUSABLE_ANSWER:
            return t.say(
                "WHMCS answered with something that can’t be read ({detail}). "
                "Try again in a few minutes; if it goes on, tell your administrator.",
                detail=detail,
            )
        case Reason.SERVER_ERROR:
            return t.say(
                "WHMCS stopped with an internal error. Try again in a few minutes; if it goes on, tell your "
                "administrator to look into WHMCS’s activity log."
            )
        case _:
            return ""


def _not_answering(t: Texts, since: str) -> str:
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        return t.say("WHMCS does not answer, so it was not asked. Try again in a minute.")
    return t.say(
        "WHMCS has not answered since {time}, so it was not asked. Try again in a minute.",
        time=t.clock(at, t.timezone),
    )


def _by_the_administrator(t: Texts, reason: Reason | None, detail: str) -> str:
    """Where the administrator has to act, in WHMCS or in the bot's settings; else empty."""
    match reason:
        case Reason.TLS:
            return t.say(
                "No secure connection to WHMCS is possible ({detail}). "
                "Tell your administrator to look at WHMCS’s certificate and at WHMCS_URL.",
                detail=detail,
            )
        case Reason.REDIRECTED:
            return t.say(
                "WHMCS says that its address is another one ({detail}). Tell your administrator to correct WHMCS_URL.",
                detail=detail,
            )
        case Reason.ADDRESS_REFUSED:
            return t.say(
                "WHMCS does not accept the bot’s IP address ({detail}). Tell your administrator to allow it in WHMCS.",
                detail=detail,
            )
        case Reason.CREDENTIALS:
            return t.say("WHMCS does not accept the bot’s credentials. Tell your administrator.")
        case Reason.NOT_PERMITTED:
            return t.say(
                "The bot’s API role in WHMCS lacks the action {detail}. Tell your administrator to add it.",
                detail=detail,
            )
        case Reason.UNKNOWN_ACTION:
            return t.say(
                "This WHMCS does not know the action {detail}. Tell your administrator: WHMCS may be too old.",
                detail=detail,
            )
        case Reason.PASSWORD_REFUSED:
            return t.say(
                "WHMCS did not accept the generated password. Tell your administrator to compare PASSWORD_LENGTH "
                "with the minimum in WHMCS."
            )
        case Reason.WHMCS_REFUSED:
            return t.say("WHMCS refused: “{detail}”. Tell your administrator.", detail=detail)
        case _:
            return ""


def _by_who_looks_after_the_companion(t: Texts, reason: Reason | None, detail: str) -> str:
    """Where the module in WHMCS is in the way, so that the reset e-mail is still left; else empty."""
    match reason:
        case Reason.NOT_INSTALLED:
            return t.say(
                "The companion module in WHMCS does not answer, so no password can be set. "
                "Send a password-reset e-mail instead, and tell your administrator."
            )
        case Reason.COMPANION_REDIRECTED:
            return t.say(
                "The companion module’s address is another one ({detail}), so no password can be set. Send a "
                "password-reset e-mail instead, and tell your administrator to correct WHMCS_COMPANION_URL.",
                detail=detail,
            )
        case Reason.COMPANION_ADDRESS:
            return t.say(
                "The companion module in WHMCS does not accept the bot’s IP address ({detail}). Send a password-reset "
                "e-mail instead, and tell your administrator to allow it in the module.",
                detail=detail,
            )
        case Reason.COMPANION_SECRET:
            return t.say(
                "The companion module in WHMCS does not accept the bot’s secret. Send a password-reset e-mail "
                "instead, and tell your administrator to compare WHMCS_COMPANION_SECRET."
            )
        case Reason.COMPANION_CLOCK:
            return t.say(
                "The clocks of the bot and of WHMCS differ too much, so no password can be set. Send a password-reset "
                "e-mail instead, and tell your administrator."
            )
        case Reason.COMPANION_REFUSED:
            return t.say(
                "The companion module in WHMCS refused: “{detail}”. Send a password-reset e-mail instead, and tell "
                "your administrator.",
                detail=detail,
            )
        case _:
            return ""
