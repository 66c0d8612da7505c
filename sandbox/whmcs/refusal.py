class Refusal(Exception):  # noqa: N818 - it is an answer of the protocol, not a fault of the program
    """What the API answers instead of a result."""

    def __init__(self, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
