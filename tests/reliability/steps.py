"""What is done with a case on its way to a fault, and after it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tests.reliability.case import Case

Do: TypeAlias = Callable[[Case], Awaitable[None]]


async def nothing(_: Case) -> None:
    pass


async def submit(case: Case) -> None:
    case.submit()


async def finish(case: Case) -> None:
    case.submit()
    await case.form.shows("Done", timeout_seconds=20)


async def let_message_be_due(case: Case) -> None:
    case.let_message_be_due()


async def let_whmcs_go_on(case: Case) -> None:
    case.let_whmcs_go_on()
