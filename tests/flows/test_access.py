"""Nobody has access by default, and every listener checks access."""

import pytest

from bot.domain.audit import Step
from bot.listeners import Kind
from sandbox.slack import Fault, LocalSlack, Message, Person
from sandbox.whmcs import LocalWhmcs
from tests.harness.world import EMAIL, GROUP, SET, World, fill_form, open_card

pytestmark = pytest.mark.asyncio

IN_MESSAGES = {"delete_now", "reply_on_ticket_from_message", "approve_reset", "reject_reset"}
"""The buttons in messages; all others are in modals."""

REFUSAL = "Usted no tiene permiso para restablecer contraseñas"


@pytest.mark.both_modes
async def test_a_person_who_is_no_agent_gets_an_ephemeral_refusal_and_no_modal(
    running: World, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    before = len(whmcs.calls)
    stranger = slack.add_person("Nadie Ninguno")
    await stranger.sends("/reset-password ana@example.com")

    answer = await stranger.ephemeral_message()
    assert REFUSAL in answer.visible_text
    assert "Equipo de sistemas" in answer.visible_text
    assert stranger.modals == ()
    assert len(whmcs.calls) == before
    assert running.audit("access") == [("DENIED", "not_an_agent")]
    assert running.audit_rows()[-1]["step"] == "command"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ({"is_guest": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"is_deleted": True}, "deactivated"),
        ({"is_stranger": True}, "outsider"),
        ({"team_id": "T0ELSEWHERE"}, "outsider"),
    ],
)
async def test_guests_bots_deactivated_people_and_outsiders_are_refused_even_if_listed(
    world: World, kind: dict[str, object], reason: str
) -> None:
    person = world.slack.add_person("Listado Sin Derecho", groups=[GROUP], **kind)  # type: ignore[arg-type]  # the cases above are its parameters
    async with world.bot(AGENT_USERS=person.id):
        await person.sends("/reset-password ana@example.com")
        await person.ephemeral_message(containing=REFUSAL)
    assert world.audit("access") == [("DENIED", reason)]


async def test_with_no_lists_nobody_is_an_agent(world: World) -> None:
    async with world.bot(AGENT_USER_GROUPS=""):
        await world.agent.sends("/reset-password")
        await world.agent.ephemeral_message(containing=REFUSAL)
    assert world.audit("access") == [("DENIED", "not_an_agent")]


async def test_people_listed_by_id_are_agents_without_any_group(world: World) -> None:
    person = world.slack.add_person("Nombrada Unica")
    async with world.bot(AGENT_USERS=person.id, AGENT_USER_GROUPS=""):
        modal = await person.types("/reset-password #42")
        await modal.shows("Ana López")


async def test_a_person_whom_slack_does_not_confirm_is_refused(world: World) -> None:
    world.slack.faults.add(Fault("users.info", "status_500"))
    async with world.bot():
        await world.agent.sends("/reset-password")
        await world.agent.ephemeral_message(containing="Slack no confirmó a tiempo")
    assert world.audit("access") == [("DENIED", "unverified")]


@pytest.mark.both_modes
async def test_every_listener_refuses_a_stranger_with_a_forged_payload(
    running: World, agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    """Each payload is that of the agent's own form, except for the person."""
    # The form as it was filled in, since a refused choice replaces the view.
    view = (await fill_form(agent, "ana@example.com", EMAIL)).view
    message = await _message_with_password(agent)
    before = len(whmcs.calls)
    stranger = slack.add_person("Nadie Ninguno")
    assert running.app is not None
    for entry in running.app.table:
        action = {"action_id": entry.id, "block_id": "any", "value": "42", "selected_option": {"value": "42"}}
        match entry.kind:
            case Kind.COMMAND:
                await slack.deliver("command", slack.command_payload(stranger, f"{entry.id} ana"))
            case Kind.GLOBAL_SHORTCUT:
                await slack.deliver("shortcut", slack.shortcut_payload(stranger, entry.id))
            case Kind.MESSAGE_SHORTCUT:
                await slack.deliver("message_action", slack.shortcut_payload(stranger, entry.id, message))
            case Kind.EVENT:
                await slack.deliver("event_callback", slack.home_opened_payload(stranger))
            case Kind.OPTIONS:
                payload = slack.suggestion_payload(stranger, view, block_id="any", action_id=entry.id, value="ana")
                answer = await slack.deliver("block_suggestion", payload)
                assert "Usted no tiene permiso" in answer.body
            case Kind.VIEW:
                answer = await slack.deliver("view_submission", slack.submission_payload(stranger, view))
                assert REFUSAL in answer.json()["view"]["blocks"][0]["text"]["text"]
            case Kind.ACTION if entry.id in IN_MESSAGES:
                await slack.deliver("block_actions", slack.action_payload(stranger, message=message, action=action))
            case Kind.ACTION:
                await slack.deliver("block_actions", slack.action_payload(stranger, view=view, action=action))
    assert running.app is not None
    count = len(running.app.table)
    await running.until(lambda: len(running.audit("access")) == count)

    assert set(running.audit("access")) == {("DENIED", "not_an_agent")}
    steps = {row["step"] for row in running.audit_rows() if row["action"] == "access"}
    assert steps == {str(step) for step in Step}
    assert len(whmcs.calls) == before
    assert not message.is_deleted


async def _message_with_password(agent: Person) -> Message:
    modal = await fill_form(agent, "#51", SET)
    await modal.submit()
    return await agent.direct_message(containing="Contraseña nueva")


async def test_an_agent_who_leaves_the_group_while_the_form_is_open_can_set_no_password(
    running: World, agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    slack.remove_from_group(GROUP, agent)
    await modal.submit()

    assert REFUSAL in modal.text
    assert whmcs.writes == []
    assert running.audit() == []
    assert running.audit("access") == [("DENIED", "not_an_agent")]


async def test_agents_who_may_not_set_passwords_get_only_the_email_and_the_reason(world: World) -> None:
    async with world.bot(SET_PASSWORD_USERS="U0SOMEBODYELSE"):
        modal = await open_card(world.agent, "ana@example.com")
        assert len(modal.options("Método")) == 1
        assert "usted no tiene permiso para cambiar contraseñas" in modal.text


async def test_a_forged_set_password_without_permission_is_refused_and_recorded(world: World) -> None:
    async with world.bot(SET_PASSWORD_USERS="U0SOMEBODYELSE"):
        modal = await fill_form(world.agent, "ana@example.com", EMAIL)
        payload = world.slack.submission_payload(world.agent, modal)
        forge(payload, "method", "set_password")
        answer = await world.slack.deliver("view_submission", payload)
    assert answer.json()["response_action"] == "errors"
    assert world.whmcs.writes == []
    assert world.audit("access") == [("DENIED", "may_not_set_passwords")]
    assert world.audit() == []


async def test_a_button_in_somebody_elses_message_is_refused(running: World, agent: Person, slack: LocalSlack) -> None:
    colleague = slack.add_person("Curro Colega", groups=[GROUP])
    message = await _message_with_password(agent)
    action = {"action_id": "delete_now", "block_id": "any", "value": running.audit_rows()[-1]["reference"]}
    await slack.deliver("block_actions", slack.action_payload(colleague, message=message, action=action))
    await running.until(lambda: running.audit("access"))

    assert running.audit("access") == [("DENIED", "not_the_owner")]
    assert not message.is_deleted


async def test_a_form_of_another_agent_is_recorded_as_tampering(
    running: World, agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    colleague = slack.add_person("Curro Colega", groups=[GROUP])
    modal = await fill_form(agent, "ana@example.com", EMAIL)
    answer = await slack.deliver("view_submission", slack.submission_payload(colleague, modal))

    assert "No se cambió nada." in str(answer.json())
    assert running.audit("form") == [("TAMPERED", "other_agent")]
    assert whmcs.writes == []


async def test_a_user_of_another_client_is_refused_and_nothing_is_written(
    running: World, agent: Person, slack: LocalSlack, whmcs: LocalWhmcs
) -> None:
    stranger = next(user for user in whmcs.users.values() if user.email == "ada@example.com")
    for method in ("reset_email", "set_password"):
        modal = await fill_form(agent, "ana@example.com", EMAIL)
        payload = slack.submission_payload(agent, modal)
        forge(payload, "user", str(stranger.id))
        forge(payload, "method", method)
        answer = await slack.deliver("view_submission", payload)
        assert "ya no pertenece al cliente #42" in str(answer.json())
        assert running.audit()[-1] == ("REFUSED", "not_a_user_of_client")
        await modal.close()
    assert whmcs.writes == []


async def test_a_user_who_left_the_client_while_the_form_was_open_is_refused(
    running: World, agent: Person, whmcs: LocalWhmcs
) -> None:
    modal = await fill_form(agent, "ana@example.com", SET)
    user = next(user for user in whmcs.users.values() if user.email == "ana@example.com")
    whmcs.remove_user_from_client(user.id, 42)
    await modal.submit()

    await modal.shows("ya no pertenece al cliente #42")
    message = await agent.direct_message(containing="No se cambió nada.")
    assert "Contraseña nueva" not in message.visible_text
    assert whmcs.writes == []
    assert running.audit()[-1] == ("REFUSED", "not_a_user_of_client")


def forge(payload: dict[str, object], field: str, value: str) -> None:
    """Set a field of a submission to a value that it did not offer."""
    view = payload["view"]
    assert isinstance(view, dict)
    block = next(block for block in view["state"]["values"] if block.startswith(f"{field}:"))
    view["state"]["values"][block][field]["selected_option"] = {"value": value}
