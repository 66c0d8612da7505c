"""The refusal of a call by the local Slack."""


class RefusedError(Exception):
    """A refused call: the error code, the faults as text, further fields of the response."""

    def __init__(self, code: str, *messages: str, **details: str) -> None:
        super().__init__(": ".join([code, *messages]))
        self.code = code
        self.messages = messages
        self.details = details
