"""The bot: Slack on one side, WHMCS on the other. docs/architecture.md shows the way through it."""

from typing import Final

VERSION: Final = "0.1.0"
