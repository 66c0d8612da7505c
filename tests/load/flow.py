"""One agent who resets one user: types, chooses, clicks again if Slack shows an error, and reads until an outcome is shown."""

import asyncio
import contextlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.resets import Method
from sandbox.slack import LocalSlack, Modal, Person
from sandbox.slack.delivery import Retry
from sandbox.slack.message import Message
from tests.harness.agent_notifications import HEADLINES, NEW_PASSWORD
from tests.metadata import reference_of

LABELS: Final = {Method.RESET_EMAIL: "Send a password-reset e-mail", Method.SET_PASSWORD: "Set a password"}
NOTHING: Final = "Nothing was changed."
FAULT: Final = "Something went wrong in the bot."

_TRIES: Final = 8
_CLICKS: Final = 8
_PAUSE_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 10.0


class Stage(StrEnum):
    DUE = "not begun"
    OPENING = "opening the form"
    CHOOSING = "choosing"
    LAST_STEP = "going to the last step"
    MEETING = "waiting for the other agent"
    PRESSED = "pressed the button"
    READING = "reading on after the answer"
    ENDED = "knows how it ended"
    NO_FORM = "gave up before the button"
    SLACK_ERROR = "gave up at the button"


@dataclass(eq=False)
class Flow:
    """`due_at`, `ended_at`: the loop's time.

    `is_double`: the form reaches the bot twice at the same moment. `looks_at_home`: the app's Home tab is opened first.
    `barrier`: where the two agents of one user meet before they press.
    """

    slack: LocalSlack
    agent: Person
    client_id: int
    user_id: int
    email: str
    method: Method
    due_at: float
    is_double: bool = False
    looks_at_home: bool = False
    barrier: asyncio.Barrier | None = None
    stage: Stage = Stage.DUE
    modal: Modal | None = None
    reference: str = ""
    tries: int = 0
    clicks: int = 0
    read: str = ""
    ended_at: float | None = None

    @property
    def form(self) -> Modal:
        assert self.modal is not None, "no form was opened"
        return self.modal

    @property
    def is_over(self) -> bool:
        return self.stage in {Stage.ENDED, Stage.NO_FORM, Stage.SLACK_ERROR}

    @property
    def messages(self) -> tuple[Message, ...]:
        """The agent's direct messages, and the ephemeral ones in the channel."""
        return (*self.agent.direct_messages, *self.agent.ephemeral_messages)

    async def play(self) -> None:
        """Run until the agent has read an outcome or gives up; after a kill only recovery announces it."""
        if self.looks_at_home:
            await self._look_at_home()
        while not await self._fill_in():
            if self.tries == _TRIES:
                self._end(Stage.NO_FORM, "")
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        if self.barrier is not None:
            self.stage = Stage.MEETING
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self.barrier.wait()
        if not await self._press():
            self._end(Stage.SLACK_ERROR, self.form.notice)
            return
        self.stage = Stage.READING
        await self.slack.workspace.changes_of(self.agent.id).wait_until(self.find_end, timeout_seconds=3600)
        self._end(Stage.ENDED, self.find_end())

    def find_end(self) -> str:
        """What the agent reads now that says how it ended, wherever it stands; empty: nothing does."""
        texts = [self.form.text, *(message.visible_text for message in self.messages)]
        lines = [line for text in texts if self.reference in text for line in text.splitlines()]
        said = next((line for line in lines if line.startswith(NEW_PASSWORD) or line in HEADLINES), "")
        if said:
            return said
        refusals = [*self.form.errors.values(), *self.form.text.splitlines()]
        return next((text for text in refusals if NOTHING in text or FAULT in text), "")

    async def _look_at_home(self) -> None:
        """Events alone Slack sends again by itself when they were not acknowledged: the first time at once."""
        payload = self.slack.home_opened_payload(self.agent)
        answer = await self.slack.deliver("event_callback", payload)
        if answer.error:
            await self.slack.deliver("event_callback", payload, retry=Retry())

    async def _fill_in(self) -> bool:
        """Fill in the form up to the button. Return False if Slack showed an error or nothing came: type again."""
        self.tries += 1
        self.stage = Stage.OPENING
        if (await self.agent.sends(f"/reset-password #{self.client_id}")).error:
            return False
        try:
            self.modal = await self.agent.modal(_PATIENCE_SECONDS)
            await self.form.shows("Client id", _PATIENCE_SECONDS)
            self.stage = Stage.CHOOSING
            await self.form.choose("Method", LABELS[self.method])
            if self.method is Method.SET_PASSWORD:
                self.stage = Stage.LAST_STEP
                await self.form.choose("How was the person verified?", "Called back")
                await self._click()
                await self.form.shows("Confirm", _PATIENCE_SECONDS)
        except AssertionError:
            return False
        self.reference = reference_of(self.form.view)
        return True

    async def _press(self) -> bool:
        """False: Slack showed an error at every click."""
        self.stage = Stage.PRESSED
        if self.is_double:
            payload = self.slack.submission_payload(self.agent, self.form)
            _, is_answered = await asyncio.gather(self.slack.deliver("view_submission", payload), self._click())
            return is_answered
        return await self._click()

    async def _click(self) -> bool:
        """Submit what is shown, and again as long as Slack shows an error at the button and nothing else has come."""
        view = self.form.view["callback_id"]
        for _ in range(_CLICKS):
            if self.stage is Stage.PRESSED:
                self.clicks += 1
            await self.form.submit()
            if not self.form.notice:
                return True
            await asyncio.sleep(_PAUSE_SECONDS)
            if self.form.view["callback_id"] != view or (self.stage is Stage.PRESSED and self.find_end()):
                # What the button leads to has come after all: another view, whose button is another one.
                return True
        return False

    def _end(self, stage: Stage, read: str) -> None:
        self.stage, self.read = stage, read
        self.ended_at = asyncio.get_running_loop().time()
