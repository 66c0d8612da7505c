"""An agent who resets a user: the steps, and their visible results."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.slack import Fault as SlackFault
from sandbox.slack import Modal, Person
from sandbox.slack.faults import Kind as SlackKind
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import FaultKind
from sandbox.whmcs.records import Call
from sandbox.whmcs.tickets import Ticket
from tests.harness.process import Replica
from tests.harness.world import World, open_modal
from tests.metadata import reference_of
from tests.reliability.scenario import EMAIL, Message, Place, Scenario, Whmcs

PATIENCE_SECONDS: Final = 45.0
"""The time limit for a result; it appears much sooner unless the machine is busy."""

PLACEHOLDER: Final = "a new password is being set"
_LABELS: Final = {"reset_email": "Send a password-reset e-mail", "set_password": "Set a password"}


@dataclass
class ScenarioRun:
    """A scenario with its own agent, client and user, so that many can run on one bot at the same time.

    `bots` are the processes that may have served it.
    """

    scenario: Scenario
    world: World
    agent: Person
    client_id: int
    user_id: int
    email: str
    bots: Sequence[Replica]
    ticket: Ticket | None = None
    modal: Modal | None = None
    reference: str = ""
    _submitting: list[asyncio.Task[object]] = field(default_factory=list)
    _whmcs_faults: list[WhmcsFault] = field(default_factory=list)
    _slack_faults: list[SlackFault] = field(default_factory=list)

    @property
    def write(self) -> str:
        """The action that writes."""
        return "ResetPassword" if self.scenario.method is EMAIL else "set_password"

    @property
    def form(self) -> Modal:
        assert self.modal is not None, "no form was opened"
        return self.modal

    async def fill_in(self) -> None:
        """Open and fill in the form, up to the button that begins the reset."""
        about = self.ticket.number if self.ticket else f"#{self.client_id}"
        self.modal = await open_modal(self.agent, f"/reset-password {about}")
        await self.form.shows("Client id", timeout_seconds=20)
        await self.form.choose("Method", _LABELS[self.scenario.method])
        if self.scenario.method is not EMAIL:
            await self.form.submit()
            await self.form.shows("Confirm", timeout_seconds=20)
        self._read_reference()

    def submit(self) -> None:
        """Press the button without waiting for the response, which may never come."""
        self._submitting.append(asyncio.ensure_future(self.form.submit()))

    async def submit_again(self) -> None:
        """Press the button again; after a reset e-mail, in the form behind *Back* if there is one."""
        if "Back" in self.form.buttons and self.scenario.method is EMAIL:
            await self.form.press("Back")
            await self.form.shows("Client id", timeout_seconds=20)
            self._read_reference()
        await self.form.submit()

    async def answered(self) -> None:
        """Wait until Slack shows the result of the button: a response, or an error of its own."""
        await asyncio.gather(*self._submitting)

    def break_whmcs(
        self, action: str, kind: FaultKind, *, times: int | None = None, seconds: float = 0.0
    ) -> WhmcsFault:
        """Add a fault for only this run's calls."""
        about = {
            "GetClientsDetails": str(self.client_id),
            "ResetPassword": str(self.user_id),
            "set_password": self.reference,
            "result": self.reference,
            "GetTicket": self.ticket.number if self.ticket else "",
            "AddTicketReply": str(self.ticket.id) if self.ticket else "",
        }[action]
        fault = self.world.whmcs.faults.add(WhmcsFault(action, kind, times=times, seconds=seconds, about=about))
        self._whmcs_faults.append(fault)
        return fault

    def let_whmcs_go_on(self) -> None:
        """Release the requests of this run that WHMCS holds, whether the bot still waits for them or not."""
        for fault in self._whmcs_faults:
            self.world.whmcs.faults.release(fault)

    def break_slack(
        self,
        method: str,
        kind: SlackKind,
        *,
        times: int | None = None,
        seconds: float = 0.0,
        error: str = "",
        about: str = "",
    ) -> SlackFault:
        """Add a fault for only this run's calls, which contain `about`, or by default an id of the run."""
        usual = {
            "users.info": self.agent.id,
            "views.open": self.agent.id,
            # Every view contains the agent's id.
            "views.update": str(self.form.view["id"]) if self.modal else self.agent.id,
            "chat.postMessage": self.agent.id,
            "chat.update": f"D0{self.agent.id}",
            "chat.delete": f"D0{self.agent.id}",
            "response_url": self.reference,
            # Every call for the agent contains the agent's id.
            "*": self.agent.id,
        }[method]
        fault = SlackFault(method, kind, times=times, seconds=seconds, error=error, about=about or usual)
        self._slack_faults.append(fault)
        return self.world.slack.faults.add(fault)

    def let_slack_go_on(self) -> None:
        """End Slack's faults for this run and release its held calls."""
        for fault in self._slack_faults:
            fault.times = fault.used
            self.world.slack.faults.release(fault)

    async def lose_whmcs(self) -> None:
        """Drop the requests of this run that WHMCS holds: they are not done, or not answered."""
        for fault in self._whmcs_faults:
            self.world.whmcs.faults.drop(fault)

    def let_message_be_due(self) -> None:
        """Make the deletion of this run's message due."""
        due_at = self.world.earlier("due_at", 20)
        self.world.execute(
            f"UPDATE jobs SET due_at = {due_at} WHERE kind = 'delete_message' AND reference = '{self.reference}'"  # noqa: S608 - ids of ours
        )

    async def try_deletion_again(self) -> None:
        """Make the failed deletion due at once. A failure delays the job by seconds; a running job is leased for a minute."""
        mine = f"kind = 'delete_message' AND reference = '{self.reference}'"
        is_put_off = f"{self.world.earlier('lease_until', 0.5)} < CURRENT_TIMESTAMP"
        query = f"SELECT * FROM jobs WHERE {mine} AND {is_put_off}"  # noqa: S608 - ids of ours
        await self.world.until(lambda: self.world.rows(query), PATIENCE_SECONDS, every_seconds=0.1)
        self.world.execute(f"UPDATE jobs SET lease_until = NULL WHERE {mine}")  # noqa: S608 - ids of ours

    async def held_by_whmcs(self, fault: WhmcsFault) -> None:
        await self.world.whmcs.faults.wait_until_held(fault, timeout_seconds=30)

    async def held_by_slack(self, fault: SlackFault) -> None:
        await self.world.slack.faults.wait_until_held(fault, timeout_seconds=30)

    async def until_audit(self, *events: str) -> None:
        """Wait until the audit has exactly these events. Raises: AssertionError."""
        try:
            await self.world.until(lambda: self.audit == events, PATIENCE_SECONDS, every_seconds=0.1)
        except TimeoutError:
            raise AssertionError(
                f"{self.scenario.id}: {self.audit}, not {events}; the form:\n{self.form.text}"
            ) from None

    async def until_asked_on(self) -> None:
        """Wait until the companion did not know the outcome and its next re-check is scheduled."""
        # Longer than the minute for which a running job is leased.
        put_off = f"{self.world.earlier('lease_until', 1.1)} > CURRENT_TIMESTAMP"
        query = f"SELECT * FROM jobs WHERE kind = 'settle_reset' AND reference = '{self.reference}' AND {put_off}"  # noqa: S608 - ids of ours
        await self.world.until(lambda: self.world.rows(query), PATIENCE_SECONDS, every_seconds=0.1)

    def _read_reference(self) -> None:
        self.reference = reference_of(self.form.view)

    # Visible results

    def read(self, place: Place) -> str:
        match place:
            case Place.FORM:
                return self.modal.text if self.modal is not None else ""
            case Place.MESSAGE:
                return "\n".join(message.visible_text for message in self.agent.direct_messages)
            case Place.CHANNEL:
                return "\n".join(message.visible_text for message in self.agent.ephemeral_messages)

    @property
    def audit(self) -> tuple[str, ...]:
        """The audit events of this reset and of its agent."""
        rows = self.world.rows(
            "SELECT action, outcome, reason FROM audit"  # noqa: S608 - ids of ours
            f" WHERE reference = '{self.reference or '-'}' OR actor = '{self.agent.id}' ORDER BY id"
        )
        return tuple(
            " ".join(
                word
                for word in (str(row[column]) for column in ("action", "outcome", "reason"))
                if word and word != "reset"
            )
            for row in rows
        )

    @property
    def whmcs(self) -> str:
        replies = sum(bool(message.admin) for message in self.ticket.messages) if self.ticket is not None else 0
        if replies:
            return f"{self._user}, {'one reply' if replies == 1 else f'{replies} replies'} on the ticket"
        return self._user

    @property
    def _user(self) -> str:
        """The final state of the user."""
        mails = sum(mail.user_id == self.user_id for mail in self.world.whmcs.reset_emails)
        is_changed = self.world.whmcs.password_changed_at(self.user_id) is not None
        match (mails, is_changed):
            case (0, False):
                return Whmcs.AS_BEFORE
            case (1, False):
                return Whmcs.MAIL
            case (0, True):
                return Whmcs.PASSWORD
        return f"{mails} e-mails, password {'changed' if is_changed else 'as before'}"

    @property
    def message(self) -> Message:
        there = self.agent.direct_messages
        waiting = [message for message in there if PLACEHOLDER in message.visible_text]
        if self.shown_passwords:
            return Message.BESIDE_PLACEHOLDER if waiting else Message.PASSWORD
        if waiting:
            return Message.EMPTY if waiting == list(there) else Message.PLACEHOLDER
        if there:
            return Message.NOTICE
        return Message.DELETED if self._is_any_deleted else Message.NONE

    @property
    def checks(self) -> list[Call]:
        """The reads of this run's client."""
        return [
            call
            for call in self.world.whmcs.calls
            if call.action == "GetClientsDetails" and str(call.parameters.get("clientid")) == str(self.client_id)
        ]

    @property
    def _is_any_deleted(self) -> bool:
        channel = f"D0{self.agent.id}"
        return any(stored.is_deleted for stored in self.world.slack.workspace.messages if stored.channel == channel)

    @property
    def sent_passwords(self) -> set[str]:
        """The passwords that WHMCS was asked to set for this reset."""
        return {
            str(call.parameters["password"])
            for call in self.world.whmcs.calls
            if call.action == "set_password" and call.parameters.get("request_id") == self.reference
        }

    @property
    def shown_passwords(self) -> list[str]:
        """The passwords in the agent's direct messages, one per message that contains it."""
        texts = [message.visible_text for message in self.agent.direct_messages]
        return [password for text in texts for password in self.sent_passwords if password in text]
