"""How a reset ended: what happened, whether anything was changed, and what to do next."""

from collections.abc import Mapping
from typing import Final

from bot.domain.resets import Failure, Method, Outcome, Reason, Result, Settled
from bot.views.text import failures
from bot.views.text.catalogue import Texts, mark
from bot.views.text.methods import METHODS

NOTHING_CHANGED: Final = mark("Nothing was changed.")

SETTLED_HEADLINES: Final[Mapping[Settled, str]] = {
    Settled.DONE: mark("Update: completed"),
    Settled.NOT_DELIVERED: mark("Update: changed, but not delivered"),
    Settled.NOT_DONE: mark("Update: not done"),
}

HEADLINES: Final[Mapping[Outcome, str]] = {
    Outcome.SUCCEEDED: mark("Done"),
    Outcome.UNKNOWN: mark("Outcome unknown"),
    Outcome.REFUSED: mark("Not done"),
    Outcome.FAILED: mark("Not done"),
}


def progress(t: Texts, method: Method) -> str:
    return t.say(METHODS[method].progress)


def headline(t: Texts, result: Result) -> str:
    if (settled := result.reset.settled) is not None:
        return t.say(SETTLED_HEADLINES[settled])
    if result.outcome is Outcome.SUCCEEDED and result.reason is Reason.NOT_DELIVERED:
        return t.say("Changed, but not delivered")
    return t.say(HEADLINES[result.outcome])


def sentence(t: Texts, result: Result) -> str:
    """Return the outcome in two or three sentences; they never hold the password."""
    reset, failure = result.reset, result.failure
    values = {"email": _user(t, result), "client_id": reset.client_id}
    if reset.settled is not None:
        settled = t.say(METHODS[reset.method].settled[reset.settled], **values)
        return _with_nothing_changed(t, settled) if reset.settled is Settled.NOT_DONE else settled
    if failure is None:
        return t.say(METHODS[reset.method].succeeded, **values)
    match failure.outcome:
        case Outcome.SUCCEEDED:
            return t.say(
                "The password of {email} (client #{client_id}) was changed, but the new one could not be "
                "delivered to you: set it again.",
                **values,
            )
        case Outcome.UNKNOWN:
            return t.say(METHODS[reset.method].unknown, **values, why=failures.why_unknown(t, failure.reason))
        case Outcome.REFUSED | Outcome.FAILED:
            return unchanged(t, failure, reset.client_id)


def unchanged(t: Texts, failure: Failure, client_id: int = 0) -> str:
    """Return why something was not done, or could not be read from WHMCS, and that nothing was changed."""
    return _with_nothing_changed(t, failures.why(t, failure, client_id))


def notice(t: Texts, result: Result) -> str:
    """Return what became of the notice to the client; empty if none was to be sent."""
    if result.notice is None:
        return ""
    failure = result.notice.failure
    if failure is None:
        return t.say("WHMCS mailed a notice to the client’s address that support changed the password.")
    if failure.outcome is Outcome.UNKNOWN:
        return t.say(
            "It is not known whether WHMCS mailed the client the notice that support changed the password: {why} "
            "It is not sent again: look at the client’s Emails tab in WHMCS.",
            why=failures.why_unknown(t, failure.reason),
        )
    return t.say(
        "The notice to the client that support changed the password could not be sent, so tell the client yourself. {why}",
        why=failures.why(t, failure, result.reset.client_id),
    )


def for_client(t: Texts, result: Result) -> str:
    """Return the sentence to copy for the client, in the client's language; empty unless the reset succeeded."""
    if result.failure is not None:
        return ""
    return t.say(METHODS[result.reset.method].for_client, email=_user(t, result))


def record_follows(t: Texts, reference: str) -> str:
    """Return the sentence for an outcome that could not be recorded yet."""
    return t.say(
        "The result of {reference} is final, but it could not be recorded yet. The bot will record it as "
        "soon as its database answers; you don’t need to do anything.",
        reference=reference,
    )


def _user(t: Texts, result: Result) -> str:
    return result.reset.user_email or t.say("user #{user_id}", user_id=result.reset.user_id)


def _with_nothing_changed(t: Texts, text: str) -> str:
    return f"{text} {t.say(NOTHING_CHANGED)}"
