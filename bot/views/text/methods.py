"""The words of each reset method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.replies import ReplyText
from bot.domain.resets import Method, Settled
from bot.views.text.catalogue import mark

_CHANGED_NOT_DELIVERED: Final = mark(
    "Update: the password of {email} (client #{client_id}) was changed, but the new one was not "
    "delivered to you. If you have not set it since, set it again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodWords:
    """`description`: at most 75 characters. `settled`: what was found out later; the agent may have acted since.

    `for_client`: to copy, in the client's language. `reply`: the text that a reply on the ticket begins with.
    `reply_with_secret`: the same if it includes what the agent received; None if there is nothing to include.
    """

    name: str
    description: str
    progress: str
    succeeded: str
    unknown: str
    settled: Mapping[Settled, str]
    for_client: str
    answer_needed: str
    reply: ReplyText
    reply_with_secret: ReplyText | None = None


# A process that dies before STARTED leaves nothing from which another one could report the outcome: hence the five
# minutes in `progress`.
METHODS: Final[Mapping[Method, MethodWords]] = {
    Method.RESET_EMAIL: MethodWords(
        name=mark("Send a password-reset e-mail"),
        description=mark("WHMCS e-mails the user a link; the password stays until it is used"),
        progress=mark(
            "One moment: WHMCS is sending the e-mail. The result will appear here, or else in a direct "
            "message. If neither appears within five minutes, start again."
        ),
        succeeded=mark(
            "WHMCS sent a password-reset e-mail to {email} (client #{client_id}). "
            "The password stays as it is until the link in it is used."
        ),
        unknown=mark(
            "It is not known whether WHMCS sent the e-mail to {email} (client #{client_id}): {why} "
            "Look at the client’s Emails tab in WHMCS before you send another one."
        ),
        settled={
            Settled.DONE: mark("Update: WHMCS sent the e-mail to {email} (client #{client_id})."),
            Settled.NOT_DONE: mark("Update: WHMCS did not send the e-mail to {email} (client #{client_id})."),
            Settled.NOT_DELIVERED: _CHANGED_NOT_DELIVERED,
        },
        for_client=mark(
            "We have sent an e-mail to {email} with a link to choose a new password for the client area. "
            "If you don’t see it within a few minutes, please look in your spam folder."
        ),
        answer_needed=mark("Specify how the person was verified. Nothing was changed."),
        reply=ReplyText.RESET_EMAIL,
    ),
    Method.SET_PASSWORD: MethodWords(
        name=mark("Set a password"),
        description=mark("A new one is generated and sent only to you, in a direct message"),
        progress=mark(
            "One moment: a new password is being set. The result will appear here, or else in a direct "
            "message. If neither appears within five minutes, start again."
        ),
        succeeded=mark(
            "The password of {email} (client #{client_id}) was changed. The new one is in a direct message "
            "that only you can see and that will be deleted automatically."
        ),
        unknown=mark(
            "It is not known whether the password of {email} (client #{client_id}) was changed: {why} "
            "The old one may no longer work: set it again."
        ),
        settled={
            Settled.DONE: mark(
                "Update: the password of {email} (client #{client_id}) was changed, and the new one was sent to "
                "you in a direct message. If it is no longer there, set it again."
            ),
            Settled.NOT_DONE: mark("Update: the password of {email} (client #{client_id}) stayed as it was."),
            Settled.NOT_DELIVERED: _CHANGED_NOT_DELIVERED,
        },
        for_client=mark(
            "We have changed the password for the client area of {email}. You can sign in with the new one now; "
            "please change it to one of your own afterwards."
        ),
        answer_needed=mark(
            "Without strong proof, a password can be set only if you specify how the person was verified. "
            "Nothing was changed."
        ),
        reply=ReplyText.SET_PASSWORD,
        reply_with_secret=ReplyText.WITH_PASSWORD,
    ),
}
