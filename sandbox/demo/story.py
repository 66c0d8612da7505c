"""What happens in the demo: two resets and a refusal. Nothing is drawn here; a `Screen` is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from sandbox.demo.words import Chapter, Labels
from sandbox.slack import LocalSlack, Message, Modal, Person, reading
from sandbox.whmcs import Activity, LocalWhmcs, ResetEmail, User, seed_password

RESET_EMAIL_TO: Final = "ana@example.com"
SET_PASSWORD_OF: Final = "persona03@cinco.example.com"
COMMAND: Final = "/reset-password"

_EXPECTED_EVENTS: Final = (
    ("reset", "STARTED", "reset_email"),
    ("reset", "SUCCEEDED", "reset_email"),
    ("reset", "STARTED", "set_password"),
    ("reset", "SUCCEEDED", "set_password"),
    ("message", "DELETED"),
    ("access", "DENIED"),
)


class StoryError(Exception):
    """A step did not end as it should; the text says which, and what was seen instead."""


@dataclass(frozen=True, kw_only=True)
class WhmcsChange:
    """What a reset left in WHMCS. `generated_opens` is None where no password was generated."""

    reset_emails: tuple[ResetEmail, ...]
    password_changed_at: datetime | None
    earlier_opens: bool
    generated_opens: bool | None
    people_who_saw: tuple[str, ...]
    activity: tuple[Activity, ...]


class Screen(Protocol):
    """Shows each step as it happens. Modals and messages are shown as they are at that moment."""

    def chapter(self, chapter: Chapter) -> None: ...
    def types(self, person: Person, command: str) -> None: ...
    def modal(self, modal: Modal) -> None: ...
    def suggestions(self, person: Person, label: str, typed: str, offered: tuple[str, ...]) -> None: ...
    def chooses(self, person: Person, label: str, option: str) -> None: ...
    def presses(self, person: Person, button: str) -> None: ...
    def ephemeral_message(self, message: Message) -> None: ...
    def direct_message(self, message: Message) -> None: ...
    def message_gone(self) -> None: ...
    def whmcs_changed(self, change: WhmcsChange) -> None: ...
    def whmcs_not_asked(self) -> None: ...


@dataclass
class Story:
    """The three chapters before the audit; `password` is the generated one, once there is one."""

    slack: LocalSlack
    whmcs: LocalWhmcs
    agent: Person
    stranger: Person
    labels: Labels
    screen: Screen
    password: str = field(default="", init=False)

    async def tell(self) -> None:
        """Raises: StoryError."""
        for chapter, part in (
            (Chapter.RESET_EMAIL, self._send_reset_email),
            (Chapter.SET_PASSWORD, self._set_password),
            (Chapter.STRANGER, self._refuse_stranger),
        ):
            self.screen.chapter(chapter)
            with _as_story_error(chapter):
                await part()

    async def _send_reset_email(self) -> None:
        before = _Before.of(self.whmcs, RESET_EMAIL_TO)
        modal = await self._type_command(RESET_EMAIL_TO)
        await modal.shows(self.labels.method)
        self.screen.modal(modal)
        await self._choose(modal, self.labels.method, self.labels.reset_email)
        await self._submit(modal, RESET_EMAIL_TO)
        self.screen.ephemeral_message(await self.agent.ephemeral_message(containing=RESET_EMAIL_TO))

        await self.whmcs.wait_for_call("LogActivity")
        change = before.compare(self.whmcs)
        _require([mail.email for mail in change.reset_emails] == [RESET_EMAIL_TO], "WHMCS sent no reset e-mail")
        _require(change.password_changed_at is None and change.earlier_opens, "the password was changed")
        _require(len(change.activity) == 1, "the activity log does not have exactly one new line")
        self.screen.whmcs_changed(change)

    async def _set_password(self) -> None:
        before = _Before.of(self.whmcs, SET_PASSWORD_OF)
        modal = await self._type_command("")
        self.screen.modal(modal)
        await self._find_client(modal, "Cin", "Cinco Ruedas")
        await self._choose(modal, self.labels.user, SET_PASSWORD_OF)
        await self._choose(modal, self.labels.method, self.labels.set_password)
        await self._choose(modal, self.labels.verified, self.labels.called_back)
        self.screen.modal(modal)
        await self._send(modal)
        await modal.shows(self.labels.confirm)
        self.screen.modal(modal)
        await self._submit(modal, SET_PASSWORD_OF)
        message = await self.agent.direct_message(containing=SET_PASSWORD_OF)
        self.password = message.password
        self.screen.direct_message(message)
        self.screen.ephemeral_message(await self.agent.ephemeral_message(containing=SET_PASSWORD_OF))

        change = before.compare(self.whmcs, self.password, self._people_who_saw(self.password))
        _require(change.generated_opens is True, "the generated password does not open the account")
        _require(
            change.password_changed_at is not None and not change.earlier_opens, "the old password opens the account"
        )
        _require(change.people_who_saw == (self.agent.name,), f"the password was shown to {change.people_who_saw}")
        _require(len(change.activity) == 1, "the activity log does not have exactly one new line")
        self.screen.whmcs_changed(change)
        await self._delete(message)

    async def _refuse_stranger(self) -> None:
        calls, modals = len(self.whmcs.calls), self.stranger.modals
        self.screen.types(self.stranger, f"{COMMAND} {RESET_EMAIL_TO}")
        await self.stranger.sends(f"{COMMAND} {RESET_EMAIL_TO}")
        self.screen.ephemeral_message(await self.stranger.ephemeral_message())
        _require(self.stranger.modals == modals, "a modal was opened for somebody who is no agent")
        _require(len(self.whmcs.calls) == calls, "WHMCS was asked for somebody who is no agent")
        self.screen.whmcs_not_asked()

    async def _type_command(self, text: str) -> Modal:
        command = f"{COMMAND} {text}".strip()
        self.screen.types(self.agent, command)
        return await self.agent.types(command)

    async def _find_client(self, modal: Modal, typed: str, client: str) -> None:
        """Choose a client in the type-ahead and wait for its card."""
        offered = await modal.suggestions(self.labels.client, typed)
        self.screen.suggestions(self.agent, self.labels.client, typed, offered)
        await modal.picks(self.labels.client, typed, client)
        self.screen.chooses(self.agent, self.labels.client, modal.chosen(self.labels.client) or "")
        await modal.shows(self.labels.method)

    async def _choose(self, modal: Modal, label: str, holding: str) -> None:
        found = [option for option in modal.options(label) if holding in option]
        _require(len(found) == 1, f"{len(found)} options with {holding!r} at {label!r} in:\n{modal.text}")
        await modal.choose(label, found[0])
        self.screen.chooses(self.agent, label, found[0])

    async def _submit(self, modal: Modal, email: str) -> None:
        """Send the form and wait for its result, which has to be a success."""
        await self._send(modal)
        await self.agent.waits_until(lambda: self.labels.back in modal.buttons or modal.errors)
        _require(self.labels.done in modal.text.splitlines() and email in modal.text, f"no success, but:\n{modal.text}")
        self.screen.modal(modal)

    async def _send(self, modal: Modal) -> None:
        self.screen.presses(self.agent, reading.plain(modal.view["submit"]))
        await modal.submit()

    async def _delete(self, message: Message) -> None:
        self.screen.presses(self.agent, self.labels.delete_now)
        await message.press(self.labels.delete_now)
        await message.gone()
        _require(message not in self.agent.direct_messages, "the message with the password is still there")
        self.screen.message_gone()

    def _people_who_saw(self, text: str) -> tuple[str, ...]:
        return tuple(sorted(person.name for person in self.slack.people_who_saw(text)))


def check_audit(audit: str) -> None:
    """Raises: StoryError: an event of the story is missing."""
    lines = [line.split() for line in audit.splitlines()]
    for expected in _EXPECTED_EVENTS:
        _require(any(set(expected) <= set(line) for line in lines), f"no {' '.join(expected)} in the audit:\n{audit}")


@dataclass(frozen=True)
class _Before:
    """What WHMCS held before a reset."""

    user: User
    reset_emails: int
    activity: int

    @classmethod
    def of(cls, whmcs: LocalWhmcs, email: str) -> "_Before":
        user = whmcs.data.find_user_by_email(email)
        if user is None:
            raise StoryError(f"the local WHMCS has no user {email}")
        return cls(user, len(whmcs.reset_emails), len(whmcs.activity))

    def compare(self, whmcs: LocalWhmcs, generated: str | None = None, saw: tuple[str, ...] = ()) -> WhmcsChange:
        email = self.user.email
        return WhmcsChange(
            reset_emails=tuple(whmcs.reset_emails[self.reset_emails :]),
            password_changed_at=whmcs.password_changed_at(self.user.id),
            earlier_opens=whmcs.opens(email, seed_password(self.user.id)),
            generated_opens=whmcs.opens(email, generated) if generated is not None else None,
            people_who_saw=saw,
            activity=tuple(whmcs.activity[self.activity :]),
        )


def _require(condition: object, otherwise: str) -> None:
    if not condition:
        raise StoryError(otherwise)


@contextmanager
def _as_story_error(chapter: Chapter) -> Iterator[None]:
    """People of the local Slack complain with AssertionError, its servers with TimeoutError."""
    try:
        yield
    except (StoryError, AssertionError, TimeoutError) as error:
        raise StoryError(f"{chapter}: {str(error) or 'no answer in time'}") from error
