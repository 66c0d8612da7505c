"""The demo in the terminal: two resets and a refusal with the real bot. Each step is printed and checked."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from rich.console import Console

from sandbox.bot_process import BotProcess, ProcessError, build_settings, run_command
from sandbox.demo.terminal import Terminal
from sandbox.slack import LocalSlack, Message, Modal, reading
from sandbox.whmcs import LocalWhmcs, ResetEmail, User, seed_password
from sandbox.words import choose_words

GROUP: Final = "S0AGENTS"
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
    """A step did not end as expected; the text names the step and what was seen instead."""


async def walk_through(language: str, console: Console) -> bool:
    """Run the demo and return True if every step ended as expected. Everything that it started has ended by then."""
    words = choose_words(language, "demo")
    terminal = Terminal(console, words)
    terminal.introduce()
    with tempfile.TemporaryDirectory(prefix="reset-password-demo-") as name:
        async with LocalSlack() as slack, LocalWhmcs() as whmcs:
            settings = build_settings(
                slack, whmcs, Path(name), group=GROUP, locale=language, help_contact=words["help_contact"]
            )
            bot = BotProcess(settings, Path(name) / "bot.log")
            slack.connect_bot(bot.events_url)
            try:
                await _run(Story(slack, whmcs, language, terminal), terminal, bot, settings, Path(name))
            except (StoryError, ProcessError) as error:
                terminal.fail(str(error), bot.log_end())
                return False
    terminal.confirm(words["finished"])
    return True


async def _run(story: "Story", terminal: Terminal, bot: BotProcess, settings: dict[str, str], folder: Path) -> None:
    async with bot:
        terminal.remark("ready")
        await story.play()
        terminal.chapter("audit")
        exit_code = await bot.stop()
    if exit_code != 0:
        raise ProcessError(f"the bot ended with exit code {exit_code} after SIGTERM")
    _check_traces(folder, story.password)
    terminal.confirm(story.words["ended"].format(code=exit_code), story.words["traces"])
    # Read after the bot has ended: it records the last events while it stops.
    audit = await run_command(settings, "audit", "list")
    terminal.command_output("python -m bot audit list", audit)
    check_audit(audit)


class Story:
    """The three chapters before the audit."""

    def __init__(self, slack: LocalSlack, whmcs: LocalWhmcs, language: str, terminal: Terminal) -> None:
        self.words = choose_words(language, "demo")
        self.password = ""
        """The generated password; empty until there is one."""
        self._labels = choose_words(language, "labels")
        self._slack = slack
        self._whmcs = whmcs
        self._terminal = terminal
        self._agent = slack.add_person(self.words["agent"], locale=self.words["locale"], groups=[GROUP])
        self._stranger = slack.add_person(self.words["stranger"], locale=self.words["locale"])

    async def play(self) -> None:
        """Raises: StoryError."""
        chapters = {
            "reset_email": self._send_reset_email,
            "set_password": self._set_password,
            "stranger": self._refuse_stranger,
        }
        for name, part in chapters.items():
            self._terminal.chapter(name)
            with _as_story_error(name):
                await part()

    async def _send_reset_email(self) -> None:
        before = _Before.of(self._whmcs, RESET_EMAIL_TO)
        modal = await self._type_command(RESET_EMAIL_TO)
        await modal.shows(self._labels["method"])
        self._terminal.modal(modal)
        await self._choose(modal, "method", self._labels["reset_email"])
        await self._submit(modal, RESET_EMAIL_TO)
        self._terminal.message(await self._agent.ephemeral_message(containing=RESET_EMAIL_TO))

        await self._whmcs.wait_for_call("LogActivity")
        changes = before.compare(self._whmcs)
        _require([mail.email for mail in changes.reset_emails] == [RESET_EMAIL_TO], "WHMCS sent no reset e-mail")
        _require(changes.changed_at is None and changes.is_earlier_valid, "the password was changed")
        self._show(changes)

    async def _set_password(self) -> None:
        before = _Before.of(self._whmcs, SET_PASSWORD_OF)
        modal = await self._type_command("")
        self._terminal.modal(modal)
        await self._find_client(modal, "Cin", "Cinco Ruedas")
        await self._choose(modal, "user", SET_PASSWORD_OF)
        await self._choose(modal, "method", self._labels["set_password"])
        await self._choose(modal, "verified", self._labels["called_back"])
        self._terminal.modal(modal)
        await self._send(modal)
        await modal.shows(self._labels["confirm"])
        self._terminal.modal(modal)
        await self._submit(modal, SET_PASSWORD_OF)
        message = await self._agent.direct_message(containing=SET_PASSWORD_OF)
        self.password = message.password
        self._terminal.message(message)
        self._terminal.message(await self._agent.ephemeral_message(containing=SET_PASSWORD_OF))

        changes = before.compare(self._whmcs)
        is_valid = self._whmcs.opens(SET_PASSWORD_OF, self.password)
        people = sorted(person.name for person in self._slack.people_who_saw(self.password))
        _require(is_valid, "the generated password does not open the account")
        _require(changes.changed_at and not changes.is_earlier_valid, "the old password opens the account")
        _require(people == [self._agent.name], f"the password was shown to {people}")
        self._show(
            changes,
            ("generated_password_opens", self._yes_or_no(is_so=is_valid)),
            ("people_who_saw", self.words["only"].format(name=self._agent.name)),
        )
        await self._delete(message)

    async def _refuse_stranger(self) -> None:
        calls, modals = len(self._whmcs.calls), self._stranger.modals
        self._terminal.step("types", f"{COMMAND} {RESET_EMAIL_TO}", name=self._stranger.name)
        await self._stranger.sends(f"{COMMAND} {RESET_EMAIL_TO}")
        self._terminal.message(await self._stranger.ephemeral_message())
        _require(self._stranger.modals == modals, "a modal was opened for a person who is not an agent")
        _require(len(self._whmcs.calls) == calls, "WHMCS was called for a person who is not an agent")
        self._terminal.whmcs([("nothing_asked", "")])

    async def _type_command(self, text: str) -> Modal:
        command = f"{COMMAND} {text}".strip()
        self._terminal.step("types", command, name=self._agent.name)
        return await self._agent.types(command)

    async def _find_client(self, modal: Modal, typed: str, client: str) -> None:
        """Choose a client in the type-ahead and wait for its card."""
        label = self._labels["client"]
        offered = await modal.suggestions(label, typed)
        _require(offered, f"nothing is offered for {typed!r}")
        self._terminal.step("looks_up", "\n".join(offered), name=self._agent.name, typed=typed, label=label)
        await modal.picks(label, typed, client)
        self._terminal.step("chooses", modal.chosen(label) or "", name=self._agent.name, label=label)
        await modal.shows(self._labels["method"])

    async def _choose(self, modal: Modal, field: str, containing: str) -> None:
        label = self._labels[field]
        found = [option for option in modal.options(label) if containing in option]
        _require(len(found) == 1, f"{len(found)} options with {containing!r} at {label!r} in:\n{modal.text}")
        await modal.choose(label, found[0])
        self._terminal.step("chooses", found[0], name=self._agent.name, label=label)

    async def _submit(self, modal: Modal, email: str) -> None:
        """Submit the view and wait for its result, which must be a success."""
        await self._send(modal)
        await self._agent.waits_until(lambda: self._labels["back"] in modal.buttons or modal.errors)
        is_done = self._labels["done"] in modal.text.splitlines() and email in modal.text
        _require(is_done, f"no success, but:\n{modal.text}")
        self._terminal.modal(modal)

    async def _send(self, modal: Modal) -> None:
        self._press(reading.plain(modal.view["submit"]))
        await modal.submit()

    def _press(self, button: str) -> None:
        self._terminal.step("presses", f"[ {button} ]", name=self._agent.name)

    async def _delete(self, message: Message) -> None:
        self._press(self._labels["delete_now"])
        await message.press(self._labels["delete_now"])
        await message.gone()
        _require(message not in self._agent.direct_messages, "the message with the password is still there")
        self._terminal.confirm(self.words["message_gone"])

    def _show(self, changes: "_Changes", *more: tuple[str, str]) -> None:
        _require(len(changes.activity) == 1, "the activity log does not have exactly one new line")
        words = self.words
        sent = [words["email_sent"].format(email=one.email, time=_clock(one.at)) for one in changes.reset_emails]
        changed = words["changed_at"].format(time=_clock(changes.changed_at)) if changes.changed_at else words["no"]
        self._terminal.whmcs(
            [
                ("emails_sent", "\n".join(sent) or words["none"]),
                ("password_changed", changed),
                ("earlier_password_opens", self._yes_or_no(is_so=changes.is_earlier_valid)),
                *more,
                ("activity", changes.activity[0]),
            ]
        )

    def _yes_or_no(self, *, is_so: bool) -> str:
        return self.words["yes" if is_so else "no"]


def check_audit(audit: str) -> None:
    """Raises: StoryError: an event of the story is missing."""
    lines = [line.split() for line in audit.splitlines()]
    for expected in _EXPECTED_EVENTS:
        _require(any(set(expected) <= set(line) for line in lines), f"no {' '.join(expected)} in the audit:\n{audit}")


def _check_traces(folder: Path, password: str) -> None:
    found = [path.name for path in folder.iterdir() if password.encode() in path.read_bytes()]
    _require(not found, f"the generated password is in {', '.join(found)}")


@dataclass(frozen=True)
class _Changes:
    """ChangeNotifier that a reset made in WHMCS. `changed_at`: when the password was changed; None if it was not."""

    reset_emails: list[ResetEmail]
    changed_at: datetime | None
    is_earlier_valid: bool
    activity: list[str]


@dataclass(frozen=True)
class _Before:
    """State of WHMCS before a reset."""

    user: User
    reset_emails: int
    activity: int

    @classmethod
    def of(cls, whmcs: LocalWhmcs, email: str) -> Self:
        user = whmcs.data.find_user_by_email(email)
        if user is None:
            raise StoryError(f"the local WHMCS has no user {email}")
        return cls(user, len(whmcs.reset_emails), len(whmcs.activity))

    def compare(self, whmcs: LocalWhmcs) -> _Changes:
        return _Changes(
            reset_emails=list(whmcs.reset_emails[self.reset_emails :]),
            changed_at=whmcs.password_changed_at(self.user.id),
            is_earlier_valid=whmcs.opens(self.user.email, seed_password(self.user.id)),
            activity=[one.description for one in whmcs.activity[self.activity :]],
        )


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


def _require(condition: object, otherwise: str) -> None:
    if not condition:
        raise StoryError(otherwise)


@contextmanager
def _as_story_error(chapter: str) -> Iterator[None]:
    """Convert the errors of a step: Person and Modal raise AssertionError, the servers TimeoutError."""
    try:
        yield
    except (StoryError, AssertionError, TimeoutError) as error:
        raise StoryError(f"{chapter}: {str(error) or 'no answer in time'}") from error
