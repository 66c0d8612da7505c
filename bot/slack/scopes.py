"""What the app has to be allowed in Slack, as the manifest asks for it."""

from typing import Final

BOT_SCOPES: Final = ("commands", "chat:write", "im:history", "users:read", "usergroups:read")
