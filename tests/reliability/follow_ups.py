"""What is left of a request that waits for a second agent, and of a reply on a ticket, when the process ends in it."""

from dataclasses import dataclass
from typing import Final

from sandbox.slack import Message as SlackMessage
from sandbox.slack import Person
from tests.reliability.case import PLACEHOLDER, Case
from tests.reliability.row import EMAIL, SET, Message, Reads, Row, Whmcs, form, message
from tests.reliability.steps import Stop, finish, held_by_whmcs, let_whmcs_go_on

CHANNEL_NAME: Final = "approvals"
CHANNEL: Final = "C0APPROVALS"
SECOND: Final = "Bystander 0"
SIGNED_IN_DEPARTMENT: Final = 2
SETTINGS: Final = {
    "APPROVAL_CHANNEL": CHANNEL,
    "TICKET_DEPARTMENTS_SIGNED_IN": str(SIGNED_IN_DEPARTMENT),
    "WHMCS_REPLY_ADMIN": "support",
    # The channel's.
    "DEFAULT_LOCALE": "en",
}


@dataclass(frozen=True)
class End(Stop):
    """`is_told`: by SIGTERM, so that the process brings to an end what it is at while `go_on` happens.

    `has_ticket`: the reset is for a ticket, which proves who asks, so that no second agent is asked.
    """

    is_told: bool = False
    has_ticket: bool = False


def second(case: Case) -> Person:
    return next(person for person in case.world.slack.people if person.name == SECOND)


async def question(case: Case) -> SlackMessage:
    return await second(case).channel_message(case.email, CHANNEL, timeout_seconds=20)


async def ask(case: Case) -> None:
    await case.fill_in()
    case.submit()
    await case.form.shows("Waiting for approval", timeout_seconds=20)


async def approve(case: Case) -> None:
    await (await question(case)).press("Approve")


async def hold_question(case: Case) -> None:
    """The second agents can read it, and nobody has recorded that."""
    await case.fill_in()
    fault = case.break_slack("chat.update", "held_after", about=case.email)
    case.submit()
    await case.held_by_slack(fault)


async def reject_unheard(case: Case) -> None:
    """The decision is recorded, and Slack does not take what the agent is told."""
    fault = case.break_slack("chat.postMessage", "held_before")
    await (await question(case)).press("Reject")
    await case.held_by_slack(fault)


async def approve_up_to_check(case: Case) -> None:
    fault = case.break_whmcs("GetClientsDetails", "held_before", times=1)
    await approve(case)
    await case.held_by_whmcs(fault)
    await case.agent.direct_message(containing=PLACEHOLDER, timeout_seconds=20)


async def approve_up_to_work(case: Case) -> None:
    fault = case.break_whmcs("set_password", "held_after", times=1)
    await approve(case)
    await case.held_by_whmcs(fault)


async def approve_late(case: Case) -> None:
    """It no longer waits, which is said to who answers."""
    await case.until_audit(*case.row.audit)
    await approve(case)
    await second(case).ephemeral_message(containing="This request no longer waits for an answer", timeout_seconds=20)


async def expire(case: Case) -> None:
    due_at = case.world.earlier("due_at", 24 * 60)
    case.world.execute(
        f"UPDATE jobs SET due_at = {due_at} WHERE kind = 'expire_approval' AND reference = '{case.reference}'"  # noqa: S608 - ids of ours
    )


async def open_reply(case: Case) -> None:
    await case.fill_in()
    await finish(case)
    await case.form.press("Reply on the ticket")
    await case.form.shows("Who sees it", timeout_seconds=20)


async def open_reply_with_password(case: Case) -> None:
    await open_reply(case)
    await case.form.choose("New password", "Include the new password")
    await case.form.shows("{password}", timeout_seconds=20)


async def show_progress(case: Case) -> None:
    await open_reply(case)
    await held_by_whmcs("held_after", "AddTicketReply")(case)
    await case.form.shows("One moment", timeout_seconds=20)


async def show_reading(case: Case) -> None:
    await open_reply(case)
    await held_by_whmcs("held_before", "GetTicket")(case)
    await case.form.shows("One moment", timeout_seconds=20)


async def hold_result(case: Case) -> None:
    """The reply is recorded as sent, and Slack does not take the view that says so."""
    fault = case.break_slack("views.update", "held_before")
    case.let_whmcs_go_on()
    await case.held_by_slack(fault)


_ASKED: Final = ("STARTED", "approval REQUESTED")
_GRANTED: Final = (*_ASKED, "approval GRANTED")
_DONE: Final = ("STARTED", "SUCCEEDED")
INTERRUPTED: Final = "The bot was interrupted before WHMCS had done anything. Start again."


def approved(name: str, fault: str) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=Whmcs.PASSWORD,
        reads=message("New password of"),
        message=Message.PASSWORD,
        audit=(*_GRANTED, "SUCCEEDED"),
    )


def told(
    name: str,
    fault: str,
    words: str,
    *events: str,
    whmcs: Whmcs = Whmcs.AS_BEFORE,
    held: Message = Message.NOTICE,
) -> Row:
    return Row(
        name=name,
        method=SET,
        fault=fault,
        whmcs=whmcs,
        reads=message(words),
        message=held,
        audit=(*_ASKED, *events),
    )


def replied(name: str, fault: str, *, reads: tuple[Reads, ...] = message("The reply is on ticket")) -> Row:
    return Row(
        name=name,
        method=EMAIL,
        fault=fault,
        whmcs=Whmcs.MAIL_REPLIED,
        reads=reads,
        message=Message.NOTICE,
        audit=(*_DONE, "reply SENT public"),
    )


def not_replied(name: str, fault: str, words: str, reason: str) -> Row:
    return Row(
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
        told(
            "question",
            "Killed when Slack shows the question, before that is committed",
            INTERRUPTED,
            "FAILED interrupted",
        ),
        prepare=hold_question,
        then=approve_late,
    ),
    End(approved("waiting", "Killed while it waits; approved afterwards"), prepare=ask, then=approve),
    End(
        approved("waiting_ended", "Ended by SIGTERM while it waits; approved afterwards"),
        prepare=ask,
        then=approve,
        is_told=True,
    ),
    End(
        told(
            "waiting_expired",
            "Killed while it waits; nobody answers",
            "No second agent answered in time",
            "approval EXPIRED",
            "REFUSED approval_expired",
        ),
        prepare=ask,
        then=expire,
    ),
    End(
        approved("approved", "Killed when it is approved, before that is committed; approved again"),
        prepare=ask,
        go_on=approve,
        then=approve,
    ),
    End(
        told(
            "checking",
            "Killed when the approval is committed, while the user is checked",
            INTERRUPTED,
            "approval GRANTED",
            "FAILED interrupted",
            held=Message.PLACEHOLDER,
        ),
        prepare=ask,
        hold=approve_up_to_check,
    ),
    End(
        told(
            "working",
            "Killed after the approval, when WHMCS did it, before its answer is read",
            "was changed, but the new one could not be delivered to you: set it again.",
            "approval GRANTED",
            "SUCCEEDED not_delivered",
            whmcs=Whmcs.PASSWORD,
        ),
        prepare=ask,
        hold=approve_up_to_work,
    ),
    End(
        approved("working_ended", "Ended by SIGTERM after the approval, while WHMCS is asked"),
        prepare=ask,
        hold=approve_up_to_work,
        go_on=let_whmcs_go_on,
        is_told=True,
    ),
    End(
        told(
            "rejected",
            "Killed when the rejection is committed, before the agent is told",
            "The second agent rejected it",
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
            "Killed while WHMCS is asked to write the reply, which it never does",
            "It is certain by now that the reply did not arrive",
            "not_arrived",
        ),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_before", "AddTicketReply"),
    ),
    End(
        replied("reply_late", "Killed while WHMCS is asked to write the reply, which it does afterwards"),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_before", "AddTicketReply"),
        after=let_whmcs_go_on,
    ),
    End(
        Row(
            name="reply_written",
            method=SET,
            fault="Killed when WHMCS has written the reply with the password, before its answer is read",
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
        replied("reply_read", "Killed when WHMCS’s answer to the reply is read, before that is committed"),
        has_ticket=True,
        prepare=open_reply,
        hold=held_by_whmcs("held_after", "AddTicketReply"),
        go_on=let_whmcs_go_on,
    ),
    End(
        replied("reply_not_shown", "Killed when the reply is recorded as sent, before that is shown"),
        has_ticket=True,
        prepare=show_progress,
        hold=hold_result,
    ),
    End(
        Row(
            name="reply_ended",
            method=EMAIL,
            fault="Ended by SIGTERM while WHMCS is asked to write the reply",
            whmcs=Whmcs.MAIL_REPLIED,
            reads=form("The reply is on ticket"),
            audit=(*_DONE, "reply SENT public"),
        ),
        has_ticket=True,
        prepare=show_progress,
        go_on=let_whmcs_go_on,
        is_told=True,
    ),
)
ROWS: Final = tuple(end.row for end in ENDS)
