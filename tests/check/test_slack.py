"""The lines of `check` about Slack, one fault at a time."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sandbox.ports import free_port
from sandbox.serving import LoopbackServer
from sandbox.slack import Fault, LocalSlack
from tests.check.installation import Installation
from tests.harness.world import GROUP
from tests.tls import serve_tls

pytestmark = pytest.mark.asyncio

START = {"slack.public_url": "warning"}
"""The bot is not running in most of these tests, which is only a warning."""


async def test_a_revoked_token_is_reported_and_dependent_checks_are_not_tried(
    here: Installation, slack: LocalSlack
) -> None:
    slack.revoke_token()
    answer = await here.examine()
    assert answer.exit_code == 1
    assert answer.problems == {"slack.token": "failed", **START}
    assert "token_revoked" in answer.findings["slack.token"].text
    assert "install the app again" in answer.findings["slack.token"].next
    assert answer.findings["slack.agents"].next == "First fix slack.token."


async def test_an_unknown_token_is_reported(here: Installation) -> None:
    answer = await here.examine(SLACK_BOT_TOKEN="xoxb-somebody-elses")
    assert answer.problems == {"slack.token": "failed", **START}
    assert "invalid_auth" in answer.findings["slack.token"].text
    assert "SLACK_BOT_TOKEN" in answer.findings["slack.token"].next


async def test_an_unreachable_slack_is_reported(here: Installation) -> None:
    answer = await here.examine(SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")
    assert answer.problems == {"slack.token": "failed", **START}
    assert "SLACK_API_URL" in answer.findings["slack.token"].next


async def test_a_redirect_of_the_socket_is_reported_with_its_host(here: Installation, slack: LocalSlack) -> None:
    slack.faults.add(Fault("apps.connections.open", "redirect", status=302, location="https://elsewhere.test/CANARY"))
    answer = await here.examine(SLACK_APP_TOKEN=slack.app_token)
    found = answer.findings["slack.socket_mode"]
    assert found.text == "SLACK_API_URL redirects to https://elsewhere.test; the app token is not sent there"
    assert "SLACK_API_URL" in found.next


async def test_a_failing_or_rate_limiting_slack_is_reported(here: Installation, slack: LocalSlack) -> None:
    slack.faults.add(Fault("auth.test", "status_500", times=1))
    assert "no answer" in (await here.examine()).findings["slack.token"].text
    slack.faults.add(Fault("auth.test", "ratelimited", seconds=7, times=1))
    assert (await here.examine()).findings["slack.token"].next == "Check again in 7 s."


@pytest.mark.parametrize("scope", ["chat:write", "commands", "im:history", "users:read", "usergroups:read"])
async def test_a_missing_scope_is_named(here: Installation, slack: LocalSlack, scope: str) -> None:
    slack.granted_scopes.remove(scope)
    answer = await here.examine()
    assert answer.exit_code == 1
    assert answer.findings["slack.scopes"].state == "failed"
    assert answer.findings["slack.scopes"].text == f"the token lacks {scope}"
    assert f"add {scope}" in answer.findings["slack.scopes"].next


async def test_an_unneeded_scope_is_a_warning(here: Installation, slack: LocalSlack) -> None:
    slack.granted_scopes.add("im:write")
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, {"slack.scopes": "warning", **START})
    assert "im:write" in answer.findings["slack.scopes"].text


async def test_advice_names_the_messages_tab_that_slack_does_not_report(here: Installation) -> None:
    scopes = (await here.examine()).findings["slack.scopes"]
    assert scopes.state == "ok"
    assert "Messages tab" in scopes.next


@pytest.mark.parametrize(
    ("seconds", "state", "told"),
    [(3600, "failed", "behind"), (120, "warning", "behind"), (-3600, "failed", "ahead of")],
)
async def test_a_clock_that_differs_from_slacks_is_reported(
    here: Installation, slack: LocalSlack, seconds: int, state: str, told: str
) -> None:
    slack.advance(seconds)
    answer = await here.examine()
    assert answer.problems == {"slack.clock": state, **START}
    assert told in answer.findings["slack.clock"].text
    assert "NTP" in answer.findings["slack.clock"].next


# Groups and people


async def test_an_unknown_group_is_named(here: Installation) -> None:
    answer = await here.examine(AGENT_USER_GROUPS=f"{GROUP},S0NOBODY")
    assert answer.exit_code == 1
    assert answer.problems == {"slack.groups": "failed", **START}
    assert answer.findings["slack.groups"].text == "S0NOBODY does not exist in this workspace"
    assert "AGENT_USER_GROUPS" in answer.findings["slack.groups"].next


async def test_a_plan_without_user_groups_is_reported(here: Installation, slack: LocalSlack) -> None:
    slack.faults.add(Fault("usergroups.users.list", "error", error="plan_upgrade_required"))
    answer = await here.examine(AGENT_USERS=here.world.agent.id)
    assert answer.problems == {"slack.groups": "failed", **START}
    assert "plan" in answer.findings["slack.groups"].text
    assert answer.findings["slack.groups"].next == "Name people in AGENT_USERS instead."


async def test_agents_are_not_judged_until_the_groups_can_be_read(here: Installation, slack: LocalSlack) -> None:
    slack.granted_scopes.remove("usergroups:read")
    answer = await here.examine(SET_PASSWORD_USERS=here.world.agent.id)
    assert answer.problems == {"slack.scopes": "failed", "slack.groups": "failed", **START}
    assert answer.findings["slack.agents"].next == "First fix slack.groups."
    assert answer.findings["slack.set_password"].next == "First fix slack.groups."


async def test_a_group_without_members_is_a_warning(here: Installation, slack: LocalSlack) -> None:
    slack.add_group("S0EMPTY")
    answer = await here.examine(AGENT_USER_GROUPS=f"{GROUP},S0EMPTY")
    assert (answer.exit_code, answer.problems) == (0, {"slack.groups": "warning", **START})


async def test_no_agents_in_the_settings_is_a_failure(here: Installation) -> None:
    answer = await here.examine(AGENT_USER_GROUPS="")
    assert (answer.exit_code, answer.problems) == (1, {"slack.agents": "failed", **START})
    assert "AGENT_USERS" in answer.findings["slack.agents"].next


async def test_people_who_can_not_be_agents_are_named_with_the_reason(here: Installation, slack: LocalSlack) -> None:
    gone = slack.add_person("Gabriel Gone", is_deleted=True)
    guest = slack.add_person("Greta Guest", is_guest=True)
    robot = slack.add_person("Rob Robot", is_bot=True)
    other = slack.add_person("Olga Other", team_id="T0OTHER")
    answer = await here.examine(
        AGENT_USER_GROUPS="", AGENT_USERS=f"{gone.id},{guest.id},{robot.id},{other.id},U0NOBODY"
    )
    assert (answer.exit_code, answer.problems) == (1, {"slack.agents": "failed", **START})
    text = answer.findings["slack.agents"].text
    for told in (
        f"{gone.id} is deactivated",
        f"{guest.id} is a guest",
        f"{robot.id} is a bot",
        f"{other.id} belongs to another workspace",
        "U0NOBODY is not known to Slack",
    ):
        assert told in text


async def test_one_valid_agent_is_enough_and_the_others_are_a_warning(here: Installation, slack: LocalSlack) -> None:
    guest = slack.add_person("Greta Guest", is_guest=True)
    answer = await here.examine(AGENT_USER_GROUPS="", AGENT_USERS=f"{here.world.agent.id},{guest.id}")
    assert (answer.exit_code, answer.problems) == (0, {"slack.agents": "warning", **START})
    assert answer.findings["slack.agents"].next == f"Take {guest.id} out of AGENT_USERS."


async def test_a_group_of_guests_has_no_agent(here: Installation, slack: LocalSlack) -> None:
    slack.add_group("S0GUESTS", [slack.add_person("Greta Guest", is_guest=True)])
    answer = await here.examine(AGENT_USER_GROUPS="S0GUESTS")
    assert (answer.exit_code, answer.problems) == (1, {"slack.agents": "failed", **START})


async def test_a_person_who_may_set_passwords_but_is_not_an_agent_is_named(
    here: Installation, slack: LocalSlack
) -> None:
    stranger = slack.add_person("Stella Stranger")
    answer = await here.examine(SET_PASSWORD_USERS=f"{stranger.id},{here.world.agent.id}")
    assert (answer.exit_code, answer.problems) == (0, {"slack.set_password": "warning", **START})
    assert stranger.id in answer.findings["slack.set_password"].text
    alone = await here.examine(SET_PASSWORD_USERS=stranger.id)
    assert "no agent may set passwords" in alone.findings["slack.set_password"].text
    good = await here.examine(SET_PASSWORD_USER_GROUPS=GROUP)
    assert good.findings["slack.set_password"].text == "1 agent may set passwords"


# The way from Slack to the bot


async def test_the_running_bot_answers_its_own_signed_request(here: Installation) -> None:
    async with here.world.bot():
        answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, {})
    assert "signed with our secret" in answer.findings["slack.public_url"].text


async def test_a_bot_that_is_not_running_yet_is_a_warning(here: Installation) -> None:
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, START)
    assert "Start the bot" in answer.findings["slack.public_url"].next


async def test_a_bot_with_another_signing_secret_is_reported(here: Installation) -> None:
    async with here.world.bot():
        answer = await here.examine(SLACK_SIGNING_SECRET="07e2fa4e5ec2e707e2fa4e5ec2e707e2")
    assert (answer.exit_code, answer.problems) == (1, {"slack.public_url": "failed"})
    assert "SLACK_SIGNING_SECRET" in answer.findings["slack.public_url"].next


async def test_http_without_a_public_url_is_a_warning(here: Installation) -> None:
    answer = await here.examine(PUBLIC_URL="")
    assert (answer.exit_code, answer.problems) == (0, START)
    assert answer.findings["slack.public_url"].next.startswith("Set PUBLIC_URL")


@pytest.mark.parametrize(
    ("response", "state", "text", "then"),
    [
        (lambda: PlainTextResponse("not found", 404), "failed", "HTTP 404", "Correct PUBLIC_URL"),
        (lambda: PlainTextResponse("not signed", 401), "failed", "did not receive our signature", "X-Slack-Signature"),
        (lambda: PlainTextResponse("hello"), "failed", "something other than the bot", "Correct PUBLIC_URL"),
        (lambda: PlainTextResponse("", 413), "failed", "HTTP 413", "unchanged"),
        (lambda: PlainTextResponse("bad gateway", 502), "warning", "no bot behind it", "Start the bot"),
        (
            lambda: RedirectResponse("https://www.example.com/?token=x"),
            "failed",
            "https://www.example.com/",
            "redirect",
        ),
    ],
)
async def test_other_servers_at_the_public_url_are_distinguished(
    here: Installation, response: Callable[[], Response], state: str, text: str, then: str
) -> None:
    async with serve(response) as url:
        found = (await here.examine(PUBLIC_URL=url)).findings["slack.public_url"]
    assert found.state == state
    assert text in found.text
    assert then in found.next
    assert "token=x" not in found.text


async def test_a_public_url_without_tls_is_reported(here: Installation, slack: LocalSlack) -> None:
    address = slack.api_url.replace("http://", "https://").removesuffix("/api/")
    found = (await here.examine(PUBLIC_URL=address)).findings["slack.public_url"]
    assert (found.state, "offers no TLS" in found.text) == ("failed", True)


async def test_a_public_url_with_an_invalid_certificate_is_reported(here: Installation, tmp_path: Path) -> None:
    async with serve_tls(tmp_path) as port:
        found = (await here.examine(PUBLIC_URL=f"https://localhost:{port}")).findings["slack.public_url"]
    assert (found.state, "certificate" in found.text) == ("failed", True)


async def test_a_public_url_whose_name_has_no_address_is_a_warning(here: Installation) -> None:
    found = (await here.examine(PUBLIC_URL="https://bot.invalid")).findings["slack.public_url"]
    assert found.state == "warning"
    assert "DNS" in found.next


# Socket Mode


async def test_in_socket_mode_the_app_token_is_checked_and_no_public_url_is_needed(
    here: Installation, slack: LocalSlack
) -> None:
    answer = await here.examine(SLACK_APP_TOKEN=slack.app_token, PUBLIC_URL="", SLACK_SIGNING_SECRET="")
    assert (answer.exit_code, answer.problems) == (0, {})
    assert answer.findings["slack.socket_mode"].state == "ok"
    assert "slack.public_url" not in answer.findings


async def test_an_unknown_app_token_is_reported(here: Installation) -> None:
    answer = await here.examine(SLACK_APP_TOKEN="xapp-somebody-elses")
    assert (answer.exit_code, answer.problems) == (1, {"slack.socket_mode": "failed"})
    assert "invalid_auth" in answer.findings["slack.socket_mode"].text


async def test_an_app_token_without_its_scope_is_reported(here: Installation, slack: LocalSlack) -> None:
    slack.faults.add(Fault("apps.connections.open", "error", error="missing_scope"))
    answer = await here.examine(SLACK_APP_TOKEN=slack.app_token)
    assert answer.findings["slack.socket_mode"].text == "the app token lacks connections:write"
    assert "SLACK_APP_TOKEN" in answer.findings["slack.socket_mode"].next


@contextlib.asynccontextmanager
async def serve(response: Callable[[], Response]) -> AsyncIterator[str]:
    async def answer(
        scope: dict[str, object], receive: Callable[[], Awaitable[object]], send: Callable[[object], Awaitable[None]]
    ) -> None:
        await Request(scope, receive).body()  # type: ignore[arg-type]
        await response()(scope, receive, send)  # type: ignore[arg-type]

    async with LoopbackServer(answer) as server:  # type: ignore[arg-type]
        yield server.url


async def test_an_approval_channel_without_the_bot_is_reported(here: Installation, slack: LocalSlack) -> None:
    closed = slack.add_channel("sin-bot", has_bot=False)
    answer = await here.examine(APPROVAL_CHANNEL=closed)
    assert answer.problems == {"slack.approvals": "failed", **START}
    assert "the bot is not in it" in answer.findings["slack.approvals"].text
    assert "invite the app" in answer.findings["slack.approvals"].next


async def test_a_missing_approval_channel_is_reported(here: Installation) -> None:
    answer = await here.examine(APPROVAL_CHANNEL="C0NOWHERE")
    assert answer.problems == {"slack.approvals": "failed", **START}
    assert "C0NOWHERE" in answer.findings["slack.approvals"].text


async def test_an_approval_channel_with_the_bot_is_ok_and_no_person_sees_the_check(
    here: Installation, slack: LocalSlack
) -> None:
    person = slack.add_person("Berta Segunda", groups=[GROUP])
    channel = slack.add_channel("aprobaciones", [person])
    answer = await here.examine(APPROVAL_CHANNEL=channel)
    assert answer.findings["slack.approvals"].text == f"second agents are asked in {channel}"
    assert person.ephemeral_messages == ()
    assert person.channel_messages(channel) == ()
    assert "slack.approvals" not in (await here.examine()).findings


async def test_signed_in_departments_are_a_warning_unless_a_second_agent_always_decides(
    here: Installation, slack: LocalSlack
) -> None:
    channel = slack.add_channel("aprobaciones")
    listed = {"TICKET_DEPARTMENTS_SIGNED_IN": "2"}
    for settings in ({}, {"APPROVAL_CHANNEL": channel}, {"APPROVAL_POLICY": "always"}):
        answer = await here.examine(**listed, **settings)
        assert answer.problems == {"settings.proof": "warning", **START}
        assert "was moved into one of these departments" in answer.findings["settings.proof"].text
    answer = await here.examine(**listed, APPROVAL_CHANNEL=channel, APPROVAL_POLICY="always")
    assert answer.problems == START
    assert "settings.proof" not in (await here.examine()).findings
