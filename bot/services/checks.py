"""What is looked at again, in WHMCS, between STARTED and the write."""

from dataclasses import replace

import whmcs
from bot.domain.names import one_line
from bot.domain.resets import Outcome, Reason, Reset, Result
from bot.services.failures import Failure, explain


class StoppedError(Exception):
    """The reset ends here, with this result."""

    def __init__(self, reset: Reset, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.result = Result(reset=reset, outcome=failure.outcome, reason=failure.reason, detail=failure.detail)


async def check_user(client: whmcs.WhmcsClient, reset: Reset) -> Reset:
    """Read the client anew; the user must still be one of its users. Returns the reset with his address filled in.

    Raises: StoppedError: nothing was changed.
    """
    try:
        details = await client.get_clients_details(reset.client_id)
    except whmcs.WhmcsError as error:
        raise StoppedError(reset, explain(error)) from error
    user = next((user for user in details.users if user.id == reset.user_id), None)
    if user is None:
        raise StoppedError(reset, Failure(Outcome.REFUSED, Reason.NOT_A_USER_OF_CLIENT))
    return replace(reset, user_email=one_line(user.email), language=one_line(details.language))
