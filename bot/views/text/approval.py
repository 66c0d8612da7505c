"""The words of the two-person rule."""

from datetime import datetime

from bot.domain.approvals import Decided, Verdict
from bot.domain.clients import SetPasswordSummary
from bot.domain.identity import Proof
from bot.views.text.catalogue import Texts


def announcement(t: Texts, reset_reference: str) -> str:
    return t.say("One moment: an approval is about to be asked for ({reference}).", reference=reset_reference)


def notification(t: Texts, reset_reference: str) -> str:
    """What a push notification shows, so nothing but that there is something."""
    return t.say("Approval of a new password ({reference})", reference=reset_reference)


def question(t: Texts, requester: str) -> str:
    return t.say("{agent} asks to set a new password. Do you approve?", agent=requester)


def why(t: Texts, summary: SetPasswordSummary) -> str:
    """Why a second agent is asked."""
    if summary.judgement.proof is Proof.STRONG:
        return t.say("It needs a second agent, since the password opens a client of a protected group.")
    return t.say("It needs a second agent, since there is no strong proof that this user asks for it.")


def approve(t: Texts) -> str:
    return t.say("Approve")


def reject(t: Texts) -> str:
    return t.say("Reject")


def approve_title(t: Texts) -> str:
    return t.say("Approve this?")


def approve_text(t: Texts, requester: str, email: str) -> str:
    return t.say(
        "The password of {email} will be changed at once. The new one goes to {agent} alone.",
        email=email,
        agent=requester,
    )


def expiry(t: Texts, at_token: str) -> str:
    """In mrkdwn; the time is a token that Slack shows in the reader's own time zone."""
    return t.say("Another agent who may set passwords can answer until {time}, never the one who asks.", time=at_token)


def decided(t: Texts, outcome: Decided, requester: str, by: str) -> str:
    email = outcome.reset.user_email
    if outcome.verdict is None:
        return t.say(
            "Nobody answered in time: {agent} asked for a new password for {email}. Nothing was changed.",
            agent=requester,
            email=email,
        )
    if outcome.verdict is Verdict.REJECTED:
        return t.say(
            "{name} rejected the new password for {email} that {agent} asked for. Nothing was changed.",
            name=by,
            email=email,
            agent=requester,
        )
    return t.say(
        "{name} approved the new password for {email} that {agent} asked for. {agent} is told how it ends.",
        name=by,
        email=email,
        agent=requester,
    )


def waiting_headline(t: Texts) -> str:
    return t.say("Waiting for approval")


def waiting(t: Texts, email: str, until: datetime, timezone: str) -> str:
    return t.say(
        "A second agent has been asked to approve a new password for {email}, and can answer until {time}. Nothing "
        "was changed so far. You will be told in a direct message how it ends; you can close this.",
        email=email,
        time=t.clock(until, timezone),
    )


def asking(t: Texts) -> str:
    return t.say(
        "One moment: a second agent is being asked. The result will appear here. If it has not come after five minutes, "
        "start again."
    )


def no_longer(t: Texts) -> str:
    return t.say(
        "This request no longer waits for an answer: somebody gave one, or its time is over. You changed nothing."
    )


def channel_closed(t: Texts) -> str:
    return t.say(
        "A second agent has to approve this, and the bot can’t write in the channel for approvals. Tell your "
        "administrator to invite it there. Nothing was changed."
    )
