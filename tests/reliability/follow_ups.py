"""Pending approvals and ticket replies whose process ends, and the visible result of each."""

from dataclasses import dataclass
from typing import Final

from sandbox.slack import Message as SlackMessage
from sandbox.slack import Person
from tests.reliability.scenario import EMAIL, SET, Message, Reads, Scenario, Whmcs, form, message
from tests.reliability.scenario_run import PLACEHOLDER, ScenarioRun
from tests.reliability.steps import Stop, finish, held_by_whmcs, let_whmcs_go_on

CHANNEL_NAME: Final = "approvals"
CHANNEL: Final = "C0APPROVALS"
SECOND: Final = "Bystander 0"
SIGNED_IN_DEPARTMENT: Final = 2
SETTINGS: Final = {
    "APPROVAL_CHANNEL": CHANNEL,
    "TICKET_DEPARTMENTS_SIGNED_IN": str(SIGNED_IN_DEPARTMENT),
    "WHMCS_REPLY_ADMIN": "support",
    # The language of the channel.
    "DEFAULT_LOCALE": "en",
}


@dataclass(frozen=True)
class End(Stop):
    """The end of a process. `is_graceful`: by SIGTERM, so that the process completes its work while `go_on` happens.

    `has_ticket`: the reset is for a ticket with strong proof, so that no second agent is asked.
    """

    is_graceful: bool = False
    has_ticket: bool = False


def second(run: ScenarioRun) -> Person:
    return next(person for person in run.world.slack.people if person.name == SECOND)


async def question(run: ScenarioRun) -> SlackMessage:
    return await second(run).channel_message(run.email, CHANNEL, timeout_seconds=20)


async def ask(run: ScenarioRun) -> None:
    await run.fill_in()
    run.submit()
    await run.form.shows("Waiting for approval", timeout_seconds=20)


async def approve(run: ScenarioRun) -> None:
    await (await question(run)).press("Approve")


async def hold_question(run: ScenarioRun) -> None:
    """Submit until Slack shows the request to the second agents, before the bot has recorded that."""
    await run.fill_in()
    fault = run.break_slack("chat.update", "held_after", about=run.email)
    run.submit()
    await run.held_by_slack(fault)


async def reject_unheard(run: ScenarioRun) -> None:
    """Reject the request; the decision is recorded, and Slack holds the notification of the agent."""
    fault = run.break_slack("chat.postMessage", "held_before")
    await (await question(run)).press("Reject")
    await run.held_by_slack(fault)


async def approve_up_to_check(run: ScenarioRun) -> None:
    fault = run.break_whmcs("GetClientsDetails", "held_before", times=1)
    await approve(run)
    await run.held_by_whmcs(fault)
    await run.agent.direct_message(containing=PLACEHOLDER, timeout_seconds=20)


async def approve_up_to_work(run: ScenarioRun) -> None:
    fault = run.break_whmcs("set_password", "held_after", times=1)
    await approve(run)
    await run.held_by_whmcs(fault)


async def approve_late(run: ScenarioRun) -> None:
    """Approve a request that is no longer pending, which the second agent reads."""
    await run.until_audit(*run.scenario.audit)
    await approve(run)
    await second(run).ephemeral_message(containing="This request is no longer pending", timeout_seconds=20)


async def expire(run: ScenarioRun) -> None:
    due_at = run.world.earlier("due_at", 24 * 60)
    run.world.execute(
        f"UPDATE jobs SET due_at = {due_at} WHERE kind = 'expire_approval' AND reference = '{run.reference}'"  # noqa: S608 - ids of ours
    )


async def open_reply(run: ScenarioRun) -> None:
    await run.fill_in()
    await finish(run)
    await run.form.press("Reply on the ticket")
    await run.form.shows("Who sees it", timeout_seconds=20)


async def open_reply_with_password(run: ScenarioRun) -> None:
    await open_reply(run)
    await run.form.choose("New password", "Include the new password")
    await run.form.shows("{password}", timeout_seconds=20)


async def show_progress(run: ScenarioRun) -> None:
    await open_reply(run)
    await held_by_whmcs("held_after", "AddTicketReply")(run)
    await run.form.shows("One moment", timeout_seconds=20)


async def show_reading(run: ScenarioRun) -> None:
    await open_reply(run)
    await held_by_whmcs("held_before", "GetTicket")(run)
    await run.form.shows("One moment", timeout_seconds=20)


async def hold_result(run: ScenarioRun) -> None:
    """Let WHMCS write the reply, until it is recorded as sent and Slack holds the view that shows it."""
    fault = run.break_slack("views.update", "held_before")
    run.let_whmcs_go_on()
    await run.held_by_slack(fault)


_ASKED: Final = ("STARTED", "approval REQUESTED")
_GRANTED: Final = (*_ASKED, "approval GRANTED")
_DONE: Final = ("STARTED", "SUCCEEDED")
INTERRUPTED: Final = "The bot was interrupted before WHMCS changed anything. Start again."


def approved(name: str, fault: str) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=message("New password of"),
        message=Message.PASSWORD,
        audit=(*_GRANTED, "SUCCEEDED"),
    )


def played(
    name: str,
    fault: str,
    words: str,
    *events: str,
    whmcs: Whmcs = Whmcs.AS_BEFORE,
    held: Message = Message.NOTICE,
) -> Scenario:
    return Scenario(
        name=name,
        method=SET,
        fault=fault,
        whmcs=whmcs,
        reads=message(words),
        message=held,
        audit=(*_ASKED, *events),
    )


def replied(name: str, fault: str, *, reads: tuple[Reads, ...] = message("The reply is on ticket")) -> Scenario:
    return Scenario(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=Whmcs.MAIL_REPLIED,
        reads=reads,
        message=Message.NOTICE,
        audit=(*_DONE, "reply SENT public"),
    )


def not_replied(name: str, fault: str, words: str, reason: str) -> Scenario:
    return Scenario(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=Whmcs.MAIL,
        reads=message(words, "Nothing was sent."),
        message=Message.NOTICE,
        audit=(*_DONE, f"reply FAILED {reason}"),
    )


ENDS: Final = (
    End(
        played(
            "question",
            "Killed after Slack shows the request, before that is committed",
            INTERRUPTED,
            "FAILED interrupted",
        ),
        prepare=hold_question,
        then=approve_late,
    ),
    End(approved("waiting", "Killed while the request is pending; approved afterwards"), prepare=ask, then=approve),
    End(
        approved("waiting_ended", "SIGTERM while the request is pending; approved afterwards"),
        prepare=ask,
        then=approve,
        is_graceful=True,
    ),
    End(
        played(
            "waiting_expired",
            "Killed while the request is pending; nobody answers",
            "No second agent answered in time",
            "approval EXPIRED",
            "REFUSED approval_expired",
        ),
        prepare=ask,
        then=expire,
    ),
    End(
        approved("approved", "Killed at the approval, before it is committed; approved again"),
        prepare=ask,
        go_on=approve,
        then=approve,
    ),
    End(
        played(
            "checking",
            "Killed after the approval is committed, while the user is checked",
            INTERRUPTED,
            "approval GRANTED",
            "FAILED interrupted",
            held=Message.PLACEHOLDER,
        ),
        prepare=ask,
        hold=approve_up_to_check,
    ),
    End(
        played(
            "working",
            "Killed after the approval, when WHMCS has set the password and its answer is not read yet",
            "was changed, but the new one could not be delivered to you: set it again.",
            "approval GRANTED",
            "SUCCEEDED not_delivered",
            whmcs=Whmcs.PASSWORD,
        ),
        prepare=ask,
        hold=approve_up_to_work,
    ),
    End(
        approved("working_ended", "SIGTERM after the approval, during the call to WHMCS"),
        prepare=ask,
        hold=approve_up_to_work,
        go_on=let_whmcs_go_on,
        is_graceful=True,
    ),
    End(
        played(
            "rejected",
            "Killed after the rejection is committed, before the agent is notified",
            "The second agent rejected the request",
            "approval REJECTED",
            "REFUSED approval_rejected",
        ),
        prepare=ask,
        hold=reject_unheard,
    ),
    End(
        not_replied("reply_reading", "Killed while the ticket is read before a reply", INTERRUPTED, "interrupted"),
        has_ticket=True,
        prepare=show_reading,
    ),
    End(
        not_replied(
            "reply_asked",
            "Killed during the call that writes the reply; WHMCS never executes it",
            "The reply did not arrive on ticket",
            "not_arrived",
        ),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_before", "AddTicketReply"),
    ),
    End(
        replied("reply_late", "Killed during the call that writes the reply; WHMCS executes it afterwards"),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_before", "AddTicketReply"),
        after=let_whmcs_go_on,
    ),
    End(
        Scenario(
            name="reply_written",
            method=SET,
            fault="Killed after WHMCS wrote the reply with the password, before its answer is read",
            whmcs=Whmcs.PASSWORD_REPLIED,
            reads=message("The reply with the new password is on ticket"),
            message=Message.PASSWORD,
            audit=(*_DONE, "reply SENT with_password"),
        ),
        has_ticket=True,
        prepare=open_reply_with_password,
        hold=held_by_whmcs("held_after", "AddTicketReply"),
    ),
    End(
        replied("reply_read", "Killed after WHMCS’s answer to the reply is read, before that is committed"),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_after", "AddTicketReply"),
        go_on=let_whmcs_go_on,
    ),
    End(
        replied("reply_not_shown", "Killed after the reply is recorded as sent, before that is shown"),
        has_ticket=True,
        prepare=show_progress,
        hold=hold_result,
    ),
    End(
        Scenario(
            name="reply_ended",
            method=EMAIL,
            fault="SIGTERM during the call that writes the reply",
            whmcs=Whmcs.MAIL_REPLIED,
            reads=form("The reply is on ticket"),
            audit=(*_DONE, "reply SENT public"),
        ),
        has_ticket=True,
        prepare=show_progress,
        go_on=let_whmcs_go_on,
        is_graceful=True,
    ),
)
SCENARIOS: Final = tuple(end.scenario for end in ENDS)
