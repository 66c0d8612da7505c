"""The bot between Slack and WHMCS; see docs/architecture.md."""

from typing import Final

VERSION: Final = "0.1.0"
