"""The words of the form: labels, hints, and what is wrong with what was filled in."""

from datetime import datetime, timedelta
from typing import Final

from bot.domain.clients import ClientCard, SetPasswordOffer, UserChoice
from bot.domain.names import shorten
from bot.domain.permissions import Denial
from bot.domain.resets import LimitKind, LimitReached, Method
from bot.views.text.catalogue import Texts

OPTION: Final = 75
"""Slack's limit for an option's text and for its description (docs.slack.dev, composition objects)."""


def title(t: Texts) -> str:
    return t.say("Reset password")


def submit(t: Texts) -> str:
    return t.say("Reset")


def cancel(t: Texts) -> str:
    return t.say("Cancel")


def close(t: Texts) -> str:
    return t.say("Close")


def back(t: Texts) -> str:
    return t.say("Back")


def another_user(t: Texts) -> str:
    return t.say("Another user of this client")


def another_client(t: Texts) -> str:
    return t.say("Another client")


def search_again(t: Texts) -> str:
    return t.say("Search again")


def client(t: Texts) -> str:
    return t.say("Client")


def client_placeholder(t: Texts) -> str:
    return t.say("Name, company, e-mail or #id")


def client_hint(t: Texts) -> str:
    return t.say("WHMCS finds the beginnings of names, companies and e-mail addresses.")


def user(t: Texts) -> str:
    return t.say("User")


def ticket(t: Texts) -> str:
    return t.say("Ticket")


def ticket_placeholder(t: Texts) -> str:
    return t.say("Choose an open one, or type its number")


def in_one_option(text: str) -> str:
    return shorten(text, OPTION)


def method(t: Texts) -> str:
    return t.say("Method")


def matches(t: Texts) -> str:
    return t.say("Matches")


def searching(t: Texts, query: str) -> str:
    return t.say("One moment: searching WHMCS for “{query}”…", query=query)


def loading_client(t: Texts) -> str:
    return t.say("One moment: reading the client from WHMCS…")


def found(t: Texts, total: int, shown: int, query: str) -> str:
    if total > shown:
        return t.count(
            "{number} client begins with “{query}”. The best {shown} are below; type more to narrow it down.",
            "{number} clients begin with “{query}”. The best {shown} are below; type more to narrow it down.",
            total,
            query=query,
            shown=shown,
        )
    return t.count("{number} client found for “{query}”.", "{number} clients found for “{query}”.", total, query=query)


def found_none(t: Texts, query: str, *, is_ticket_asked: bool = False) -> str:
    if is_ticket_asked:
        return t.say(
            "No ticket and no client found for “{query}”. WHMCS finds only whole ticket numbers, and the beginnings of "
            "names, companies and e-mail addresses. Type another beginning in the field above.",
            query=query,
        )
    return t.say(
        "No client found for “{query}”. WHMCS finds only the beginnings of names, companies and e-mail addresses. "
        "Type another beginning in the field above.",
        query=query,
    )


def no_answer_option(t: Texts) -> str:
    return t.say("WHMCS does not answer just now; type again in a moment")


def more_option(t: Texts, number: int) -> str:
    return t.count("{number} more: keep typing", "{number} more: keep typing", number)


def not_allowed_option(t: Texts) -> str:
    return t.say("You may not reset passwords")


def match_text(name: str, company: str, email: str, client_id: int) -> str:
    """A client in one line of at most 75 characters; the id is never cut."""
    end = f" · #{client_id}"
    who = " · ".join(part for part in (shorten(name, 28), shorten(company, 20)) if part)
    return shorten(" · ".join(part for part in (who, email) if part), OPTION - len(end)) + end


def match_description(t: Texts, via_email: str, domain: str, status: str) -> str:
    parts = [t.say("User {email}", email=via_email)] if via_email else []
    if domain:
        parts.append(t.say("Domain {domain}", domain=domain))
    if status and status != "Active":
        parts.append(client_status(t, status))
    return shorten(" · ".join(parts), OPTION)


def users_left_out(t: Texts, number: int) -> str:
    return t.count(
        "{number} user does not fit here. Type the exact e-mail address behind the command to choose that one.",
        "{number} users do not fit here. Type the exact e-mail address behind the command to choose one of them.",
        number,
    )


def user_text(t: Texts, choice: UserChoice) -> str:
    """A user in one line of at most 75 characters; the address is what a person goes by, so the name is cut first."""
    if not choice.name or not choice.email:
        return shorten(choice.name or choice.email or t.say("user #{user_id}", user_id=choice.id), OPTION)
    room = max(OPTION - len(choice.email) - 3, 16)
    return shorten(f"{shorten(choice.name, room)} · {choice.email}", OPTION)


def user_description(t: Texts, choice: UserChoice, timezone: str, beside: str = "") -> str:
    """`beside`: what the ticket tells of this user, in a few words."""
    parts = [beside] if beside else []
    if choice.is_owner:
        parts.append(t.say("Owner"))
    if choice.other_clients:
        parts.append(t.count("opens {number} other client", "opens {number} other clients", choice.other_clients))
    parts.append(_last_sign_in(t, choice, timezone))
    return shorten(" · ".join(parts), OPTION)


def _last_sign_in(t: Texts, choice: UserChoice, timezone: str) -> str:
    if choice.last_sign_in_at is not None:
        return t.say("last sign-in {date}", date=t.date(choice.last_sign_in_at, timezone))
    if choice.tells_sign_in:
        return t.say("never signed in")
    return t.say("last sign-in not told by WHMCS")


def client_status(t: Texts, status: str) -> str:
    known = {"Active": t.say("Active"), "Inactive": t.say("Inactive"), "Closed": t.say("Closed")}
    return known.get(status, status)


def card_fields(t: Texts, card: ClientCard) -> list[tuple[str, str]]:
    """Label and value of what identifies a client."""
    fields = [
        (t.say("Name"), card.name),
        (t.say("Company"), card.company),
        (t.say("Client’s e-mail"), card.email),
        (t.say("Client id"), f"#{card.client_id}"),
        (t.say("Status"), client_status(t, card.status)),
    ]
    return [(label, value) for label, value in fields if value]


def profile_link(t: Texts) -> str:
    return t.say("Open the profile in WHMCS")


def status_warning(t: Texts, card: ClientCard) -> str:
    """Empty for an active client."""
    if card.status == "Inactive":
        return t.say("⚠ This client is inactive in WHMCS. Make sure that the reset is really wanted.")
    if card.status == "Closed":
        return t.say("⚠ This client is closed in WHMCS. Make sure that the reset is really wanted.")
    return ""


def no_users(t: Texts) -> str:
    return t.say(
        "This client has no users, so there is no password to reset. Add a user in the client’s Users tab in WHMCS, "
        "or choose another client."
    )


def method_text(t: Texts, chosen: Method) -> str:
    if chosen is Method.RESET_EMAIL:
        return t.say("Send a password-reset e-mail")
    return t.say("Set a password")


def method_description(t: Texts, chosen: Method) -> str:
    if chosen is Method.RESET_EMAIL:
        return t.say("WHMCS mails the user a link; the password stays until it is used")
    return t.say("A new one is generated and sent to you alone, in a direct message")


def offer(t: Texts, offered: SetPasswordOffer) -> str:
    """Why *set a password* is not among the methods; empty if it is."""
    match offered:
        case SetPasswordOffer.OFFERED:
            return ""
        case SetPasswordOffer.PROTECTED:
            return t.say(
                "“Set a password” is not offered: this client is in a protected group. Send a password-reset e-mail."
            )
        case SetPasswordOffer.NOT_ALLOWED:
            return t.say("“Set a password” is not offered: you are not among those who may set passwords.")
        case _:
            return _companion_is_in_the_way(t, offered)


def _companion_is_in_the_way(t: Texts, offered: SetPasswordOffer) -> str:
    match offered:
        case SetPasswordOffer.NOT_INSTALLED:
            return t.say("“Set a password” is not offered: the companion module is not set up in WHMCS.")
        case SetPasswordOffer.NOT_ANSWERING:
            return t.say("“Set a password” is not offered just now: the companion module in WHMCS does not answer.")
        case SetPasswordOffer.ABSENT:
            return t.say(
                "“Set a password” is not offered: the companion module is missing in WHMCS, or not activated. "
                "Tell your administrator."
            )
        case SetPasswordOffer.TOO_OLD:
            return t.say(
                "“Set a password” is not offered: the companion module in WHMCS is of another version. "
                "Tell your administrator."
            )
        case SetPasswordOffer.WRONG_SECRET:
            return t.say(
                "“Set a password” is not offered: the companion module in WHMCS and the bot have different secrets. "
                "Tell your administrator."
            )
        case SetPasswordOffer.WRONG_CLOCK:
            return t.say(
                "“Set a password” is not offered: the clocks of WHMCS’s server and of the bot differ too much. "
                "Tell your administrator."
            )
        case SetPasswordOffer.ADDRESS_REFUSED:
            return t.say(
                "“Set a password” is not offered: the companion module in WHMCS does not accept the bot’s address. "
                "Tell your administrator."
            )
        case _:
            return ""


def no_email_offer(t: Texts) -> str:
    """Why the reset e-mail is not among the methods."""
    return t.say(
        "“Send a password-reset e-mail” is not offered: the bot’s API role in WHMCS lacks ResetPassword. "
        "Tell your administrator."
    )


def contact(t: Texts) -> str:
    """Whom to ask, in mrkdwn: a channel id becomes a link; empty where nobody is named."""
    if not t.help_contact:
        return ""
    return t.say("Questions: {contact}", contact=_contact_link(t.help_contact))


def _contact_link(name: str) -> str:
    if len(name) > 1 and name[0] in "CG" and name.isalnum() and name.isupper():
        return f"<#{name}>"
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def reference(t: Texts, text: str) -> str:
    return t.say("Reference: {reference}", reference=text)


def choose_client(t: Texts) -> str:
    return t.say("Choose a client from the list. Nothing was changed.")


def choose_user(t: Texts) -> str:
    return t.say("Choose a user. Nothing was changed.")


def choose_method(t: Texts) -> str:
    return t.say("Choose a method. Nothing was changed.")


def no_method(t: Texts) -> str:
    return t.say("No method can be used just now: see below why. Nothing was changed.")


def client_without_users(t: Texts) -> str:
    return t.say("This client has no users: choose another one. Nothing was changed.")


def not_allowed_to_set(t: Texts, denial: Denial) -> str:
    if denial is Denial.UNVERIFIED:
        return t.say(
            "Slack did not tell in time whether you may set passwords. Try again in a minute. Nothing was changed."
        )
    if denial is Denial.MAY_NOT_SET_PASSWORDS:
        return t.say("You may not set passwords; send a password-reset e-mail. Nothing was changed.")
    return t.say("You may not reset passwords with this bot. Nothing was changed.")


def not_offered(t: Texts) -> str:
    return t.say("Passwords can’t be set just now; send a password-reset e-mail. Nothing was changed.")


def protected(t: Texts) -> str:
    return t.say(
        "The password opens a client of a protected group, so it can’t be set here; send a password-reset e-mail. "
        "Nothing was changed."
    )


def no_audit(t: Texts) -> str:
    return t.say(
        "The reset could not be recorded, and without a record nothing is done. Try again in a minute; if it goes on, "
        "tell your administrator. Nothing was changed."
    )


def limit_reached(t: Texts, limit: LimitReached, *, who: str, timezone: str) -> str:
    """`who`: the name of the agent who holds the user; empty: the reader himself."""
    if limit.kind is LimitKind.AGENT_HOUR and limit.until_at is not None:
        return t.say(
            "You have reached the limit of resets for one hour. It is possible again at {time}. Nothing was changed.",
            time=_clock(t, limit.until_at, timezone),
        )
    if limit.kind is LimitKind.WORKSPACE_HOUR and limit.until_at is not None:
        return t.say(
            "All agents together have reached the limit of resets for one hour. It is possible again at {time}. If "
            "so many were not expected, tell your administrator at once. Nothing was changed.",
            time=_clock(t, limit.until_at, timezone),
        )
    if limit.until_at is None:
        if not who:
            return t.say("You are already resetting this user’s password. Wait for its result. Nothing was changed.")
        return t.say(
            "{agent} is resetting this user’s password at this moment. Try again in a minute. Nothing was changed.",
            agent=who,
        )
    time = _clock(t, limit.until_at, timezone)
    if not who:
        return t.say(
            "You have just reset this user’s password. It is possible again at {time}. Nothing was changed.", time=time
        )
    return t.say(
        "{agent} has just reset this user’s password. It is possible again at {time}. Nothing was changed.",
        agent=who,
        time=time,
    )


def _clock(t: Texts, at: datetime, timezone: str) -> str:
    """A time without seconds, rounded up: at the minute that is read it is possible."""
    return t.clock(at + timedelta(seconds=59), timezone)
