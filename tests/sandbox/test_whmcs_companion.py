"""Faults of the local companion. The behaviour that it shares with the PHP module is tested in tests/companion."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from tests.companion.servers import ANA, PASSWORD, REQUEST_ID, LocalCompanion
from tests.harness.plain_http import http_client

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def companion() -> AsyncIterator[LocalCompanion]:
    async with LocalWhmcs() as whmcs, http_client() as http:
        yield LocalCompanion(whmcs, http)


async def test_a_password_that_was_set_is_a_write_of_the_companions(companion: LocalCompanion) -> None:
    assert companion.whmcs.password_changed_at(companion.user_id(ANA)) is None

    await companion.set_password()
    await companion.set_password()

    assert [(call.action, call.is_companion) for call in companion.whmcs.writes] == [("set_password", True)]
    assert companion.whmcs.password_changed_at(companion.user_id(ANA)) is not None


async def test_a_companion_whose_clock_is_ahead_refuses(companion: LocalCompanion) -> None:
    companion.whmcs.faults.companion_clock_offset_seconds = 600
    assert (await companion.ask("ping")).json()["error"] == "clock_skew"

    companion.whmcs.faults.clear()
    assert (await companion.ask("ping")).json()["ok"] is True


@pytest.mark.parametrize(("offset", "seconds"), [(timedelta(0), 0), (timedelta(hours=5, minutes=30), 19800)])
async def test_an_installation_can_be_in_any_zone(companion: LocalCompanion, offset: timedelta, seconds: int) -> None:
    companion.whmcs.data.utc_offset = offset

    assert (await companion.ask("ping")).json()["utc_offset_seconds"] == seconds


async def test_a_module_can_be_too_old_to_report_its_offset(companion: LocalCompanion) -> None:
    companion.whmcs.companion.has_utc_offset = False

    assert "utc_offset_seconds" not in (await companion.ask("ping")).json()


@pytest.mark.parametrize(
    ("kind", "retry_after", "address"),
    [
        ("companion_inactive", None, None),
        ("companion_https", None, None),
        ("companion_address", None, "203.0.113.7"),
        ("companion_rate_limited", "7", None),
        ("internal", None, None),
    ],
)
async def test_a_companion_that_is_out_of_order_writes_nothing(
    companion: LocalCompanion, kind: FaultKind, retry_after: str | None, address: str | None
) -> None:
    companion.whmcs.faults.add(Fault("set_password", kind, retry_after_seconds=7))

    response = await companion.set_password()

    assert response.headers.get("retry-after") == retry_after
    assert response.json().get("address") == address
    assert companion.whmcs.writes == []


async def test_an_absent_companion_is_a_web_servers_page_while_the_api_goes_on(companion: LocalCompanion) -> None:
    companion.whmcs.faults.add(Fault("*", "companion_absent"))

    response = await companion.ask("ping")

    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (await companion.http.post(f"{companion.whmcs.url}/includes/api.php")).status_code == 200


async def test_an_internal_error_after_the_work_is_settled_by_result(companion: LocalCompanion) -> None:
    companion.whmcs.faults.add(Fault("set_password", "internal_after", times=1))

    response = await companion.set_password()

    assert (response.status_code, response.json()["error"]) == (500, "internal")
    assert companion.opens(ANA, PASSWORD)
    assert (await companion.ask("result", request_id=REQUEST_ID)).json()["known"] is True
    assert (await companion.set_password()).json()["repeated"] is True


async def test_an_interrupted_request_is_unknown_to_result_and_repeated_in_full(
    companion: LocalCompanion,
) -> None:
    companion.whmcs.faults.add(Fault("set_password", "internal_between", times=1))
    await companion.set_password()
    assert companion.opens(ANA, PASSWORD)
    assert (await companion.ask("result", request_id=REQUEST_ID)).json()["known"] is None

    conflict = await companion.set_password(password="Fake-Other-Password-2")
    repeat = await companion.set_password()

    assert conflict.json()["error"] == "request_id_conflict"
    assert repeat.json()["repeated"] is False
    assert (await companion.ask("result", request_id=REQUEST_ID)).json()["known"] is True
    assert len(companion.whmcs.writes) == 2
