"""Two and four replicas on one PostgreSQL: whoever is asked, it is one bot."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import Modal
from sandbox.whmcs import Fault as WhmcsFault
from tests.flows.replicas import replicas
from tests.flows.ticketed import open_reply, reset_with_ticket
from tests.flows.world import EMAIL, GROUP, SET, Mode, World, fill_form, make_world
from tests.postgresql import PostgresServer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def address(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as name:
        yield postgresql.url(name)


@pytest_asyncio.fixture
async def shared(address: str, tmp_path: Path) -> AsyncIterator[World]:
    """Slack and WHMCS and a PostgreSQL database, over HTTP."""
    async with make_world(tmp_path, "http", address) as made:
        yield made


NOTHING = "No se cambió nada."


def told(modal: Modal) -> str:
    """The view, or what stands at its fields."""
    return " ".join((*modal.errors.values(), modal.text))


@pytest.mark.parametrize(("mode", "number"), [("http", 4), ("socket", 2)])
async def test_of_twenty_submissions_for_one_user_at_the_same_moment_one_is_done_and_the_others_are_told_who(
    address: str, tmp_path: Path, mode: Mode, number: int
) -> None:
    async with make_world(tmp_path, mode, address) as world, replicas(world, number) as running:
        people = [world.slack.add_person(f"Agente {index}", groups=[GROUP]) for index in range(20)]
        world.slack.delivery.acknowledgement_seconds = 20
        modals = await asyncio.gather(*(fill_form(person, "ana@example.com", EMAIL) for person in people))
        await asyncio.gather(*(modal.submit() for modal in modals))
        # On a busy machine some are told after the acknowledgement, in a view of its own instead of at the field.
        await world.agent.waits_until(
            lambda: all("Listo" in told(modal) or NOTHING in told(modal) for modal in modals), 30
        )
        [done] = [index for index, modal in enumerate(modals) if "Listo" in told(modal)]
        refused = [modal for index, modal in enumerate(modals) if index != done]
        served = [await replica.figures() for replica in running]

    assert len(world.whmcs.reset_emails) == 1
    for modal in refused:
        assert f"Agente {done} " in told(modal)
        assert re.search("en este momento|Será posible de nuevo a las", told(modal))
    assert world.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
    assert len(world.audit("limit")) == 19
    # Each of them had a share, so that it was the database that decided.
    assert all(re.search(r"resetbot_refusals_total\{[^}]*\} [1-9]", figures) for figures in served)


async def test_the_same_signed_request_to_all_replicas_is_one_reset_and_its_outcome_is_shown_again(
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


async def test_an_agents_hour_is_one_over_all_replicas(shared: World) -> None:
    async with replicas(shared, 2, AGENT_RESETS_PER_HOUR="2"):
        modals = [await fill_form(shared.agent, f"#{client}", EMAIL) for client in (42, 51, 43)]
        await asyncio.gather(*(modal.submit() for modal in modals))
        await shared.until(lambda: len(shared.whmcs.reset_emails) == 2, timeout_seconds=20)
        [refused] = [modal for modal in modals if modal.errors]
        assert "Será posible de nuevo a las" in refused.errors["Usuario"]
    assert shared.audit("limit") == [("REACHED", "agent_hour")]
    assert len(shared.whmcs.reset_emails) == 2


async def test_due_messages_are_deleted_by_whichever_replica_is_there_each_once(shared: World) -> None:
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
async def test_a_reset_whose_replica_was_killed_is_settled_by_another_and_its_agent_told_once(
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
        # Forty seconds of silence, in a moment.
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
    told = [text for text in (each.visible_text for each in shared.agent.direct_messages) if sentence in text]
    assert len(told) == 1


async def test_the_same_reply_sent_to_all_replicas_is_written_once(shared: World) -> None:
    async with replicas(shared, 2, WHMCS_REPLY_ADMIN="support"):
        modal = await open_reply(await reset_with_ticket(shared.agent, EMAIL))
        payload = shared.slack.submission_payload(shared.agent, modal)
        shared.whmcs.faults.add(WhmcsFault("AddTicketReply", "slow_before", seconds=0.5))
        answers = await asyncio.gather(*(shared.slack.deliver("view_submission", payload) for _ in range(6)))
        await shared.until(lambda: shared.audit("reply") == [("SENT", "public")], timeout_seconds=20)
    assert all(answer.status == 200 for answer in answers)
    assert [call.action for call in shared.whmcs.calls].count("AddTicketReply") == 1


async def test_a_reply_whose_process_was_killed_while_whmcs_wrote_it_is_found_by_the_next_one(shared: World) -> None:
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
        told = "La respuesta con la contraseña nueva está en el ticket 516757"
        await shared.until(lambda: len(messages_with(shared, told)) == 2, timeout_seconds=20)
    assert shared.audit("reply") == [("SENT", "with_password")]
    assert [call.action for call in shared.whmcs.calls].count("AddTicketReply") == 1


def messages_with(world: World, text: str) -> list[str]:
    """The agent's direct messages that say this: the one with the password, and the one that tells."""
    return [message.visible_text for message in world.agent.direct_messages if text in message.visible_text]
