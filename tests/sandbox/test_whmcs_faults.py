"""Faults of the local WHMCS: the response to the caller, and the state in WHMCS."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from tests.harness.plain_http import http_client

pytestmark = pytest.mark.asyncio


class Caller:
    def __init__(self, whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
        self._whmcs = whmcs
        self._http = http

    async def reset(self, *, timeout_seconds: float = 5.0) -> httpx.Response:
        return await self.ask("ResetPassword", email="ana@example.com", timeout_seconds=timeout_seconds)

    async def ask(self, action: str, *, timeout_seconds: float = 5.0, **parameters: str) -> httpx.Response:
        fields = {
            "identifier": self._whmcs.identifier,
            "secret": self._whmcs.secret,
            "responsetype": "json",
            "action": action,
        }
        return await self._http.post(
            f"{self._whmcs.url}/includes/api.php", data=fields | parameters, timeout=timeout_seconds
        )


@pytest_asyncio.fixture
async def whmcs() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as whmcs:
        yield whmcs


@pytest_asyncio.fixture
async def caller(whmcs: LocalWhmcs) -> AsyncIterator[Caller]:
    async with http_client() as http:
        yield Caller(whmcs, http)


@pytest.mark.parametrize(("kind", "mails"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_dropped_connection_gives_no_answer_and_may_come_before_or_after_the_work(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, mails: int
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind))

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await caller.reset()

    assert len(whmcs.reset_emails) == mails
    assert len(whmcs.writes) == mails


async def test_a_truncated_answer_ends_the_connection_in_its_middle(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "truncated"))

    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        await caller.reset()

    assert len(whmcs.reset_emails) == 1


@pytest.mark.parametrize("before", ["drop_before", "drop_after", "truncated"])
async def test_the_next_request_is_served_after_a_lost_one(
    caller: Caller, whmcs: LocalWhmcs, before: FaultKind
) -> None:
    whmcs.faults.add(Fault("*", before, times=1))
    with pytest.raises(httpx.TransportError):
        await caller.reset()

    assert (await caller.reset()).json()["result"] == "success"
    assert whmcs.connections == 2


@pytest.mark.parametrize(("kind", "mails"), [("slow_before", 0), ("slow_after", 1)])
async def test_a_slow_answer_may_come_too_late_with_the_work_done_or_not(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, mails: int
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind, seconds=60))

    with pytest.raises(httpx.ReadTimeout):
        await caller.reset(timeout_seconds=0.2)

    assert len(whmcs.reset_emails) == mails


@pytest.mark.parametrize("kind", ["slow_before", "slow_after"])
async def test_a_slow_answer_comes_in_the_end(caller: Caller, whmcs: LocalWhmcs, kind: FaultKind) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind, seconds=0.01))

    assert (await caller.reset()).json()["result"] == "success"


@pytest.mark.parametrize(("kind", "mails"), [("held_before", 0), ("held_after", 1)])
async def test_a_held_request_is_answered_on_release(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, mails: int
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind))
    reset = asyncio.create_task(caller.reset())
    await whmcs.faults.wait_until_held()
    assert len(whmcs.reset_emails) == mails

    whmcs.faults.release()

    assert (await reset).json()["result"] == "success"
    assert len(whmcs.reset_emails) == 1


@pytest.mark.parametrize(("kind", "mails"), [("held_before", 0), ("held_after", 1)])
async def test_one_held_request_is_dropped_while_another_remains_held(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, mails: int
) -> None:
    dropped = whmcs.faults.add(Fault("ResetPassword", kind, about="901"))
    whmcs.faults.add(Fault("ResetPassword", kind, about="902"))
    both = [asyncio.create_task(caller.ask("ResetPassword", id=user_id)) for user_id in ("901", "902")]
    await whmcs.faults.wait_until_held(count=2)
    await whmcs.faults.wait_until_held(dropped)

    whmcs.faults.drop(dropped)

    with pytest.raises(httpx.TransportError):
        await both[0]
    assert [mail.user_id for mail in whmcs.reset_emails].count(901) == mails
    whmcs.faults.release()
    assert (await both[1]).status_code == 200


async def test_clearing_the_faults_lets_held_requests_go_on(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("*", "held_before"))
    both = [asyncio.create_task(caller.reset()) for _ in range(2)]
    await whmcs.faults.wait_until_held(count=2)

    whmcs.faults.clear()

    assert [answer.status_code for answer in await asyncio.gather(*both)] == [200, 200]
    assert (await caller.reset()).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"), [("html", 200), ("html_403", 403), ("html_500", 500), ("status_429", 429), ("status_503", 503)]
)
async def test_a_page_in_place_of_an_answer_means_that_nothing_was_done(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, status: int
) -> None:
    whmcs.faults.add(Fault("*", kind, retry_after_seconds=3))

    response = await caller.reset()

    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers.get("retry-after") == ("3" if status in {429, 503} else None)
    assert whmcs.writes == []


async def test_stray_output_is_a_500_after_the_work(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "error_500_after"))

    response = await caller.reset()

    assert response.status_code == 500
    assert "Output has been emitted previously" in response.text
    assert len(whmcs.reset_emails) == 1


async def test_a_php_warning_stands_before_the_json(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "php_warning"))

    response = await caller.reset()

    assert response.text.startswith("<br />\n<b>Warning</b>")
    assert json.loads(response.text[response.text.index("{") :])["result"] == "success"


@pytest.mark.parametrize(("kind", "text"), [("empty", ""), ("wrong_json", '[{"unexpected":true}]')])
async def test_an_answer_without_sense_hides_work_that_was_done(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, text: str
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind))

    response = await caller.reset()

    assert (response.status_code, response.text) == (200, text)
    assert len(whmcs.reset_emails) == 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("invalid_ip", "Invalid IP 203.0.113.7"),
        ("credentials", "Invalid or missing credentials"),
        ("not_permitted", 'Invalid Permissions: API action "resetpassword" is not allowed'),
    ],
)
async def test_a_refusal_comes_with_403_in_the_words_of_the_api(
    caller: Caller, whmcs: LocalWhmcs, kind: FaultKind, message: str
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind))

    response = await caller.reset()

    assert (response.status_code, response.json()) == (403, {"result": "error", "message": message})
    assert whmcs.writes == []


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_leads_elsewhere(caller: Caller, whmcs: LocalWhmcs, status: int) -> None:
    whmcs.faults.add(Fault("*", "redirect", status=status, location="https://www.example.com/includes/api.php"))

    response = await caller.reset()

    assert (response.status_code, response.headers["location"]) == (status, "https://www.example.com/includes/api.php")
    assert whmcs.writes == []


async def test_a_fault_affects_only_its_action_and_number_of_times(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("resetpassword", "status_503", times=2))
    whmcs.faults.add(Fault("ResetPassword", "html_500", times=1))

    others = await caller.ask("GetUsers", search="ana")
    answers = [(await caller.reset()).status_code for _ in range(4)]

    assert others.status_code == 200
    assert answers == [503, 503, 500, 200]


async def test_faults_of_companion_and_api_are_independent(caller: Caller, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("*", "companion_inactive"))
    assert (await caller.reset()).status_code == 200

    whmcs.faults.clear()
    whmcs.faults.add(Fault("*", "invalid_ip"))
    async with http_client() as http:
        response = await http.post(whmcs.companion_url, content=b"{}")
    assert response.json()["error"] == "bad_signature"


async def test_a_stopped_server_refuses_connections_and_comes_back_at_the_same_address(
    caller: Caller, whmcs: LocalWhmcs
) -> None:
    await caller.reset()
    url = whmcs.url

    await whmcs.stop()
    with pytest.raises(httpx.ConnectError):
        await caller.reset()
    await whmcs.start()

    assert (await caller.reset()).json()["result"] == "success"
    assert whmcs.url == url
    assert len(whmcs.reset_emails) == 2


async def test_two_servers_have_two_ports_and_a_taken_port_is_refused(whmcs: LocalWhmcs) -> None:
    async with LocalWhmcs() as other:
        assert other.url != whmcs.url
        with pytest.raises(OSError, match="in use"):
            await LocalWhmcs(port=int(whmcs.url.rpartition(":")[2])).start()


async def test_a_server_has_no_address_before_its_first_start_and_starts_once(whmcs: LocalWhmcs) -> None:
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = LocalWhmcs().url
    with pytest.raises(RuntimeError, match="already running"):
        await whmcs.start()
    await whmcs.stop()
    await whmcs.stop()


async def test_stopping_ends_held_requests_and_leaves_nothing_behind(
    caller: Caller, whmcs: LocalWhmcs, caplog: pytest.LogCaptureFixture
) -> None:
    whmcs.faults.add(Fault("*", "held_before"))
    resets = [asyncio.create_task(caller.reset()) for _ in range(3)]
    await whmcs.faults.wait_until_held(count=3)

    async with asyncio.timeout(2):
        await whmcs.stop()

    outcomes = await asyncio.gather(*resets, return_exceptions=True)
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []
    assert whmcs.writes == []


async def test_a_lost_answer_is_not_reported_as_the_servers_own_mistake(
    caller: Caller, whmcs: LocalWhmcs, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("drop_before", "drop_after", "truncated"):
        whmcs.faults.add(Fault("*", kind, times=1))
        with pytest.raises(httpx.TransportError):
            await caller.reset()

    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


async def test_a_call_can_be_awaited_before_it_arrives(caller: Caller, whmcs: LocalWhmcs) -> None:
    second = asyncio.create_task(whmcs.wait_for_call("ResetPassword", count=2))
    await caller.reset()
    assert not second.done()

    await caller.reset()

    assert (await second) is whmcs.calls[1]
    assert (await whmcs.wait_for_call("resetpassword")) is whmcs.calls[0]
    with pytest.raises(TimeoutError):
        await whmcs.wait_for_call("GetUsers", timeout_seconds=0)
