"""What the installed app may do."""

from sandbox.slack.workspace import RefusedError


class Scopes:
    """The granted scopes: a set that may be changed at any time."""

    def __init__(self, granted: set[str]) -> None:
        self._granted = granted

    def need(self, scope: str) -> None:
        """Raises: RefusedError missing_scope, which names it and what there is."""
        if scope and scope not in self._granted:
            raise RefusedError("missing_scope", needed=scope, provided=str(self))

    def __str__(self) -> str:
        return ",".join(sorted(self._granted))
