"""The words for how a reset ended: what happened, whether anything changed, what to do next."""

from bot.domain.forms import FormFault
from bot.domain.pauses import Pause
from bot.domain.permissions import Denial
from bot.domain.resets import Method, Outcome, Reason, Result, Settled
from bot.views.text import failures
from bot.views.text.catalogue import Texts


def progress(t: Texts, method: Method) -> str:
    # A process that dies before STARTED leaves nothing by which another one could tell the end.
    if method is Method.RESET_EMAIL:
        return t.say(
            "One moment: WHMCS is sending the e-mail. The result will appear here, or else in a direct message. "
            "If neither has come after five minutes, start again."
        )
    return t.say(
        "One moment: a new password is being set. The result will appear here, or else in a direct message. "
        "If neither has come after five minutes, start again."
    )


def headline(t: Texts, result: Result) -> str:
    match result.reset.settled:
        case Settled.DONE:
            return t.say("Known now: done")
        case Settled.NOT_DELIVERED:
            return t.say("Known now: changed, but not delivered")
        case Settled.NOT_DONE:
            return t.say("Known now: not done")
        case None:
            return _headline(t, result)


def _headline(t: Texts, result: Result) -> str:
    match result.outcome:
        case Outcome.SUCCEEDED if result.reason is Reason.NOT_DELIVERED:
            return t.say("Changed, but not delivered")
        case Outcome.SUCCEEDED:
            return t.say("Done")
        case Outcome.UNKNOWN:
            return t.say("Outcome unknown")
        case Outcome.REFUSED | Outcome.FAILED:
            return t.say("Not done")


def sentence(t: Texts, result: Result) -> str:
    """The whole story in two or three sentences; never the password."""
    if result.reset.settled is not None:
        return _settled(t, result, result.reset.settled)
    match result.outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(t, result)
        case Outcome.UNKNOWN:
            return _unknown(t, result)
        case Outcome.REFUSED | Outcome.FAILED:
            why = failures.why(t, result.reason, result.detail, result.reset.client_id)
            return f"{why} {_nothing_changed(t)}"


def _settled(t: Texts, result: Result, settled: Settled) -> str:
    """What became of it after an outcome that was not the last word; meanwhile the agent may have acted."""
    who = {"email": _user(t, result), "client_id": result.reset.client_id}
    is_mail = result.reset.method is Method.RESET_EMAIL
    match settled:
        case Settled.DONE if is_mail:
            return t.say("It is known now: WHMCS sent the e-mail to {email} (client #{client_id}).", **who)
        case Settled.DONE:
            return t.say(
                "It is known now: the password of {email} (client #{client_id}) was changed, and the new one sent to "
                "you in a direct message. If that does not hold it any more, set it again.",
                **who,
            )
        case Settled.NOT_DELIVERED:
            return t.say(
                "It is known now: the password of {email} (client #{client_id}) was changed, but the new one was not "
                "delivered to you. If you have not done so since, set it again.",
                **who,
            )
        case Settled.NOT_DONE:
            was_not = (
                t.say("It is known now: WHMCS did not send the e-mail to {email} (client #{client_id}).", **who)
                if is_mail
                else t.say("It is known now: the password of {email} (client #{client_id}) stayed as it was.", **who)
            )
            return f"{was_not} {_nothing_changed(t)}"


def _succeeded(t: Texts, result: Result) -> str:
    who = {"email": _user(t, result), "client_id": result.reset.client_id}
    if result.reset.method is Method.RESET_EMAIL:
        return t.say(
            "WHMCS sent a password-reset e-mail to {email} (client #{client_id}). "
            "The password stays as it is until the link in it is used.",
            **who,
        )
    if result.reason is Reason.NOT_DELIVERED:
        return t.say(
            "The password of {email} (client #{client_id}) was changed, but the new one could not be "
            "delivered to you: set it again.",
            **who,
        )
    return t.say(
        "The password of {email} (client #{client_id}) was changed. It is in a direct message to you alone, "
        "which deletes itself.",
        **who,
    )


def _unknown(t: Texts, result: Result) -> str:
    who = {
        "email": _user(t, result),
        "client_id": result.reset.client_id,
        "why": failures.why_unknown(t, result.reason),
    }
    if result.reset.method is Method.RESET_EMAIL:
        return t.say(
            "It is not known whether WHMCS sent the e-mail to {email} (client #{client_id}): {why} "
            "Look at the client’s Emails tab in WHMCS before you send another one.",
            **who,
        )
    return t.say(
        "It is not known whether the password of {email} (client #{client_id}) was changed: {why} "
        "The old one may no longer work: set it again.",
        **who,
    )


def notice(t: Texts, result: Result) -> str:
    """What became of the notice to the client; empty where none was sent."""
    told = result.notice
    if told is None:
        return ""
    if told.outcome is Outcome.SUCCEEDED:
        return t.say("WHMCS mailed a notice to the client’s address that support changed the password.")
    if told.outcome is Outcome.UNKNOWN:
        return t.say(
            "It is not known whether WHMCS mailed the client the notice that support changed the password: {why} "
            "It is not sent again: look at the client’s Emails tab in WHMCS.",
            why=failures.why_unknown(t, told.reason),
        )
    return t.say(
        "The notice to the client that support changed the password could not be sent, so tell the client yourself. {why}",
        why=failures.why(t, told.reason, told.detail, result.reset.client_id),
    )


def search_failed(t: Texts, reason: Reason, detail: str) -> str:
    """Why a search or a card could not be had. `detail` of CLIENT_NOT_FOUND is the client's id."""
    return f"{failures.why(t, reason, detail, detail)} {_nothing_changed(t)}"


def lookup_failed(t: Texts, reason: Reason, detail: str, client_id: int) -> str:
    """Why what is needed before a password is set could not be read."""
    return f"{failures.why(t, reason, detail, client_id)} {_nothing_changed(t)}"


def found_in_part(t: Texts, reason: Reason, detail: str) -> str:
    """A list is shown, but one of the two questions behind it failed."""
    lacking = t.say("This list may lack some clients, since WHMCS did not answer everything.")
    return f"{lacking} {failures.why(t, reason, detail, detail)}"


def tickets_not_asked(t: Texts, reason: Reason, detail: str) -> str:
    """What was typed may be a ticket's number, but tickets could not be asked for."""
    lacking = t.say("It is not known whether this is a ticket’s number.")
    return f"{lacking} {failures.why(t, reason, detail, detail)}"


def _nothing_changed(t: Texts) -> str:
    # A text inside an f-string would not be collected.
    return t.say("Nothing was changed.")


def denied(t: Texts, denial: Denial) -> str:
    match denial:
        case Denial.UNVERIFIED:
            return t.say(
                "Slack did not tell in time whether you may reset passwords. Try again in a minute. Nothing was changed."
            )
        case Denial.OWN_REQUEST:
            return t.say("Another agent has to approve what you ask for. Nothing was changed.")
        case Denial.MAY_NOT_SET_PASSWORDS:
            return t.say("You may not set passwords, so you can’t approve them either. Nothing was changed.")
        case Denial.NOT_THE_OWNER:
            return t.say("This button is for the person to whom the message was sent. Nothing was changed.")
        case _:
            return t.say("You may not reset passwords with this bot. Nothing was changed.")


def start_again(t: Texts, fault: FormFault) -> str:
    if fault is FormFault.TOO_OLD:
        return t.say(
            "This form was opened too long ago, so it can no longer be used: what it shows may have changed meanwhile. "
            "Start again with /reset-password. Nothing was changed."
        )
    return t.say(
        "This form is not one that can be sent: it is from another version of the bot or was made for somebody else. "
        "Start again with /reset-password. Nothing was changed."
    )


def used_for_other_values(t: Texts) -> str:
    return t.say("This form was already sent with other values. Start again with /reset-password. Nothing was changed.")


def internal_error(t: Texts, reference: str) -> str:
    return t.say(
        "Something went wrong in the bot. If a reset had begun, you will be told in a direct message how it ends; if "
        "not, start again. If it goes on, tell your administrator this reference: {reference}.",
        reference=reference,
    )


def not_opened(t: Texts) -> str:
    return t.say("Slack did not open the form. Try again. Nothing was changed.")


def not_shown(t: Texts) -> str:
    return t.say("Slack did not show the next step. Close the form and start again. Nothing was changed.")


def stopping(t: Texts) -> str:
    return t.say("The bot is being restarted. Try again in a minute. Nothing was changed.")


def paused_since(t: Texts, pause: Pause, timezone: str) -> str:
    return t.say(
        "{name} paused resets on {date}. Reason: “{reason}”.",
        name=pause.by,
        date=t.date(pause.paused_at, timezone),
        reason=pause.reason,
    )


def paused(t: Texts, pause: Pause, timezone: str) -> str:
    """The answer to who would reset."""
    advice = t.say("Try again when they are resumed.")
    return f"{paused_since(t, pause, timezone)} {advice} {_nothing_changed(t)}"


def for_client_label(t: Texts) -> str:
    return t.say("To copy for the client:")


def for_client(t: Texts, result: Result) -> str:
    """The sentence that the agent can send to the client, in the client's language; empty unless it was done."""
    if result.outcome is not Outcome.SUCCEEDED or result.reason is not None:
        return ""
    if result.reset.method is Method.RESET_EMAIL:
        return t.say(
            "We have sent an e-mail to {email} with a link to choose a new password for the client area. "
            "If you don’t see it within a few minutes, please look in your spam folder.",
            email=_user(t, result),
        )
    return t.say(
        "We have changed the password for the client area of {email}. You can sign in with the new one now; "
        "please change it to one of your own afterwards.",
        email=_user(t, result),
    )


def _user(t: Texts, result: Result) -> str:
    return result.reset.user_email or t.say("user #{user_id}", user_id=result.reset.user_id)


def emails_link(t: Texts) -> str:
    return t.say("Open the client’s e-mails in WHMCS")
