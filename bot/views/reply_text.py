"""The text that a reply on a ticket begins with, and the state of its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.replies import (
    PASSWORD,
    PASSWORD_MARKER,
    ReplyDraft,
    ReplyKind,
    ReplyPlace,
    ReplyTemplates,
    ReplyText,
    append_reference,
    fill_markers,
    find_markers,
)
from bot.domain.resets import ClientNotice, Method
from bot.domain.seals import Seal
from bot.views import labels
from bot.views.state import SealedState, State
from bot.views.text import Texts, mark
from bot.views.text.methods import METHODS

TEMPLATES: Final[Mapping[ReplyText, str]] = {
    ReplyText.RESET_EMAIL: mark(
        "Hello {client_name},\n\n"
        "We have sent an e-mail to {email} with a link to choose a new password for the client area. "
        "If you don’t see it within a few minutes, please look in your spam folder.\n\n"
        "Kind regards",
    ),
    ReplyText.SET_PASSWORD: mark(
        "Hello {client_name},\n\n"
        "We have changed the password for the client area of {email}. We will give you the new one "
        "separately; please change it to one of your own after you have signed in.\n\n"
        "Kind regards",
    ),
    ReplyText.WITH_PASSWORD: mark(
        "Hello {client_name},\n\n"
        "We have changed the password for the client area of {email}. The new one is:\n\n"
        "{password}\n\n"
        "Please sign in with it now and change it to one of your own.\n\n"
        "Kind regards",
    ),
}
"""The texts in the client's language, with markers for what differs."""

_MARKERS: Final = {"client_name": "{client_name}", "email": "{email}", "password": PASSWORD_MARKER}


class ReplyState(SealedState):
    """State of the reply's modal: the reset's conversation, and the facts from which the form was rendered.

    `opened_at`: Unix seconds. `language`: the client's, one of ours. `result_view_id`: the view with the reset's result,
    below this one; empty if the form was opened from the direct message. `notice`: the notice that the result reports.
    """

    kind = "reply"

    form: State
    opened_at: int
    language: str = ""
    result_view_id: str = ""
    notice: ClientNotice | None = None
    client_name: str = ""
    ticket_subject: str = ""
    ticket_url: str = ""
    offers_password: bool = False

    @property
    def reference(self) -> Reference:
        return Reference(self.form.reference)

    @property
    def agent(self) -> AgentId:
        return AgentId(self.form.agent)

    @property
    def place(self) -> ReplyPlace | None:
        """Return where the result says that the reply goes; None: opened from the direct message."""
        return ReplyPlace(client_id=self.form.client_id, ticket=self.form.ticket) if self.result_view_id else None

    def sealed_by(self, seal: Seal) -> Self:
        """Return a copy that can be written; so can its `form`."""
        return super().sealed_by(seal).model_copy(update={"form": self.form.sealed_by(seal)})

    def drawn_from(self, draft: ReplyDraft, language: str) -> Self:
        return self.model_copy(
            update={
                "form": self.form.model_copy(update={"ticket": draft.reset.ticket}),
                "language": language,
                "client_name": draft.client_name,
                "ticket_subject": draft.ticket_subject,
                "ticket_url": draft.ticket_url,
                "offers_password": draft.offers_password,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The values of the form. `text` has a marker in place of the password."""

    kind: ReplyKind
    text: str
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftText:
    """Writes the text that a reply begins with. `email`: the user's address. `texts`: in the client's language.

    `templates`: the administrator's texts, in place of ours.
    """

    state: ReplyState
    method: Method
    email: str
    texts: Texts
    templates: ReplyTemplates

    def prefilled(self, *, has_password: bool) -> str:
        """Return the text that the form begins with; it ends with the reference."""
        which = _find_text(self.method, has_password=has_password)
        template = self.templates.find(which, self.texts.language) or self.texts.say(TEMPLATES[which], **_MARKERS)
        values = {
            "client_name": self.state.client_name,
            "email": self.email,
            "reference": self.state.reference,
            "ticket": self.state.form.ticket,
        }
        return append_reference(fill_markers(template, values), self.reference_line, self.state.reference)

    @property
    def reference_line(self) -> str:
        return labels.reference(self.texts, self.state.reference)


def switch_password(filled: Filled, draft: DraftText) -> Filled:
    """Return the values after the password was ticked or unticked: the text gets the marker, or loses it."""
    before = draft.prefilled(has_password=not filled.has_password)
    if filled.text == before.strip():
        text = draft.prefilled(has_password=filled.has_password)
    elif filled.has_password:
        text = _with_marker(filled.text, draft)
    else:
        text = filled.text.replace(f"{PASSWORD_MARKER}\n\n", "")
    return Filled(kind=filled.kind, text=text, has_password=filled.has_password)


def _find_text(method: Method, *, has_password: bool) -> ReplyText:
    words = METHODS[method]
    return words.reply_with_secret if has_password and words.reply_with_secret is not None else words.reply


def _with_marker(text: str, draft: DraftText) -> str:
    """Put the marker before the reference, in a text that the agent has changed."""
    if PASSWORD in find_markers(text):
        return text
    bare = text.removesuffix(draft.reference_line).rstrip()
    return f"{bare}\n\n{PASSWORD_MARKER}\n\n{draft.reference_line}"
