"""The shortcut on a message."""

from bot.domain.permissions import Agent
from bot.listeners.payloads import MessageShortcut
from bot.listeners.reset_password import ResetPasswordListeners


class ShortcutListeners:
    """`bot_id`: by whom the bot's own messages are written."""

    def __init__(self, *, reset: ResetPasswordListeners, bot_id: str) -> None:
        self._reset = reset
        self._bot_id = bot_id

    async def open_for_message(self, shortcut: MessageShortcut, agent: Agent) -> None:
        """The form, with whom the message is about; what the bot itself wrote names only whom to ask for help."""
        is_own = bool(shortcut.bot_id) and shortcut.bot_id == self._bot_id
        await self._reset.open(shortcut.model_copy(update={"texts": ()}) if is_own else shortcut, agent)
