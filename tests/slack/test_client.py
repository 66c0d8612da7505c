import pytest

from bot.domain.permissions import Workspace
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRefusedError, SlackUnansweredError
from sandbox.ports import free_port
from sandbox.slack import Fault, LocalSlack

pytestmark = pytest.mark.asyncio


async def test_the_client_returns_the_bots_identity(client: SlackClient, slack: LocalSlack) -> None:
    identity = await client.identify()
    assert identity.workspace == Workspace(team_id=slack.team_id)
    assert identity.bot_user_id


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "missing_scope"])
async def test_a_refusal_carries_slacks_code(client: SlackClient, slack: LocalSlack, code: str) -> None:
    slack.faults.add(Fault("auth.test", "error", error=code))
    with pytest.raises(SlackRefusedError) as caught:
        await client.identify()
    assert (caught.value.code, caught.value.method) == (code, "auth.test")


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "request_timeout", "service_unavailable"])
async def test_an_error_after_which_the_call_may_be_done_is_no_refusal(
    client: SlackClient, slack: LocalSlack, code: str
) -> None:
    slack.faults.add(Fault("auth.test", "error", error=code))
    with pytest.raises(SlackUnansweredError):
        await client.identify()


async def test_a_broken_server_and_a_lost_answer_are_no_refusal(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "status_500", times=1))
    with pytest.raises(SlackUnansweredError):
        await client.identify()
    slack.faults.add(Fault("auth.test", "drop_before", times=1))
    with pytest.raises(SlackUnansweredError):
        await client.identify()
    await client.identify()


async def test_an_unreachable_slack_is_unanswered_and_the_error_has_no_token() -> None:
    client = SlackClient.connect("xoxb-CANARY", f"http://127.0.0.1:{free_port()}/api/")
    with pytest.raises(SlackUnansweredError) as caught:
        await client.identify()
    await client.aclose()
    assert "CANARY" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


async def test_a_late_response_counts_as_unanswered(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "held"))
    with pytest.raises(SlackUnansweredError):
        await client.call("auth.test", lambda web: web.auth_test(), seconds=0.05)


async def test_a_rate_limit_carries_the_time_to_wait(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "ratelimited", seconds=7))
    with pytest.raises(SlackRateLimitedError) as caught:
        await client.identify()
    assert caught.value.retry_after_seconds == 7


async def test_calls_are_not_retried_unless_requested(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "drop_after"))
    with pytest.raises(SlackError):
        await client.identify()
    assert [call.method for call in slack.calls] == ["auth.test"]


async def test_harmless_calls_are_retried_after_a_lost_response_or_rate_limit(
    client: SlackClient, slack: LocalSlack
) -> None:
    slack.faults.add(Fault("auth.test", "drop_after", times=1))
    assert (await client.call_patiently("auth.test", lambda web: web.auth_test()))["ok"]
    slack.faults.add(Fault("auth.test", "ratelimited", seconds=0, times=1))
    assert (await client.call_patiently("auth.test", lambda web: web.auth_test()))["ok"]


async def test_a_refusal_is_not_retried(client: SlackClient, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "error", error="invalid_auth"))
    with pytest.raises(SlackRefusedError):
        await client.call_patiently("auth.test", lambda web: web.auth_test())
    assert [call.method for call in slack.calls] == ["auth.test"]
