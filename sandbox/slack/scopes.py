"""The scopes of the installed app."""

from sandbox.slack.refusal import RefusedError


class Scopes:
    """The granted scopes, which may change at any time."""

    def __init__(self, granted: set[str]) -> None:
        self._granted = granted

    def need(self, scope: str) -> None:
        """Require a scope. Raises: RefusedError missing_scope, with the needed and the granted scopes."""
        if scope and scope not in self._granted:
            raise RefusedError("missing_scope", needed=scope, provided=str(self))

    def __str__(self) -> str:
        return ",".join(sorted(self._granted))
