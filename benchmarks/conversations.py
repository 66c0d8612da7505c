"""What an agent does with the form, by the labels that they read. Everything else is a failure that quotes what was seen."""

import time
from typing import Final

from benchmarks.sides import COMMAND, Side
from benchmarks.whmcs import email_of
from sandbox.slack import Modal

PATIENCE_SECONDS: Final = 15.0
CARD: Final = "Client id"
MATCHES: Final = "Matches"
METHOD: Final = "Method"
RESET_EMAIL: Final = "Send a password-reset e-mail"
SET: Final = "Set a password"
VERIFIED: Final = "How was the person verified?"
CALLED_BACK: Final = "Called back on the number on file"
CONFIRM: Final = "Confirm"
DONE: Final = "Done"
CONFIRMATION: Final = "WHMCS sent a password-reset e-mail"


async def send_reset_email(side: Side, number: int) -> float:
    """Let the agent with this number send the user with this number a reset e-mail; return the seconds spent waiting.

    The wait is that for the client's card and that for the result. Raises: AssertionError.
    """
    began_at = time.perf_counter()
    modal = await open_card(side, number)
    form_seconds = time.perf_counter() - began_at
    await modal.choose(METHOD, RESET_EMAIL)
    began_at = time.perf_counter()
    await modal.submit()
    await modal.shows(DONE, PATIENCE_SECONDS)
    result_seconds = time.perf_counter() - began_at
    # Not part of the wait. But until it has come, it could be taken for the answer to the next command.
    await side.agents[number].ephemeral_message(CONFIRMATION, PATIENCE_SECONDS)
    return form_seconds + result_seconds


async def keep_sending(side: Side, number: int, resets: int) -> list[float]:
    """Let the agent with this number send so many, one after the other, since a user can have only one reset at a time."""
    return [await send_reset_email(side, number) for _ in range(resets)]


async def set_password(side: Side, number: int) -> float:
    """The same as `send_reset_email` for a new password, with the wait for the last step."""
    began_at = time.perf_counter()
    modal = await open_card(side, number)
    seconds = time.perf_counter() - began_at
    await modal.choose(METHOD, SET)
    await modal.choose(VERIFIED, CALLED_BACK)
    began_at = time.perf_counter()
    await modal.submit()
    await modal.shows(CONFIRM, PATIENCE_SECONDS)
    await modal.submit()
    await modal.shows(DONE, PATIENCE_SECONDS)
    seconds += time.perf_counter() - began_at
    await side.agents[number].ephemeral_message(DONE, PATIENCE_SECONDS)
    return seconds


async def open_card(side: Side, number: int, *, patience_seconds: float = PATIENCE_SECONDS) -> Modal:
    """Let the agent with this number open the form with the user with this number. Raises: AssertionError."""
    modal = await side.agents[number].types(f"{COMMAND} {email_of(number)}")
    await modal.shows(CARD, patience_seconds)
    return modal


async def search(side: Side, number: int, text: str, *, seen: str) -> Modal:
    """Let the agent with this number search for a text, and wait until the answer has `seen` in it."""
    modal = await side.agents[number].types(f"{COMMAND} {text}")
    await modal.shows(seen, PATIENCE_SECONDS)
    return modal


async def choose_client(modal: Modal, company: str) -> None:
    """Choose one of several matches, and wait for its card."""
    [match] = [option for option in modal.options(MATCHES) if company in option] or [company]
    await modal.choose(MATCHES, match)
    await modal.shows(CARD, PATIENCE_SECONDS)
