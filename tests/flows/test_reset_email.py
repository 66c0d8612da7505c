import pytest

from sandbox.slack import Person
from sandbox.whmcs import LocalWhmcs
from tests.flows.world import World

pytestmark = pytest.mark.asyncio


async def test_a_reset_email_by_exact_address(agent: Person, whmcs: LocalWhmcs, running: World) -> None:
    modal = await agent.types("/reset-password ana@example.com")
    await modal.shows("Ana López")
    await modal.choose("Método", "Enviar correo electrónico para restablecer la contraseña")
    await modal.submit()

    await modal.shows("ana@example.com")
    assert [mail.email for mail in whmcs.reset_emails] == ["ana@example.com"]
    assert running.audit() == [("STARTED", ""), ("SUCCEEDED", "")]
