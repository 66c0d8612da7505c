"""Error responses of the API and of the companion."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse, Response

STATUS: Final[Mapping[str, int]] = {
    "bad_signature": 401,
    "clock_skew": 401,
    "replayed": 401,
    "inactive": 403,
    "address_not_allowed": 403,
    "https_required": 403,
    "user_not_found": 404,
    "client_not_found": 404,
    "not_a_user_of_client": 404,
    "invalid_request": 400,
    "unknown_action": 400,
    "password_refused": 422,
    "request_id_conflict": 409,
    "rate_limited": 429,
    "internal": 500,
}


class Refusal(Exception):  # noqa: N818 - it is an answer of the protocol, not a fault of the program
    """An error response of the API."""

    def __init__(self, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class CompanionRefusal(Exception):  # noqa: N818 - it is an answer of the protocol, not a fault of the program
    """A response with `ok` false; `details` are further fields beside code and message."""

    def __init__(self, error: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.details = details


def refuse(refusal: CompanionRefusal, headers: Mapping[str, str] | None = None) -> Response:
    answer = {"ok": False, "error": refusal.error, "message": refusal.message, **refusal.details}
    return JSONResponse(answer, STATUS[refusal.error], headers)
