"""Why a call to WHMCS or a reset failed, in sentences, by reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.domain.resets import Failure, Reason
from bot.domain.shown import ShownField
from bot.views.text.catalogue import Texts, mark

_NOT_KNOWN: Final = "?"
_UNFORESEEN: Final = mark(
    "Something went wrong in the bot. Try again; if the problem persists, tell your administrator."
)

UNCHANGED: Final[Mapping[Reason, str]] = {
    # The agent can act.
    Reason.NOT_A_USER_OF_CLIENT: mark(
        "This user no longer belongs to client #{client_id}. Go back and choose the user again."
    ),
    Reason.CLIENT_NOT_FOUND: mark("Client #{client_id} does not exist in WHMCS. Go back and search again."),
    Reason.USER_NOT_FOUND: mark("This user no longer exists in WHMCS. Go back and choose the user again."),
    Reason.DIRECT_MESSAGE: mark(
        "Slack did not accept the direct message for the new password, so the password was not set. Try "
        "again in a minute."
    ),
    Reason.INTERRUPTED: mark("The bot was interrupted before WHMCS changed anything. Start again."),
    # The ticket and the proof.
    Reason.TICKET_NOT_FOUND: mark("This ticket does not exist in WHMCS. Choose another one."),
    Reason.NOT_A_TICKET_OF_CLIENT: mark("This ticket does not belong to client #{client_id}. Choose another one."),
    Reason.NOT_THE_REQUESTOR: mark(
        "Only the password of the user who opened the ticket can be reset here, and WHMCS names another "
        "user. Go back and choose that user."
    ),
    Reason.PROOF_CHANGED: mark(
        "The ticket no longer proves what it proved when the form was opened. Go back and check it again."
    ),
    # The sentence for a change whose details are no longer known; see `why`.
    Reason.CHANGED_SINCE_SHOWN: mark(
        "What was shown can no longer be compared with WHMCS. Go back and check it again."
    ),
    Reason.NO_TICKET: mark("A reset requires a ticket here, and none was chosen. Go back and choose one."),
    Reason.NOT_VERIFIED: mark("It is not recorded how the person was verified. Go back and answer that question."),
    Reason.PROTECTED: mark(
        "The password gives access to a client in a protected group, so it can’t be set here. Send a "
        "password-reset e-mail instead."
    ),
    # The second agent.
    Reason.NEEDS_APPROVAL: mark("This requires the approval of a second agent, which was not requested. Start again."),
    Reason.APPROVAL_REJECTED: mark(
        "The second agent rejected the request. Ask for the reason in the approvals channel."
    ),
    Reason.APPROVAL_EXPIRED: mark("No second agent answered in time. Start again when one is available."),
    Reason.APPROVAL_CHANNEL: mark("The request could not be sent to a second agent. Start again in a minute."),
    Reason.NO_LONGER_ALLOWED: mark(
        "When it was approved, you no longer had permission to set passwords. If you should have it, tell "
        "your administrator."
    ),
    # Transient: the agent tries again before an administrator is called.
    Reason.UNREACHABLE: mark(
        "WHMCS can’t be reached. Try again in a few minutes; if the problem persists, tell your administrator."
    ),
    Reason.TIMED_OUT: mark("WHMCS did not answer in time. Try again in a few minutes."),
    # The sentence for a time that is not known; see `why`.
    Reason.NOT_ANSWERING: mark("WHMCS is not answering, so no request was sent to it. Try again in a minute."),
    Reason.CONNECTION_LOST: mark(
        "The connection to WHMCS was lost before its answer was complete. Try again in a few minutes; if "
        "the problem persists, tell your administrator."
    ),
    Reason.NOT_RECORDED: mark(
        "The call to WHMCS could not be recorded beforehand, and without a record nothing is done. Try "
        "again in a minute; if the problem persists, tell your administrator."
    ),
    Reason.BUSY: mark("WHMCS is rate-limiting the bot. Try again in a minute."),
    Reason.WEB_PAGE: mark(
        "WHMCS returned a web page ({detail}), for example from a firewall or during maintenance. Try "
        "again in a few minutes; if the problem persists, tell your administrator."
    ),
    Reason.UNUSABLE_ANSWER: mark(
        "WHMCS returned an answer that can’t be read ({detail}). Try again in a few minutes; if the "
        "problem persists, tell your administrator."
    ),
    Reason.SERVER_ERROR: mark(
        "WHMCS stopped with an internal error. Try again in a few minutes; if the problem persists, ask "
        "your administrator to check WHMCS’s activity log."
    ),
    # The administrator has to act, in WHMCS or in the bot's settings.
    Reason.TLS: mark(
        "No secure connection to WHMCS is possible ({detail}). Ask your administrator to check WHMCS’s "
        "certificate and WHMCS_URL."
    ),
    Reason.REDIRECTED: mark(
        "WHMCS redirects to another address ({detail}). Ask your administrator to correct WHMCS_URL."
    ),
    Reason.ADDRESS_REFUSED: mark(
        "WHMCS does not accept the bot’s IP address ({detail}). Ask your administrator to allow it in WHMCS."
    ),
    Reason.CREDENTIALS: mark("WHMCS does not accept the bot’s credentials. Tell your administrator."),
    Reason.NOT_PERMITTED: mark(
        "The bot’s API role in WHMCS lacks the action {detail}. Ask your administrator to add it."
    ),
    Reason.UNKNOWN_ACTION: mark(
        "This WHMCS does not know the action {detail}. Tell your administrator: WHMCS may be too old."
    ),
    Reason.PASSWORD_REFUSED: mark(
        "WHMCS did not accept the generated password. Ask your administrator to compare PASSWORD_LENGTH "
        "with the minimum in WHMCS."
    ),
    Reason.WHMCS_REFUSED: mark("WHMCS refused the request: “{detail}”. Tell your administrator."),
    # The companion module is in the way, and the reset e-mail is still possible.
    Reason.NOT_INSTALLED: mark(
        "The companion module in WHMCS does not answer, so no password can be set. "
        "Send a password-reset e-mail instead, and tell your administrator."
    ),
    Reason.COMPANION_REDIRECTED: mark(
        "The companion module redirects to another address ({detail}), so no password can be set. Send a "
        "password-reset e-mail instead, and ask your administrator to correct WHMCS_COMPANION_URL."
    ),
    Reason.COMPANION_ADDRESS: mark(
        "The companion module in WHMCS does not accept the bot’s IP address ({detail}). Send a "
        "password-reset e-mail instead, and ask your administrator to allow it in the module."
    ),
    Reason.COMPANION_SECRET: mark(
        "The companion module in WHMCS does not accept the bot’s secret. Send a password-reset e-mail "
        "instead, and ask your administrator to compare WHMCS_COMPANION_SECRET."
    ),
    Reason.COMPANION_CLOCK: mark(
        "The clocks of the bot and of WHMCS differ too much, so no password can be set. Send a password-reset "
        "e-mail instead, and tell your administrator."
    ),
    Reason.COMPANION_REFUSED: mark(
        "The companion module in WHMCS refused the request: “{detail}”. Send a password-reset e-mail "
        "instead, and tell your administrator."
    ),
    Reason.NOT_DELIVERED: _UNFORESEEN,
    Reason.INTERNAL: _UNFORESEEN,
}
"""What happened and what to do next, where nothing was changed."""

UNKNOWN: Final[Mapping[Reason, str]] = {
    Reason.TIMED_OUT: mark("WHMCS did not answer in time."),
    Reason.CONNECTION_LOST: mark("the connection to WHMCS was lost before it answered."),
    Reason.INTERRUPTED: mark("the bot was interrupted while it was waiting for WHMCS."),
    Reason.SERVER_ERROR: mark("WHMCS stopped with an internal error."),
    Reason.INTERNAL: mark("something went wrong in the bot."),
    Reason.WEB_PAGE: mark("WHMCS returned a web page, for example from a firewall or during maintenance."),
}
"""Why it is not known whether something was changed: the end of a sentence. All other reasons are unusable answers."""

SHOWN: Final[Mapping[ShownField, str]] = {
    ShownField.AGENT: mark("the requesting agent"),
    ShownField.METHOD: mark("the method"),
    ShownField.CLIENT: mark("the client"),
    ShownField.USER: mark("the user or the user’s e-mail address"),
    ShownField.OTHER_CLIENTS: mark("the other clients that the password gives access to"),
    ShownField.TICKET: mark("the ticket"),
    ShownField.REQUESTOR: mark("who opened the ticket"),
    ShownField.PROOF: mark("what the ticket proves"),
    ShownField.VERIFICATION: mark("how the person was verified"),
}


def why(t: Texts, failure: Failure, client_id: int = 0) -> str:
    """Return what happened and what to do next. `failure.detail` may be empty: it is not stored with a reset."""
    if failure.reason is Reason.NOT_ANSWERING and (since := _parse_time(failure.detail)) is not None:
        return t.say(
            "WHMCS has not answered since {time}, so no request was sent to it. Try again in a minute.",
            time=t.clock(since),
        )
    if failure.reason is Reason.CHANGED_SINCE_SHOWN:
        changed = [t.say(SHOWN[field]) for field in ShownField if field in failure.detail.split(",")]
        # All fields are named where the digests could not be compared.
        if 0 < len(changed) < len(SHOWN):
            return t.say(
                "This has changed since it was shown: {changed}. Go back and check it again.",
                changed=", ".join(changed),
            )
    return t.say(UNCHANGED[failure.reason], client_id=client_id, detail=failure.detail or _NOT_KNOWN)


def why_unknown(t: Texts, reason: Reason | None) -> str:
    """Return why it is not known whether something was changed: the end of a sentence."""
    sentence = UNKNOWN.get(reason) if reason is not None else None
    return t.say(sentence) if sentence else t.say("WHMCS returned an answer that can’t be used.")


def _parse_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
