"""*Reset e-mail*: WHMCS mails the user a link. It is asked once, whatever becomes of its answer."""

import whmcs
from bot.domain.resets import Outcome, Reset, Result
from bot.services.checks import StoppedError, check_user
from bot.services.failures import explain
from bot.store.resets import ResetStore


class ResetEmail:
    def __init__(self, *, client: whmcs.WhmcsClient, store: ResetStore) -> None:
        self._client = client
        self._store = store

    async def carry_out(self, reset: Reset) -> Result:
        """Raises: StoppedError; StoreError: nothing was asked of WHMCS."""
        checked = await check_user(self._client, reset)
        await self._store.announce_call(checked)
        try:
            await self._client.reset_password(checked.user_id)
        except whmcs.WhmcsError as error:
            raise StoppedError(checked, explain(error)) from error
        return Result(reset=checked, outcome=Outcome.SUCCEEDED)
