"""The lines of `check` about WHMCS and the companion, one fault at a time."""

from pathlib import Path

import pytest

from sandbox.ports import free_port
from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from sandbox.whmcs.api import OPTIONAL_ACTIONS, ROLE
from tests.check.installation import Installation
from tests.tls import serve_tls
from tests.whmcs.server import Reply, ScriptedServer
from whmcs.actions import ACTIONS

pytestmark = pytest.mark.asyncio

START = {"slack.public_url": "warning"}
"""The bot is not running in these tests, which is only a warning."""


async def test_a_whmcs_that_is_down_is_reported_and_nothing_else_is_tried(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    await whmcs.stop()
    answer = await here.examine()
    assert answer.exit_code == 1
    assert answer.problems == {"whmcs.address": "failed", "companion.installed": "failed", **START}
    assert answer.findings["whmcs.address"].text == f"nothing listens at {whmcs.url}"
    assert answer.findings["whmcs.action.GetClients"].next == "First fix whmcs.address."


async def test_a_name_without_an_address_is_reported(here: Installation) -> None:
    answer = await here.examine(WHMCS_URL="https://whmcs.invalid")
    assert answer.problems == {"whmcs.address": "failed", "companion.installed": "failed", **START}
    assert "DNS" in answer.findings["whmcs.address"].next


async def test_a_server_without_tls_is_reported(here: Installation, whmcs: LocalWhmcs) -> None:
    answer = await here.examine(WHMCS_URL=whmcs.url.replace("http://", "https://"))
    assert answer.problems == {"whmcs.tls": "failed", "companion.installed": "failed", **START}
    assert answer.findings["whmcs.address"].state == "ok"
    assert "https" in answer.findings["whmcs.tls"].next


async def test_an_invalid_certificate_is_reported_with_the_reason(here: Installation, tmp_path: Path) -> None:
    async with serve_tls(tmp_path) as port:
        answer = await here.examine(WHMCS_URL=f"https://localhost:{port}")
    assert answer.problems == {"whmcs.tls": "failed", "companion.installed": "failed", **START}
    assert "self-signed certificate" in answer.findings["whmcs.tls"].text
    assert "certificate" in answer.findings["whmcs.tls"].next


async def test_a_redirect_is_reported_with_its_target_and_not_followed(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", "redirect"))
    answer = await here.examine()
    assert answer.problems == {"whmcs.redirect": "failed", **START}
    assert "https://elsewhere.example.com/includes/api.php" in answer.findings["whmcs.redirect"].text
    assert answer.findings["whmcs.redirect"].next.startswith("Set WHMCS_URL=https://elsewhere.example.com,")


@pytest.mark.parametrize(
    ("kind", "text", "then"),
    [
        ("html", "a web page (HTTP 200)", "WHMCS_URL"),
        ("html_403", "a web page (HTTP 403)", "firewall"),
        ("html_500", "a web page (HTTP 500)", "error log"),
        ("empty", "an empty body (HTTP 200)", "WHMCS_URL"),
        ("status_429", "Too many requests", "Fix"),
    ],
)
async def test_an_unusable_answer_is_reported(
    here: Installation, whmcs: LocalWhmcs, kind: FaultKind, text: str, then: str
) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", kind, retry_after_seconds=60))
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"whmcs.answer": "failed", **START})
    assert text in answer.findings["whmcs.answer"].text
    assert then in answer.findings["whmcs.answer"].next


async def test_an_address_that_whmcs_refuses_is_named_as_whmcs_saw_it(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("*", "invalid_ip"))
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"whmcs.caller": "failed", **START})
    assert answer.findings["whmcs.caller"].text == "WHMCS refuses our address 203.0.113.7"
    assert "API IP Access Restriction: add 203.0.113.7." in answer.findings["whmcs.caller"].next
    assert [call.action for call in whmcs.calls if not call.is_companion] == ["WhmcsDetails"]


async def test_wrong_credentials_are_reported_and_tried_once(here: Installation, whmcs: LocalWhmcs) -> None:
    answer = await here.examine(WHMCS_API_SECRET="wrong-fake-secret")
    assert (answer.exit_code, answer.problems) == (1, {"whmcs.credentials": "failed", **START})
    assert "WHMCS_API_SECRET" in answer.findings["whmcs.credentials"].next
    assert [call.action for call in whmcs.calls if not call.is_companion] == ["WhmcsDetails"]


@pytest.mark.parametrize("action", ROLE)
async def test_an_action_that_the_role_lacks_is_named(here: Installation, whmcs: LocalWhmcs, action: str) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {action}
    answer = await here.examine()
    name = f"whmcs.action.{action}"
    version = {"whmcs.version": "warning"} if action == "WhmcsDetails" else {}
    assert (answer.exit_code, answer.problems) == (1, {name: "failed", **version, **START})
    assert answer.findings[name].next.endswith(f"API Roles: add {action} to the role of this credential.")


@pytest.mark.parametrize(
    ("check", "action"),
    [
        ("whmcs.domains", "GetClientsDomains"),
        ("whmcs.tickets", "GetTicket"),
        ("whmcs.tickets", "GetTickets"),
        ("whmcs.replies", "AddTicketNote"),
        ("whmcs.replies", "AddTicketReply"),
        ("whmcs.replies", "UpdateTicketReply"),
        ("whmcs.notices", "SendEmail"),
    ],
)
async def test_a_missing_action_of_an_optional_feature_is_a_warning_that_names_it(
    here: Installation, whmcs: LocalWhmcs, check: str, action: str
) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {action}
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, {check: "warning", **START})
    assert answer.findings[check].text == f"not in the role: {action}"
    assert f"add {action} to the role" in answer.findings[check].next


async def test_actions_for_tickets_are_not_needed_if_tickets_are_off(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {*ROLE, "GetClientsDomains", "SendEmail"}
    answer = await here.examine(TICKET_POLICY="off")
    assert answer.problems == START
    assert "TICKET_POLICY is off" in answer.findings["whmcs.tickets"].text
    assert "TICKET_POLICY is off" in answer.findings["whmcs.replies"].text
    assert not {"GetTicket", "AddTicketReply"} & {call.action for call in whmcs.calls}


async def test_tickets_without_a_reply_admin_are_a_warning_that_names_the_setting(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    answer = await here.examine(WHMCS_REPLY_ADMIN="")
    assert (answer.exit_code, answer.problems) == (0, {"whmcs.replies": "warning", **START})
    assert "WHMCS_REPLY_ADMIN is not set" in answer.findings["whmcs.replies"].text
    assert answer.findings["whmcs.replies"].next.startswith("Set WHMCS_REPLY_ADMIN to the user name")
    assert "AddTicketReply" not in {call.action for call in whmcs.calls}


async def test_actions_for_notices_are_not_needed_without_a_template(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {"SendEmail"}
    answer = await here.examine(PASSWORD_NOTICE_TEMPLATE="")
    assert answer.problems == START
    assert "PASSWORD_NOTICE_TEMPLATE is not set" in answer.findings["whmcs.notices"].text
    assert "SendEmail" not in {call.action for call in whmcs.calls}


async def test_an_action_unknown_to_whmcs_is_reported_as_such(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("GetUsers", "unknown_action"))
    answer = await here.examine()
    assert answer.problems == {"whmcs.action.GetUsers": "failed", **START}
    assert "Update WHMCS" in answer.findings["whmcs.action.GetUsers"].next


async def test_an_action_that_fails_is_reported_as_unknown(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "html_500"))
    whmcs.faults.add(Fault("SendEmail", "html_500"))
    answer = await here.examine()
    assert answer.problems == {"whmcs.action.ResetPassword": "failed", "whmcs.notices": "warning", **START}


async def test_an_incomplete_write_that_whmcs_accepts_is_a_warning(here: Installation) -> None:
    async with ScriptedServer() as careless:
        for action in ACTIONS:
            careless.plays(action.name, Reply({"result": "success", "whmcs": {"version": "8.13.1"}}))
        answer = await here.examine(WHMCS_URL=careless.url, WHMCS_COMPANION_SECRET="")
    assert answer.exit_code == 0
    for name in ("ResetPassword", "LogActivity"):
        assert answer.findings[f"whmcs.action.{name}"].state == "warning"
        assert name in answer.findings[f"whmcs.action.{name}"].next
    assert answer.findings["whmcs.action.GetClients"].state == "ok"


async def test_a_dropped_connection_is_reported(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", "drop_before"))
    answer = await here.examine()
    assert answer.problems == {"whmcs.address": "failed", **START}
    assert "drops the connection" in answer.findings["whmcs.address"].text


@pytest.mark.parametrize(("version", "state"), [("8.0.4", "failed"), ("7.10.2", "failed"), ("unknown", "warning")])
async def test_a_version_that_is_too_old_is_reported(
    here: Installation, whmcs: LocalWhmcs, version: str, state: str
) -> None:
    whmcs.data.version = version
    answer = await here.examine()
    assert answer.problems == {"whmcs.version": state, **START}
    assert version in answer.findings["whmcs.version"].text
    whmcs.data.version = "9.0.6"
    assert (await here.examine()).problems == START


# The companion


async def test_no_companion_in_the_settings_is_a_warning(here: Installation) -> None:
    answer = await here.examine(WHMCS_COMPANION_SECRET="")
    assert (answer.exit_code, answer.problems) == (0, {"companion.installed": "warning", **START})
    assert "only the reset e-mail" in answer.findings["companion.installed"].text


@pytest.mark.parametrize(
    ("kind", "check", "text", "then"),
    [
        ("companion_absent", "companion.installed", "no companion at", "modules/addons/resetbot"),
        ("companion_inactive", "companion.installed", "not activated", "activate it"),
        ("companion_https", "companion.installed", "requires https", "Use https"),
        ("companion_address", "companion.caller", "203.0.113.7", "add 203.0.113.7"),
        ("companion_rate_limited", "companion.installed", "rate-limiting", "Check again in 1 s."),
        ("internal", "companion.installed", "HTTP 500", "activity log"),
        ("wrong_json", "companion.installed", "answers", "WHMCS_COMPANION_URL"),
        ("redirect", "companion.installed", "elsewhere.example.com", "WHMCS_COMPANION_URL"),
    ],
)
async def test_a_companion_that_does_not_answer_is_reported_with_the_reason(
    here: Installation, whmcs: LocalWhmcs, kind: FaultKind, check: str, text: str, then: str
) -> None:
    whmcs.faults.add(Fault("ping", kind, retry_after_seconds=1))
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {check: "failed", **START})
    assert text in answer.findings[check].text
    assert then in answer.findings[check].next


async def test_a_companion_at_another_port_is_reported(here: Installation) -> None:
    url = f"http://127.0.0.1:{free_port()}/modules/addons/resetbot/api.php"
    answer = await here.examine(WHMCS_COMPANION_URL=url)
    assert answer.problems == {"companion.installed": "failed", **START}
    assert "WHMCS_COMPANION_URL" in answer.findings["companion.installed"].next


async def test_a_wrong_companion_secret_is_reported(here: Installation) -> None:
    answer = await here.examine(WHMCS_COMPANION_SECRET="wrong-fake-companion-secret")
    assert (answer.exit_code, answer.problems) == (1, {"companion.secret": "failed", **START})
    assert "WHMCS_COMPANION_SECRET" in answer.findings["companion.secret"].next


@pytest.mark.parametrize(
    ("seconds", "state", "text"),
    [
        (600, "failed", "ahead of ours: refused"),
        (-600, "failed", "behind ours: refused"),
        (90, "warning", " s ahead of ours; beyond 300 s"),
        (-90, "warning", "behind ours"),
    ],
)
async def test_a_clock_difference_is_reported(
    here: Installation, whmcs: LocalWhmcs, seconds: int, state: str, text: str
) -> None:
    whmcs.faults.companion_clock_offset_seconds = seconds
    answer = await here.examine()
    assert answer.problems == {"companion.clock": state, **START}
    assert answer.findings["companion.secret"].state == "ok"
    assert text in answer.findings["companion.clock"].text


async def test_a_small_clock_difference_is_ok(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.companion_clock_offset_seconds = 50
    assert (await here.examine()).problems == START


@pytest.mark.parametrize("missing", ["has_utc_offset", "has_remembers_since"])
async def test_an_older_companion_is_a_warning(here: Installation, whmcs: LocalWhmcs, missing: str) -> None:
    setattr(whmcs.companion, missing, False)
    answer = await here.examine()
    assert answer.problems == {"companion.version": "warning", **START}
    assert answer.findings["companion.version"].next.startswith("Copy this version's module over")


@pytest.mark.parametrize(("protocol", "then"), [(2, "Update the bot"), (3, "Update the bot")])
async def test_a_companion_with_another_protocol_is_reported(
    here: Installation, whmcs: LocalWhmcs, protocol: int, then: str
) -> None:
    whmcs.companion.protocol = protocol
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"companion.version": "failed", **START})
    assert then in answer.findings["companion.version"].next


async def test_an_older_companion_is_reported_by_its_missing_abilities(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.capabilities = ("set_password",)
    lacking = await here.examine()
    assert (lacking.exit_code, lacking.problems) == (0, {"companion.abilities": "warning", **START})
    assert "result, users" in lacking.findings["companion.abilities"].text
    whmcs.companion.capabilities = ("users",)
    useless = await here.examine()
    assert (useless.exit_code, useless.problems) == (1, {"companion.abilities": "failed", **START})


async def test_text_from_a_server_can_not_add_lines(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.version = "1.0\x1b[2J\n  ok      whmcs.action.ResetPassword: \u202eallowed"
    answer = await here.examine()
    said = " ".join(f"{finding.text} {finding.next}" for finding in answer.findings.values())
    assert "1.0" in said
    assert not {"\n", "\x1b", "\u202e"} & set(said)


async def test_a_password_length_that_the_companion_would_refuse_is_reported(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    whmcs.companion.minimum_password_length = 24
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"companion.password_length": "failed", **START})
    assert answer.findings["companion.password_length"].next == "Set PASSWORD_LENGTH to 24 or more."
