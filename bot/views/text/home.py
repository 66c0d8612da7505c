"""The words of the app's Home tab."""

from bot.domain.approvals import Pending
from bot.domain.resets import Phase, Reason, Reset, Result
from bot.views.text import approval, form, outcomes
from bot.views.text.catalogue import Texts


def start(t: Texts) -> str:
    return form.title(t)


def state_heading(t: Texts, clock: str) -> str:
    return t.say("State at {time}", time=clock)


def whmcs_state(t: Texts, failure: Reason | None) -> str:
    match failure:
        case None:
            return t.say("WHMCS answers.")
        case (
            Reason.UNREACHABLE
            | Reason.TIMED_OUT
            | Reason.CONNECTION_LOST
            | Reason.NOT_ANSWERING
            | Reason.BUSY
            | Reason.WEB_PAGE
            | Reason.UNUSABLE_ANSWER
            | Reason.SERVER_ERROR
        ):
            return t.say("WHMCS does not answer as it should just now. Try again in a few minutes.")
        case _:
            return t.say("WHMCS does not let the bot work just now. Tell your administrator.")


def set_password_offered(t: Texts) -> str:
    return t.say("“Set a password” is offered.")


def database_fails(t: Texts) -> str:
    return t.say(
        "The bot’s database does not answer, so your resets can’t be shown and nothing can be reset. "
        "Open this page again in a minute."
    )


def resets_heading(t: Texts) -> str:
    return t.say("My last resets")


def no_resets(t: Texts) -> str:
    return t.say("There are none yet.")


def reset(t: Texts, shown: Reset, timezone: str) -> str:
    """One reset in two lines; names and addresses are WHMCS's."""
    user = " · ".join(part for part in (shown.user_name, shown.user_email, f"#{shown.user_id}") if part)
    whose = t.say(
        "{date} · user {user} · client #{client_id}",
        date=t.date(shown.started_at, timezone),
        user=user,
        client_id=shown.client_id,
    )
    how = [form.method_text(t, shown.method), _outcome(t, shown), form.reference(t, shown.reference)]
    return f"{whose}\n{' · '.join(how)}"


def pending_heading(t: Texts) -> str:
    return t.say("Waiting for a second agent")


def pending(t: Texts, one: Pending, timezone: str) -> str:
    """What waits, and where it is answered."""
    return t.say(
        "{email} · client #{client_id} · until {time} · {reference}. Answer in the channel for approvals.",
        email=one.reset.user_email,
        client_id=one.reset.client_id,
        time=t.clock(one.asked.expires_at, timezone),
        reference=one.reset.reference,
    )


def _outcome(t: Texts, shown: Reset) -> str:
    if shown.phase is Phase.WAITING:
        return approval.waiting_headline(t)
    if shown.outcome is None:
        return t.say("In progress")
    return outcomes.headline(t, Result(reset=shown, outcome=shown.outcome, reason=shown.reason))


def procedure_heading(t: Texts) -> str:
    return t.say("The procedure in brief")


def procedure(t: Texts) -> tuple[str, ...]:
    """One step each."""
    return (
        t.say(
            "1. Make sure that the person who asks is the user, or may ask for them: by the ticket, or by calling back "
            "on the number that WHMCS has."
        ),
        t.say(
            "2. Press the button above, or type /reset-password with a ticket’s number, a name, an address or #id "
            "behind it. On a message, use the shortcut of the same name."
        ),
        t.say(
            "3. Compare the client’s card with who wrote to you, and choose the ticket and the user. The form says "
            "what the ticket proves."
        ),
        t.say(
            "4. Choose the e-mail whenever the user can read that mailbox; set a password if not. Confirm it in the "
            "last step; a second agent may have to approve it."
        ),
        t.say(
            "5. Read the result and tell the client on the ticket. Pass a password on there alone, then delete the "
            "message."
        ),
    )
