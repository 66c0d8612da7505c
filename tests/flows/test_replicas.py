"""Two and four replicas on one PostgreSQL behave as one bot."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import Modal
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.harness.process import replicas
from tests.harness.world import EMAIL, GROUP, SET, Mode, World, fill_form, make_world
from tests.postgresql import PostgresServer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def address(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as name:
        yield postgresql.url(name)


@pytest_asyncio.fixture
async def shared(address: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world in HTTP mode on a PostgreSQL database."""
    async with make_world(tmp_path, "http", address) as made:
        yield made


NOTHING = "No se cambió nada."


def text_of(modal: Modal) -> str:
    """Return the visible text with the field errors."""
    return " ".join((*modal.errors.values(), modal.text))


@pytest.mark.parametrize(("mode", "number"), [("http", 4), ("socket", 2)])
async def test_one_of_twenty_simultaneous_submissions_for_a_user_succeeds(
    address: str, tmp_path: Path, mode: Mode, number: int
) -> None:
    async with make_world(tmp_path, mode, address) as world, replicas(world, number) as running:
        people = [world.slack.add_person(f"Agente {index}", groups=[GROUP]) for index in range(20)]
        world.slack.delivery.acknowledgement_seconds = 20
        modals = await asyncio.gather(*(fill_form(person, "ana@example.com", EMAIL) for person in people))
        await asyncio.gather(*(modal.submit() for modal in modals))
        # On a busy machine some refusals come after the acknowledgement, as a view instead of a field error.
        await world.agent.waits_until(
            lambda: all("Listo" in text_of(modal) or NOTHING in text_of(modal) for modal in modals), 30
        )
        [done] = [index for index, modal in enumerate(modals) if "Listo" in text_of(modal)]
        refused = [modal for index, modal in enumerate(modals) if index != done]
        served = [await replica.metrics() for replica in running]

    assert len(world.whmcs.reset_emails) == 1
    for modal in refused:
        assert f"Agente {done} " in text_of(modal)
        assert re.search("en este momento|Será posible de nuevo a partir de esta hora", text_of(modal))
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert len(world.audit("limit")) == 19
    # Each replica served some of them, so the database decided.
    assert all(re.search(r"resetbot_refusals_total\{[^}]*\} [1-9]", metrics) for metrics in served)


async def test_the_same_signed_request_to_all_replicas_is_one_reset(
    shared: World,
) -> None:
    async with replicas(shared, 2):
        modal = await fill_form(shared.agent, "ana@example.com", SET)
        payload = shared.slack.submission_payload(shared.agent, modal)
        await asyncio.gather(*(shared.slack.deliver("view_submission", payload) for _ in range(6)))
        await shared.until(lambda: shared.audit()[-1:] == [("SUCCEEDED", "")], timeout_seconds=20)
        later = [await shared.slack.deliver("view_submission", payload) for _ in range(2)]

    assert all("Listo" in str(answer.json()) for answer in later)
    assert [call.action for call in shared.whmcs.writes] == ["set_password"]
    assert shared.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert len(shared.agent.direct_messages) == 1


async def test_the_hourly_limit_counts_across_replicas(shared: World) -> None:
    async with replicas(shared, 2, AGENT_RESETS_PER_HOUR="2"):
        modals = [await fill_form(shared.agent, f"#{client}", EMAIL) for client in (42, 51, 43)]
        await asyncio.gather(*(modal.submit() for modal in modals))
        # On a busy machine the refusal comes after the acknowledgement, as a view instead of a field error.
        await shared.agent.waits_until(
            lambda: all("Listo" in text_of(modal) or NOTHING in text_of(modal) for modal in modals), 30
        )
        [refused] = [modal for modal in modals if NOTHING in text_of(modal)]
        assert "Será posible de nuevo a partir de esta hora" in text_of(refused)
    assert shared.audit("limit") == [("REACHED", "agent_hour")]
    assert len(shared.whmcs.reset_emails) == 2


async def test_each_due_message_is_deleted_once_by_any_replica(shared: World) -> None:
    async with replicas(shared, 4) as running:
        modal = await fill_form(shared.agent, "ana@example.com", SET)
        await modal.submit()
        await modal.shows("Listo", timeout_seconds=20)
        await running[0].kill()
        shared.execute(
            "INSERT INTO jobs SELECT kind, 'REF-' || n, due_at, NULL, 0, agent_id, agent_locale, channel, n || '.0'"
            " FROM jobs, generate_series(1, 40) AS n WHERE kind = 'delete_message'"
        )
        shared.let_messages_be_due()
        await shared.until(lambda: shared.rows("SELECT * FROM jobs") == [], timeout_seconds=40)
        assert shared.agent.direct_messages == ()
        helped = [replica for replica in running[1:] if '"message"' in replica.output and "REF-" in replica.output]
    asked = [str(call.arguments["ts"]) for call in shared.slack.calls if call.method == "chat.delete"]
    assert len(asked) == len(set(asked)) == 41
    assert shared.audit("message") == [("DELETED", "")] * 41
    assert len(helped) > 1


@pytest.mark.parametrize(
    ("number", "method", "action", "sentence", "end"),
    [
        (2, EMAIL, "ResetPassword", "No se sabe si WHMCS envió", ("UNKNOWN", "interrupted")),
        (3, SET, "set_password", "cámbiela otra vez", ("SUCCEEDED", "not_delivered")),
    ],
)
async def test_another_replica_settles_a_killed_ones_reset_and_notifies_once(
    shared: World, number: int, method: str, action: str, sentence: str, end: tuple[str, str]
) -> None:
    async with replicas(shared, number) as running:
        modal = await fill_form(shared.agent, "ana@example.com", method)
        shared.whmcs.faults.add(WhmcsFault(action, "held_after", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await shared.whmcs.wait_for_call(action)
        [busy] = [replica for replica in running if '"STARTED"' in replica.output]
        await busy.kill()
        shared.whmcs.faults.clear()
        await asyncio.gather(submitting, return_exceptions=True)
        # As after forty seconds without a renewed lease.
        shared.execute(
            "UPDATE jobs SET due_at = now() WHERE kind = 'recover_reset'",
            "UPDATE resets SET called_at = now() - interval '40 seconds'",
        )
        message = await shared.agent.direct_message(containing=sentence, timeout_seconds=30)
        await shared.until(lambda: shared.rows("SELECT * FROM jobs WHERE kind = 'recover_reset'") == [])
        others = [replica for replica in running if replica is not busy]
        assert [await replica.ends() for replica in others] == [0] * (number - 1)

    assert "ana@example.com" in message.visible_text
    assert shared.audit() == [("STARTED", ""), end]
    assert [call.action for call in shared.whmcs.calls].count(action) == 1
    found = [text for text in (each.visible_text for each in shared.agent.direct_messages) if sentence in text]
    assert len(found) == 1


async def test_the_same_reply_sent_to_all_replicas_is_written_once(shared: World) -> None:
    async with replicas(shared, 2, WHMCS_REPLY_ADMIN="support"):
        modal = await open_reply(await reset_with_ticket(shared.agent, EMAIL))
        payload = shared.slack.submission_payload(shared.agent, modal)
        shared.whmcs.faults.add(WhmcsFault("AddTicketReply", "slow_before", seconds=0.5))
        answers = await asyncio.gather(*(shared.slack.deliver("view_submission", payload) for _ in range(6)))
        await shared.until(lambda: shared.audit("reply") == [("SENT", "public")], timeout_seconds=20)
    assert all(answer.status == 200 for answer in answers)
    assert [call.action for call in shared.whmcs.calls].count("AddTicketReply") == 1


async def test_the_reply_of_a_killed_process_is_found_by_the_next_one(shared: World) -> None:
    async with replicas(shared, 1, WHMCS_REPLY_ADMIN="support") as [first]:
        modal = await open_reply(await reset_with_ticket(shared.agent, SET))
        await modal.choose("Contraseña nueva", "Incluir la contraseña nueva")
        await modal.shows("La nueva es:")
        shared.whmcs.faults.add(WhmcsFault("AddTicketReply", "held_after", times=1))
        submitting = asyncio.ensure_future(modal.submit())
        await shared.whmcs.wait_for_call("AddTicketReply")
        await first.kill()
        shared.whmcs.faults.clear()
        await asyncio.gather(submitting, return_exceptions=True)
    shared.execute(
        "UPDATE replies SET lease_until = now(), settles_at = now()",
        "UPDATE jobs SET due_at = now() WHERE kind = 'settle_reply'",
    )
    async with replicas(shared, 1, WHMCS_REPLY_ADMIN="support"):
        sentence = "La respuesta con la contraseña nueva está en el ticket 516757"
        await shared.until(lambda: len(messages_with(shared, sentence)) == 2, timeout_seconds=20)
    assert shared.audit("reply") == [("SENT", "with_password")]
    assert [call.action for call in shared.whmcs.calls].count("AddTicketReply") == 1


def messages_with(world: World, text: str) -> list[str]:
    """Return the agent's direct messages that contain this text: the password message and the notification."""
    return [message.visible_text for message in world.agent.direct_messages if text in message.visible_text]
