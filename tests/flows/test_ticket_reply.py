"""*Reply on the ticket*, from a signed request to the ticket in WHMCS."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.slack import Fault, LocalSlack, Modal, Person
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE
from sandbox.whmcs.tickets import TicketMessage
from tests.flows.ticketed import REPLY, open_reply, reset_in_english, reset_with_ticket
from tests.harness.world import EMAIL, GROUP, SET, World

pytestmark = pytest.mark.asyncio

TICKET = "516757"
ADMIN = {"WHMCS_REPLY_ADMIN": "support"}
INCLUDE = "Incluir la contraseña nueva"


@pytest_asyncio.fixture
async def running(http_world: World) -> AsyncIterator[World]:
    async with http_world.bot(**ADMIN):
        yield http_world


def written(whmcs: LocalWhmcs) -> list[str]:
    return [reply.message for reply in whmcs.replies_of(TICKET) if reply.admin]


async def test_a_reply_after_an_email_is_in_the_clients_language(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    assert modal.depth == 2
    reference = str(running.audit_rows()[-1]["reference"])
    text = modal.chosen("Texto") or ""
    assert text.startswith("Buen día, Ana López:")
    assert "ana@example.com" in text
    assert text.endswith(f"Referencia: {reference}")
    await modal.submit()

    await modal.shows("La respuesta está en el ticket 516757")
    assert written(whmcs) == [text]
    assert whmcs.ticket(TICKET).status == "Answered"
    assert [mail.message for mail in whmcs.ticket_mails] == [text]
    [row] = [row for row in running.audit_rows() if row["action"] == "reply"]
    assert (row["outcome"], row["reason"], row["reference"], row["ticket"]) == ("SENT", "public", reference, TICKET)
    assert (row["actor"], row["client_id"], row["method"]) == (agent.id, 42, "reset_email")


async def test_the_result_states_what_was_sent_and_loses_the_button(agent: Person) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    await modal.close()
    await modal.shows("Para copiar y enviar al cliente")
    await modal.shows("La respuesta está en el ticket 516757")
    assert REPLY not in modal.buttons


async def test_the_agent_edits_the_text_and_the_reference_comes_back(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    await modal.fill("Texto", 'Estimada Ana: {} { "a": 1 } %s {0}\n\n')
    await modal.submit()
    await modal.shows("La respuesta está en el ticket")
    reference = running.audit_rows()[-1]["reference"]
    assert written(whmcs) == [f'Estimada Ana: {{}} {{ "a": 1 }} %s {{0}}\n\nReferencia: {reference}']


async def test_only_staff_see_a_note(agent: Person, whmcs: LocalWhmcs, running: World) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.choose("Quién la ve", "Nota interna")
    await modal.submit()
    await modal.shows("La nota está en el ticket 516757")
    assert written(whmcs) == []
    assert whmcs.ticket_mails == []
    assert "Referencia: " in whmcs.notes_of(TICKET)[-1].message
    assert running.audit("reply") == [("SENT", "note")]


async def test_the_new_password_is_in_the_reply_if_the_agent_ticks_it(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    message = await agent.direct_message(containing="Contraseña nueva")
    assert "{password}" not in (modal.chosen("Texto") or "")
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:\n\n{password}")
    assert "sin cifrar" in modal.text
    await modal.submit()

    await modal.shows("La respuesta con la contraseña nueva está en el ticket")
    [reply] = written(whmcs)
    assert f"La nueva es:\n\n{message.password}\n" in reply
    assert whmcs.opens("ana@example.com", message.password)
    assert running.audit("reply") == [("SENT", "with_password")]
    await message.shows("La respuesta con la contraseña nueva está en el ticket")
    assert message.buttons == ("Borrar ahora",)
    assert slack.people_who_saw(message.password) == {agent}


async def test_an_edited_text_keeps_its_edits_when_the_password_is_ticked(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.fill("Texto", "Hola, Ana.")
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("Hola, Ana.\n\n{password}\n\nReferencia: ")
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("Hola, Ana.\n\nReferencia: ")
    await modal.submit()
    await modal.shows("La respuesta está en el ticket")
    assert written(whmcs)[0].startswith("Hola, Ana.\n\nReferencia: ")


async def test_an_english_agent_reads_english_and_the_client_their_own_language(
    slack: LocalSlack, running: World
) -> None:
    assert running.app is not None
    english = slack.add_person("Edith Example", locale="en-GB", groups=[GROUP])
    modal = await reset_in_english(english, TICKET)
    await modal.press("Reply on the ticket")
    await modal.shows("Who sees it")
    await modal.choose("New password", "Include the new password")
    await modal.shows("La nueva es:\n\n{password}")
    await modal.submit()
    await modal.shows("The reply with the new password is on ticket 516757")


# Replies that cannot be sent: nothing is written, and the text is kept.


async def test_an_unknown_or_unfilled_marker_is_an_error_at_the_text(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    for text, error in (
        ("Su clave: {clave}", "{clave} no corresponde a ningún dato"),
        ("Su clave: {password}", "la contraseña no está incluida"),
    ):
        await modal.fill("Texto", text)
        await modal.submit()
        assert error in modal.errors["Texto"]
        assert "No se envió nada." in modal.errors["Texto"]
    await modal.fill("Texto", "Hola, Ana.")
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("Hola, Ana.\n\n{password}")
    await modal.fill("Texto", "Su clave es secreta.")
    await modal.submit()
    assert "Ponga {password} donde deba ir" in modal.errors["Texto"]
    assert written(whmcs) == []
    assert running.audit("reply") == []


async def test_a_note_cannot_contain_the_password(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:")
    await modal.choose("Quién la ve", "Nota interna")
    await modal.submit()
    assert "no necesita la contraseña" in modal.errors["Contraseña nueva"]
    assert "{password}" in (modal.chosen("Texto") or "")
    assert whmcs.notes_of(TICKET)[-1].message == "Cliente desde 2021 & al día."


@pytest.mark.parametrize(
    "put_in",
    ["", " ", "\n", "\u200b", "\u00a0", " \r\n "],
    ids=ascii,
)
async def test_a_pasted_password_is_not_sent_even_split_into_parts(
    agent: Person, whmcs: LocalWhmcs, running: World, put_in: str
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    password = (await agent.direct_message(containing="Contraseña nueva")).password
    await modal.fill("Texto", f"Su clave es {password[:7]}{put_in}{password[7:]}.")
    await modal.submit()
    assert "El texto contiene la propia contraseña nueva" in modal.errors["Texto"]
    assert written(whmcs) == []
    assert running.audit("reply") == [("FAILED", "password_in_text")]


async def lose_to_an_error(world: World) -> None:
    world.slack.faults.add(Fault("conversations.history", "status_500"))


async def lose_to_a_missing_scope(world: World) -> None:
    world.slack.faults.add(Fault("conversations.history", "error", error="missing_scope"))


async def lose_without_a_word(world: World) -> None:
    """Delete the message without the bot, so that Slack responds without it."""
    (await world.agent.direct_message(containing="Contraseña nueva")).stored.is_deleted = True


async def lose_to_another_form(world: World) -> None:
    """Empty the message, so that Slack returns another content than the bot wrote."""
    (await world.agent.direct_message(containing="Contraseña nueva")).stored.blocks.clear()


async def lose_by_deleting(world: World) -> None:
    await (await world.agent.direct_message(containing="Contraseña nueva")).press("Borrar ahora")
    await world.until(lambda: world.audit("message") == [("DELETED", "")])


Lose = Callable[[World], Awaitable[None]]
LOSING = [lose_to_an_error, lose_to_a_missing_scope, lose_without_a_word, lose_to_another_form, lose_by_deleting]


@pytest.mark.parametrize("lose", LOSING)
@pytest.mark.parametrize(("kind", "may"), [("Respuesta pública", "never"), ("Nota interna", "allow")])
async def test_a_pasted_password_is_not_sent_if_the_message_cannot_be_read(
    http_world: World, lose: Lose, kind: str, may: str
) -> None:
    async with http_world.bot(**ADMIN, TICKET_REPLY_PASSWORD=may):
        modal = await open_reply(await reset_with_ticket(http_world.agent, SET))
        password = (await http_world.agent.direct_message(containing="Contraseña nueva")).password
        await lose(http_world)
        await modal.choose("Quién la ve", kind)
        for text in (f"Su clave es «{password}».", f"Clave:\n{password[:10]} {password[10:]}\nGracias"):
            await modal.fill("Texto", text)
            await modal.submit()
            assert "Slack no devolvió el mensaje directo" in modal.errors["Texto"]
            assert "No se envió nada." in modal.errors["Texto"]

        assert http_world.audit("reply") == [("FAILED", "message_unread")] * 2
        assert written(http_world.whmcs) == []
        assert [note.message for note in http_world.whmcs.notes_of(TICKET)] == ["Cliente desde 2021 & al día."]


@pytest.mark.parametrize("lose", LOSING)
async def test_a_text_without_a_password_is_sent_even_if_the_message_cannot_be_read(running: World, lose: Lose) -> None:
    modal = await open_reply(await reset_with_ticket(running.agent, SET))
    await lose(running)
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    assert running.audit("reply") == [("SENT", "public")]


async def test_a_reply_about_an_email_is_not_searched_for_a_password(agent: Person) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    await modal.fill("Texto", "Su licencia: aB3#dE5$gH7+kM9=")
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")


async def test_a_deleted_message_is_reported_and_the_reply_has_no_password(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:")
    message = await agent.direct_message(containing="Contraseña nueva")
    await message.press("Borrar ahora")
    await message.gone()
    await running.until(lambda: running.audit("message") == [("DELETED", "")])
    await modal.submit()
    assert "Envíe la respuesta sin ella, o cámbiela otra vez. No se envió nada." in modal.errors["Contraseña nueva"]
    assert written(whmcs) == []

    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("Le daremos la nueva por separado")
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    assert running.audit("reply") == [("FAILED", "message_gone"), ("SENT", "public")]


async def test_the_password_is_not_offered_once_the_message_is_deleted(agent: Person, running: World) -> None:
    modal = await reset_with_ticket(agent, SET)
    message = await agent.direct_message(containing="Contraseña nueva")
    await message.press("Borrar ahora")
    await running.until(lambda: running.audit("message") == [("DELETED", "")])
    await open_reply(modal)
    assert "Contraseña nueva" not in modal.labels


async def test_a_message_that_slack_does_not_return_is_reported(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:")
    slack.faults.add(Fault("conversations.history", "error", error="missing_scope"))
    await modal.submit()
    assert "Slack no devolvió el mensaje directo" in modal.errors["Contraseña nueva"]
    assert written(whmcs) == []


@pytest.mark.parametrize(
    ("happens", "says", "reason"),
    [
        (lambda whmcs: whmcs.close_ticket(TICKET), "está cerrado", "ticket_closed"),
        (lambda whmcs: whmcs.merge_tickets(TICKET, "ABC-123456"), "con el ticket ABC-123456", "ticket_merged"),
        (lambda whmcs: setattr(whmcs.ticket(TICKET), "client_id", 43), "ahora a otro cliente", "ticket_moved"),
        (lambda whmcs: whmcs.desk.remove_ticket(TICKET), "ya no está en WHMCS", "ticket_not_found"),
    ],
)
async def test_a_changed_ticket_gets_no_reply(
    agent: Person,
    whmcs: LocalWhmcs,
    running: World,
    happens: Callable[[LocalWhmcs], None],
    says: str,
    reason: str,
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    happens(whmcs)
    await modal.submit()
    assert says in modal.errors["Texto"]
    assert "No se envió nada." in modal.errors["Texto"]
    assert "AddTicketReply" not in [call.action for call in whmcs.calls]
    assert running.audit("reply") == [("FAILED", reason)]
    await modal.close()
    await modal.press(REPLY)
    await modal.shows(says)


@pytest.mark.parametrize(
    ("fault", "says", "reason"),
    [
        (WhmcsFault("GetTicket", "html"), "por ejemplo de mantenimiento", "web_page"),
        (WhmcsFault("AddTicketReply", "not_permitted"), "AddTicketReply", "not_permitted"),
        (WhmcsFault("AddTicketReply", "status_429"), "WHMCS", "busy"),
    ],
)
async def test_a_reply_that_whmcs_refuses_is_not_written_and_keeps_its_text(
    agent: Person, whmcs: LocalWhmcs, running: World, fault: WhmcsFault, says: str, reason: str
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    await modal.fill("Texto", "Hola, Ana.")
    whmcs.faults.add(fault)
    await modal.submit()
    assert says in modal.errors["Texto"]
    assert "No se envió nada." in modal.errors["Texto"]
    whmcs.faults.clear()
    await modal.submit()
    await modal.shows("La respuesta está en el ticket")
    assert written(whmcs)[0].startswith("Hola, Ana.")
    assert running.audit("reply") == [("FAILED", reason), ("SENT", "public")]


async def test_an_unknown_admin_name_is_reported_with_who_acts(http_world: World) -> None:
    async with http_world.bot(WHMCS_REPLY_ADMIN="nobody"):
        modal = await open_reply(await reset_with_ticket(http_world.agent, EMAIL))
        await modal.submit()
        assert "«Admin Username Not Found»" in modal.errors["Texto"]
        assert "WHMCS_REPLY_ADMIN" in modal.errors["Texto"]
    assert written(http_world.whmcs) == []


# Lost responses and repeated submissions.


async def test_a_lost_response_is_settled_by_reading_the_ticket(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    whmcs.faults.add(WhmcsFault("AddTicketReply", "drop_after"))
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    assert len(written(whmcs)) == 1
    assert running.audit("reply") == [("SENT", "public")]


async def test_a_reply_that_may_still_arrive_is_not_sent_again(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await send_into_the_void(agent, whmcs, EMAIL)
    assert "Revise el ticket en WHMCS" in modal.text
    await modal.close()
    await open_reply(modal)
    await modal.submit()
    await modal.shows("No se sabe si la respuesta está en el ticket 516757")
    assert written(whmcs) == []

    running.execute("UPDATE replies SET settles_at = '2026-01-01 00:00:00.000000'")
    await modal.close()
    await open_reply(modal)
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    assert len(written(whmcs)) == 1
    assert running.audit("reply") == [("FAILED", "not_known"), ("FAILED", "not_known"), ("SENT", "public")]


async def test_a_late_reply_is_found_recorded_and_reported(agent: Person, whmcs: LocalWhmcs, running: World) -> None:
    modal = await send_into_the_void(agent, whmcs, SET)
    message = await agent.direct_message(containing="Contraseña nueva")
    text = f"Hola.\n\nReferencia: {running.audit_rows()[-1]['reference']}"
    ticket = whmcs.ticket(TICKET)
    ticket.messages.append(TicketMessage(whmcs.desk.next_reply_id(), text, ticket.opened_at, "Soporte Ejemplo"))
    let_be_settled(running)

    await agent.direct_message(containing="La respuesta está en el ticket 516757")
    await message.shows("La respuesta está en el ticket 516757")
    rows = [row for row in running.audit_rows() if row["action"] == "reply"]
    assert [(row["outcome"], row["reason"], row["actor"]) for row in rows] == [
        ("FAILED", "not_known", agent.id),
        ("SENT", "public", "bot"),
    ]
    await modal.close()
    await modal.press(REPLY)
    await modal.shows("ya hay una respuesta o nota")
    assert [call.action for call in whmcs.calls].count("AddTicketReply") == 1


async def test_a_reply_that_never_arrived_is_reported_and_can_be_sent_again(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await send_into_the_void(agent, whmcs, EMAIL)
    let_be_settled(running)
    await agent.direct_message(containing="La respuesta no llegó al ticket")
    await modal.close()
    await open_reply(modal)
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    assert running.audit("reply") == [("FAILED", "not_known"), ("FAILED", "not_arrived"), ("SENT", "public")]
    await running.until(lambda: running.rows("SELECT * FROM jobs WHERE kind = 'settle_reply'") == [])


async def send_into_the_void(agent: Person, whmcs: LocalWhmcs, method: str) -> Modal:
    """Send a reply whose response is lost."""
    modal = await open_reply(await reset_with_ticket(agent, method))
    whmcs.faults.add(WhmcsFault("AddTicketReply", "drop_before", times=1))
    await modal.submit()
    await modal.shows("No se sabe si la respuesta está en el ticket 516757", timeout_seconds=10)
    return modal


def let_be_settled(world: World) -> None:
    """End the time in which the reply could still arrive."""
    world.execute(
        "UPDATE replies SET settles_at = '2026-01-01 00:00:00.000000'",
        "UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000' WHERE kind = 'settle_reply'",
    )


async def test_the_reply_of_a_dead_process_is_found_and_not_sent_again(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    form = modal.view
    await modal.submit()
    await modal.shows("La respuesta está en el ticket 516757")
    running.execute(
        "UPDATE replies SET phase = 'sending', sent_at = NULL, lease_until = '2026-01-01 00:00:00.000000'",
        "DELETE FROM audit WHERE action = 'reply'",
    )
    whmcs.reply_as_client(TICKET, "Gracias.")
    again = await slack.deliver("view_submission", slack.submission_payload(agent, form))
    assert "ya hay una respuesta o nota sobre este restablecimiento" in str(again.json())
    assert len(written(whmcs)) == 1
    assert running.audit("reply") == [("SENT", "public")]


async def test_a_reply_submitted_several_times_is_sent_once(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    payload = slack.submission_payload(agent, modal)
    answers = await asyncio.gather(*(slack.deliver("view_submission", payload) for _ in range(5)))
    assert all(answer.status == 200 for answer in answers)
    await running.until(lambda: running.audit("reply") == [("SENT", "public")])
    await modal.submit()
    await modal.shows("ya hay una respuesta o nota sobre este restablecimiento")
    assert len(written(whmcs)) == 1


async def test_a_slow_whmcs_shows_progress_and_then_the_result(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    whmcs.faults.add(WhmcsFault("AddTicketReply", "slow_before", seconds=1.8))
    await modal.submit()
    await modal.shows("Un momento: WHMCS está agregando")
    await modal.shows("La respuesta está en el ticket 516757")
    assert max(request.seconds for request in slack.requests_to_bot) < slack.acknowledgement_seconds


async def test_a_slow_refusal_restores_the_form_with_its_text(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    await modal.fill("Texto", "Hola, Ana.")
    whmcs.faults.add(WhmcsFault("GetTicket", "slow_before", seconds=1.8))
    whmcs.close_ticket(TICKET)
    await modal.submit()
    await modal.shows("Un momento")
    await modal.shows("está cerrado")
    assert modal.chosen("Texto") == "Hola, Ana."


async def test_a_result_that_slack_cannot_show_is_posted_where_the_agent_began(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    whmcs.faults.add(WhmcsFault("AddTicketReply", "held_before"))
    submitting = asyncio.ensure_future(modal.submit())
    await modal.shows("Un momento: WHMCS está agregando")
    slack.faults.add(Fault("views.update", "status_500", about=str(modal.view["id"])))
    whmcs.faults.clear()
    await submitting
    await agent.ephemeral_message(containing="La respuesta está en el ticket 516757", timeout_seconds=10)
    await running.until(lambda: running.rows("SELECT * FROM jobs WHERE kind = 'settle_reply'") == [])


async def test_the_result_of_a_closed_modal_is_posted_where_the_agent_began(agent: Person, whmcs: LocalWhmcs) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    whmcs.faults.add(WhmcsFault("AddTicketReply", "slow_before", seconds=1.8))
    await modal.submit()
    await modal.close()
    await agent.ephemeral_message(containing="La respuesta está en el ticket 516757")


# Permission, and where a reply is offered.


async def test_the_reply_can_be_opened_from_the_message_with_the_password(agent: Person, whmcs: LocalWhmcs) -> None:
    result = await reset_with_ticket(agent, SET)
    await result.close()
    message = await agent.direct_message(containing="Contraseña nueva")
    await message.press(REPLY)
    modal = await agent.modal()
    await modal.shows("Quién la ve")
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:")
    await modal.submit()
    await modal.shows("La respuesta con la contraseña nueva está en el ticket")
    assert message.password in written(whmcs)[0]


async def test_another_agent_cannot_reply_to_the_reset(
    agent: Person, slack: LocalSlack, whmcs: LocalWhmcs, running: World
) -> None:
    other = slack.add_person("Curro Colega", groups=[GROUP])
    modal = await open_reply(await reset_with_ticket(agent, SET))
    answer = await slack.deliver("view_submission", slack.submission_payload(other, modal))
    assert "Este formulario no se puede enviar" in str(answer.json())
    assert running.audit("form") == [("TAMPERED", "other_agent")]
    message = await agent.direct_message(containing="Contraseña nueva")
    reference = running.audit_rows()[-1]["reference"]
    action = {"action_id": "reply_on_ticket_from_message", "block_id": "any", "value": reference}
    await slack.deliver("block_actions", slack.action_payload(other, message=message, action=action))
    await running.until(lambda: running.audit("access") == [("DENIED", "not_the_owner")])
    assert other.modals == ()
    assert written(whmcs) == []


async def test_an_updated_result_still_reports_the_notice(http_world: World) -> None:
    async with http_world.bot(**ADMIN, PASSWORD_NOTICE_TEMPLATE=NOTICE_TEMPLATE):
        modal = await open_reply(await reset_with_ticket(http_world.agent, SET))
        await modal.submit()
        await modal.shows("La respuesta está en el ticket")
        await modal.close()
        await modal.shows("La respuesta está en el ticket")
        assert "WHMCS envió al correo del cliente un aviso" in modal.text


@pytest.mark.parametrize("settings", [{"WHMCS_REPLY_ADMIN": ""}, ADMIN])
async def test_no_reply_is_offered_without_an_admin_name_or_a_ticket(
    http_world: World, settings: dict[str, str]
) -> None:
    async with http_world.bot(**settings):
        modal = await reset_with_ticket(http_world.agent, SET, "ana@example.com" if settings is ADMIN else TICKET)
        message = await http_world.agent.direct_message(containing="Contraseña nueva")
        assert REPLY not in modal.buttons
        assert REPLY not in message.buttons


async def test_a_password_is_neither_offered_nor_accepted_if_the_setting_forbids_it(http_world: World) -> None:
    async with http_world.bot(**ADMIN, TICKET_REPLY_PASSWORD="never"):
        modal = await open_reply(await reset_with_ticket(http_world.agent, SET))
        assert "Contraseña nueva" not in modal.labels
        payload = http_world.slack.submission_payload(http_world.agent, modal)
        text = next(block for block in payload["view"]["state"]["values"] if block.startswith("text:"))
        payload["view"]["state"]["values"][text]["reply_text"]["value"] = "Su clave: {password}"
        payload["view"]["state"]["values"]["include"] = {
            "reply_include_password": {"selected_options": [{"value": "password"}]}
        }
        await http_world.slack.deliver("view_submission", payload)
    assert written(http_world.whmcs) == []
    assert http_world.audit("reply") == []


async def test_the_ticket_status_after_a_reply_is_a_setting(http_world: World) -> None:
    async with http_world.bot(**ADMIN, TICKET_REPLY_STATUS="Escalado"):
        modal = await open_reply(await reset_with_ticket(http_world.agent, EMAIL))
        await modal.submit()
        await modal.shows("La respuesta está en el ticket")
    assert http_world.whmcs.ticket(TICKET).status == "Escalado"


async def test_while_resets_are_paused_no_reply_is_sent(agent: Person, whmcs: LocalWhmcs, running: World) -> None:
    modal = await open_reply(await reset_with_ticket(agent, EMAIL))
    running.execute(
        "INSERT INTO pauses (reason, paused_at, paused_by) VALUES ('Mudanza', '2026-03-01 12:00:00.000000', 'berta')"
    )
    await modal.submit()
    assert "«Mudanza»" in modal.errors["Texto"]
    assert written(whmcs) == []


async def test_a_password_in_a_reply_is_only_there_and_in_the_message(
    agent: Person, whmcs: LocalWhmcs, slack: LocalSlack, running: World
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, SET))
    await modal.choose("Contraseña nueva", INCLUDE)
    await modal.shows("La nueva es:")
    await modal.submit()
    message = await agent.direct_message(containing="La respuesta con la contraseña nueva está en el ticket")
    password = message.password

    to_whmcs = [call.action for call in whmcs.calls if password in json.dumps(dict(call.parameters), default=str)]
    to_slack = [call.method for call in slack.calls if password in json.dumps(dict(call.arguments), default=str)]
    assert to_whmcs == ["set_password", "AddTicketReply"]
    from_slack = [call.method for call in slack.calls if password in json.dumps(call.answer, default=str)]
    assert to_slack == ["chat.update", "chat.update"]
    assert from_slack == ["chat.update", "conversations.history", "chat.update"]
    assert password not in message.text
    assert all(password not in f"{request.payload}{request.answer}" for request in slack.requests_to_bot)
    assert password.encode() not in running.read_all_of_the_database()


async def test_a_reply_begins_with_the_administrators_own_text(http_world: World, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "reset_email.es.txt").write_text("Buenas, {client_name} ({email}, {ticket}).\n", "utf-8")
    (folder / "with_password.es.txt").write_text("Buenas: {password}", "utf-8")
    async with http_world.bot(**ADMIN, TICKET_REPLY_TEMPLATES=str(folder)):
        modal = await open_reply(await reset_with_ticket(http_world.agent, EMAIL))
        assert (modal.chosen("Texto") or "").startswith("Buenas, Ana López (ana@example.com, 516757).\n\nReferencia: ")


ELSEWHERE = "client_id = 43, ticket = '705533'"
"""The ticket of an unrelated client."""


@pytest.mark.parametrize("method", [EMAIL, SET])
@pytest.mark.parametrize(
    "edit", [ELSEWHERE, "ticket = 'ABC-123456'", f"{ELSEWHERE}, method = 'reset_email', shown = ''"]
)
async def test_a_reply_never_goes_to_a_ticket_that_was_edited_in_the_database(
    agent: Person, whmcs: LocalWhmcs, running: World, method: str, edit: str
) -> None:
    modal = await open_reply(await reset_with_ticket(agent, method))
    running.execute(f"UPDATE resets SET {edit}")  # noqa: S608 - words of this test
    await modal.submit()
    await modal.shows("No se envió nada")
    assert whmcs.ticket_mails == []


async def test_the_message_with_a_password_opens_no_reply_on_an_edited_ticket(
    agent: Person, whmcs: LocalWhmcs, running: World
) -> None:
    await reset_with_ticket(agent, SET)
    message = await agent.direct_message(containing="Contraseña nueva")
    running.execute(f"UPDATE resets SET {ELSEWHERE}, method = 'reset_email', shown = ''")  # noqa: S608 - words of this test
    await message.press(REPLY)
    await agent.ephemeral_message(containing="No se envió nada")
    assert whmcs.ticket_mails == []
