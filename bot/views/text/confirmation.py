"""The words of the last step before a password is set."""

from bot.domain.clients import SetPasswordSummary
from bot.domain.resets import Method
from bot.views.text import form, identity
from bot.views.text.catalogue import Texts


def confirm(t: Texts) -> str:
    return t.say("Confirm")


def question(t: Texts) -> str:
    return t.say("Set a new password for this user?")


def fields(t: Texts, summary: SetPasswordSummary) -> list[tuple[str, str]]:
    """Label and value of what will be done."""
    user = f"{summary.user_name}\n{summary.user_email}" if summary.user_name else summary.user_email
    told = [
        (form.user(t), user),
        (form.client(t), summary.client_name),
        (form.method(t), form.method_text(t, Method.SET_PASSWORD)),
        (form.ticket(t), f"{summary.ticket}\n{identity.why(t, summary.judgement.reason)}" if summary.ticket else ""),
        (identity.question(t), identity.answer(t, summary.verification) if summary.verification else ""),
    ]
    return [(label, value) for label, value in told if value]


def approval(t: Texts) -> str:
    """That it is not done yet when it is confirmed."""
    return t.say("A second agent has to approve it before it is done. You will be told.")


def reach(t: Texts, summary: SetPasswordSummary) -> str:
    """What the new password opens, and what becomes of the old one."""
    return " ".join(filter(None, (other_clients(t, summary), _effect(t), _notice(t, summary))))


def other_clients(t: Texts, summary: SetPasswordSummary) -> str:
    """What else the password opens."""
    if summary.other_clients is None:
        return t.say("⚠ WHMCS does not tell which other clients this user opens.")
    if not summary.other_clients:
        return t.say("This user opens no other client.")
    names = ", ".join(summary.other_names)
    more = summary.other_clients - len(summary.other_names)
    told = t.count(
        "⚠ The password also opens {number} other client: {names}",
        "⚠ The password also opens {number} other clients: {names}",
        summary.other_clients,
        names=names,
    )
    ending = t.count(" and {number} more.", " and {number} more.", more) if more else "."
    return f"{told}{ending}"


def _effect(t: Texts) -> str:
    return t.say(
        "The bot generates a new password, sets it in WHMCS, and sends it to you alone. The old one stops working at once."
    )


def _notice(t: Texts, summary: SetPasswordSummary) -> str:
    if not summary.tells_client:
        return ""
    return t.say("WHMCS then mails a notice to the client’s address, without the password.")


def progress(t: Texts) -> str:
    return t.say("One moment: reading from WHMCS what the password opens…")
