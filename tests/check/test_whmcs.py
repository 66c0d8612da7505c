"""What `check` says of WHMCS and of the companion, each fault by itself."""

from pathlib import Path

import pytest

from sandbox.ports import free_port
from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from sandbox.whmcs.features import OPTIONAL_ACTIONS
from sandbox.whmcs.server import ROLE
from tests.check.installation import Installation
from tests.tls import serve_tls
from tests.whmcs.server import Reply, ScriptedServer
from whmcs.probes import PARAMETERS

pytestmark = pytest.mark.asyncio

START = {"slack.public_url": "warning"}
"""The bot does not run in these tests, which is a warning and no more."""


async def test_a_whmcs_that_is_down_is_told_and_nothing_else_is_tried(here: Installation, whmcs: LocalWhmcs) -> None:
    await whmcs.stop()
    answer = await here.examine()
    assert answer.exit_code == 1
    assert answer.troubles == {"whmcs.address": "failed", "companion.installed": "failed", **START}
    assert answer.findings["whmcs.address"].text == f"nobody listens at {whmcs.url}"
    assert answer.findings["whmcs.action.GetClients"].next == "First solve whmcs.address."


async def test_a_name_without_an_address_is_told(here: Installation) -> None:
    answer = await here.examine(WHMCS_URL="https://whmcs.invalid")
    assert answer.troubles == {"whmcs.address": "failed", "companion.installed": "failed", **START}
    assert "DNS" in answer.findings["whmcs.address"].next


async def test_a_server_without_tls_is_told(here: Installation, whmcs: LocalWhmcs) -> None:
    answer = await here.examine(WHMCS_URL=whmcs.url.replace("http://", "https://"))
    assert answer.troubles == {"whmcs.tls": "failed", "companion.installed": "failed", **START}
    assert answer.findings["whmcs.address"].state == "ok"
    assert "https" in answer.findings["whmcs.tls"].next


async def test_a_certificate_that_is_not_accepted_is_told_with_the_reason(here: Installation, tmp_path: Path) -> None:
    async with serve_tls(tmp_path) as port:
        answer = await here.examine(WHMCS_URL=f"https://localhost:{port}")
    assert answer.troubles == {"whmcs.tls": "failed", "companion.installed": "failed", **START}
    assert "self-signed certificate" in answer.findings["whmcs.tls"].text
    assert "certificate" in answer.findings["whmcs.tls"].next


async def test_a_redirect_names_where_it_leads_and_is_not_followed(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", "redirect"))
    answer = await here.examine()
    assert answer.troubles == {"whmcs.redirect": "failed", **START}
    assert "https://elsewhere.example.com/includes/api.php" in answer.findings["whmcs.redirect"].text
    assert answer.findings["whmcs.redirect"].next.startswith("Set WHMCS_URL=https://elsewhere.example.com,")


@pytest.mark.parametrize(
    ("kind", "text", "then"),
    [
        ("html", "a web page (HTTP 200)", "WHMCS_URL"),
        ("html_403", "a web page (HTTP 403)", "firewall"),
        ("html_500", "a web page (HTTP 500)", "error log"),
        ("empty", "nothing (HTTP 200)", "WHMCS_URL"),
        ("status_429", "Too many requests", "Solve"),
    ],
)
async def test_an_answer_that_is_none_is_told(
    here: Installation, whmcs: LocalWhmcs, kind: FaultKind, text: str, then: str
) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", kind, retry_after_seconds=60))
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"whmcs.answer": "failed", **START})
    assert text in answer.findings["whmcs.answer"].text
    assert then in answer.findings["whmcs.answer"].next


async def test_an_address_that_whmcs_refuses_is_named_as_whmcs_saw_it(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("*", "invalid_ip"))
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"whmcs.caller": "failed", **START})
    assert answer.findings["whmcs.caller"].text == "WHMCS refuses our address 203.0.113.7"
    assert "API IP Access Restriction: add 203.0.113.7." in answer.findings["whmcs.caller"].next
    assert [call.action for call in whmcs.calls if not call.is_companion] == ["WhmcsDetails"]


async def test_wrong_credentials_are_told_and_tried_once(here: Installation, whmcs: LocalWhmcs) -> None:
    answer = await here.examine(WHMCS_API_SECRET="wrong-fake-secret")
    assert (answer.exit_code, answer.troubles) == (1, {"whmcs.credentials": "failed", **START})
    assert "WHMCS_API_SECRET" in answer.findings["whmcs.credentials"].next
    assert [call.action for call in whmcs.calls if not call.is_companion] == ["WhmcsDetails"]


@pytest.mark.parametrize("action", ROLE)
async def test_an_action_that_the_role_lacks_is_named(here: Installation, whmcs: LocalWhmcs, action: str) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {action}
    answer = await here.examine()
    name = f"whmcs.action.{action}"
    version = {"whmcs.version": "warning"} if action == "WhmcsDetails" else {}
    assert (answer.exit_code, answer.troubles) == (1, {name: "failed", **version, **START})
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
async def test_an_action_of_one_feature_alone_is_a_warning_that_names_it(
    here: Installation, whmcs: LocalWhmcs, check: str, action: str
) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {action.casefold()}
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (0, {check: "warning", **START})
    assert answer.findings[check].text == f"not in the role: {action}"
    assert f"add {action} to the role" in answer.findings[check].next


async def test_tickets_are_not_missed_where_they_are_switched_off(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {*ROLE, "GetClientsDomains", "SendEmail"}
    answer = await here.examine(TICKET_POLICY="off")
    assert answer.troubles == START
    assert "TICKET_POLICY is off" in answer.findings["whmcs.tickets"].text
    assert "TICKET_POLICY is off" in answer.findings["whmcs.replies"].text
    assert not {"GetTicket", "AddTicketReply"} & {call.action for call in whmcs.calls}


async def test_tickets_without_a_name_for_replies_are_a_warning_that_says_what_to_set(
    here: Installation, whmcs: LocalWhmcs
) -> None:
    answer = await here.examine(WHMCS_REPLY_ADMIN="")
    assert (answer.exit_code, answer.troubles) == (0, {"whmcs.replies": "warning", **START})
    assert "WHMCS_REPLY_ADMIN is not set" in answer.findings["whmcs.replies"].text
    assert answer.findings["whmcs.replies"].next.startswith("Set WHMCS_REPLY_ADMIN to the user name")
    assert "AddTicketReply" not in {call.action for call in whmcs.calls}


async def test_notices_are_not_missed_where_none_are_sent(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {*ROLE, *OPTIONAL_ACTIONS} - {"sendemail"}
    answer = await here.examine(PASSWORD_NOTICE_TEMPLATE="")
    assert answer.troubles == START
    assert "PASSWORD_NOTICE_TEMPLATE is not set" in answer.findings["whmcs.notices"].text
    assert "SendEmail" not in {call.action for call in whmcs.calls}


async def test_an_action_that_whmcs_does_not_have_is_told_apart(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("GetUsers", "unknown_action"))
    answer = await here.examine()
    assert answer.troubles == {"whmcs.action.GetUsers": "failed", **START}
    assert "Update WHMCS" in answer.findings["whmcs.action.GetUsers"].next


async def test_an_action_that_breaks_is_not_known_to_be_allowed(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "html_500"))
    whmcs.faults.add(Fault("SendEmail", "html_500"))
    answer = await here.examine()
    assert answer.troubles == {"whmcs.action.ResetPassword": "failed", "whmcs.notices": "warning", **START}


async def test_a_write_that_was_taken_though_incomplete_is_a_warning(here: Installation) -> None:
    async with ScriptedServer() as careless:
        for action in PARAMETERS:
            careless.plays(action, Reply({"result": "success", "whmcs": {"version": "8.13.1"}}))
        answer = await here.examine(WHMCS_URL=careless.url, WHMCS_COMPANION_SECRET="")
    assert answer.exit_code == 0
    for action in ("ResetPassword", "LogActivity"):
        assert answer.findings[f"whmcs.action.{action}"].state == "warning"
        assert action in answer.findings[f"whmcs.action.{action}"].next
    assert answer.findings["whmcs.action.GetClients"].state == "ok"


async def test_a_connection_that_is_dropped_is_told(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", "drop_before"))
    answer = await here.examine()
    assert answer.troubles == {"whmcs.address": "failed", **START}
    assert "drops the connection" in answer.findings["whmcs.address"].text


@pytest.mark.parametrize(("version", "state"), [("8.0.4", "failed"), ("7.10.2", "failed"), ("unknown", "warning")])
async def test_a_version_that_is_too_old_is_told(
    here: Installation, whmcs: LocalWhmcs, version: str, state: str
) -> None:
    whmcs.access.version = version
    answer = await here.examine()
    assert answer.troubles == {"whmcs.version": state, **START}
    assert version in answer.findings["whmcs.version"].text
    whmcs.access.version = "9.0.6"
    assert (await here.examine()).troubles == START


# The companion


async def test_no_companion_at_all_is_a_warning(here: Installation) -> None:
    answer = await here.examine(WHMCS_COMPANION_SECRET="")
    assert (answer.exit_code, answer.troubles) == (0, {"companion.installed": "warning", **START})
    assert "only the reset e-mail" in answer.findings["companion.installed"].text


@pytest.mark.parametrize(
    ("kind", "check", "text", "then"),
    [
        ("companion_absent", "companion.installed", "no companion at", "modules/addons/resetbot"),
        ("companion_inactive", "companion.installed", "not activated", "activate it"),
        ("companion_https", "companion.installed", "wants https", "begin with https"),
        ("companion_address", "companion.caller", "203.0.113.7", "add 203.0.113.7"),
        ("companion_rate_limited", "companion.installed", "too often", "Check again in 1 s."),
        ("internal", "companion.installed", "HTTP 500", "activity log"),
        ("wrong_json", "companion.installed", "answers", "WHMCS_COMPANION_URL"),
        ("redirect", "companion.installed", "elsewhere.example.com", "WHMCS_COMPANION_URL"),
    ],
)
async def test_a_companion_that_does_not_answer_is_told_with_the_reason(
    here: Installation, whmcs: LocalWhmcs, kind: FaultKind, check: str, text: str, then: str
) -> None:
    whmcs.faults.add(Fault("ping", kind, retry_after_seconds=1))
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {check: "failed", **START})
    assert text in answer.findings[check].text
    assert then in answer.findings[check].next


async def test_a_companion_at_another_port_is_told(here: Installation) -> None:
    url = f"http://127.0.0.1:{free_port()}/modules/addons/resetbot/api.php"
    answer = await here.examine(WHMCS_COMPANION_URL=url)
    assert answer.troubles == {"companion.installed": "failed", **START}
    assert "WHMCS_COMPANION_URL" in answer.findings["companion.installed"].next


async def test_another_secret_than_the_companions_is_told(here: Installation) -> None:
    answer = await here.examine(WHMCS_COMPANION_SECRET="wrong-fake-companion-secret")
    assert (answer.exit_code, answer.troubles) == (1, {"companion.secret": "failed", **START})
    assert "WHMCS_COMPANION_SECRET" in answer.findings["companion.secret"].next


@pytest.mark.parametrize(
    ("seconds", "state", "text"),
    [
        (600, "failed", "ahead of ours: refused"),
        (-600, "failed", "behind ours: refused"),
        (90, "warning", " s ahead of ours; from 300 s on"),
        (-90, "warning", "behind ours"),
    ],
)
async def test_a_clock_that_is_off_is_told(
    here: Installation, whmcs: LocalWhmcs, seconds: int, state: str, text: str
) -> None:
    whmcs.faults.companion_clock_offset_seconds = seconds
    answer = await here.examine()
    assert answer.troubles == {"companion.clock": state, **START}
    assert answer.findings["companion.secret"].state == "ok"
    assert text in answer.findings["companion.clock"].text


async def test_a_clock_that_is_off_by_less_is_fine(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.faults.companion_clock_offset_seconds = 50
    assert (await here.examine()).troubles == START


@pytest.mark.parametrize(("protocol", "then"), [(2, "Update the bot"), (3, "Update the bot")])
async def test_a_companion_of_another_protocol_is_told(
    here: Installation, whmcs: LocalWhmcs, protocol: int, then: str
) -> None:
    whmcs.companion.protocol = protocol
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"companion.version": "failed", **START})
    assert then in answer.findings["companion.version"].next


async def test_an_older_companion_is_told_by_what_it_can_not_do(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.capabilities = ("set_password",)
    lacking = await here.examine()
    assert (lacking.exit_code, lacking.troubles) == (0, {"companion.abilities": "warning", **START})
    assert "result, users" in lacking.findings["companion.abilities"].text
    whmcs.companion.capabilities = ("users",)
    useless = await here.examine()
    assert (useless.exit_code, useless.troubles) == (1, {"companion.abilities": "failed", **START})


async def test_what_a_server_says_of_itself_makes_no_line_of_its_own(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.version = "1.0\x1b[2J\n  ok      whmcs.action.ResetPassword: \u202eallowed"
    answer = await here.examine()
    said = " ".join(f"{finding.text} {finding.next}" for finding in answer.findings.values())
    assert "1.0" in said
    assert not {"\n", "\x1b", "\u202e"} & set(said)


async def test_a_password_that_the_companion_would_refuse_is_told(here: Installation, whmcs: LocalWhmcs) -> None:
    whmcs.companion.minimum_password_length = 24
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"companion.password_length": "failed", **START})
    assert answer.findings["companion.password_length"].next == "Set PASSWORD_LENGTH to 24 or more."
