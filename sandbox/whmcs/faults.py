"""Faults between WHMCS and its callers."""

import asyncio
import dataclasses
import itertools
from collections.abc import Mapping
from typing import Final, Literal

from sandbox.held_requests import HeldRequests

FaultKind = Literal[
    # The work is done, and the response arrives, at once or late.
    "slow_before",  # delay of `seconds`, work, response
    "slow_after",  # work, delay of `seconds`, response
    "drip",  # work, response byte by byte, `seconds` apart
    "held_before",  # Faults.release(), work, response
    "held_after",  # work, Faults.release(), response
    # The work is done, but the caller cannot know.
    "drop_after",  # the connection ends without a response
    "truncated",  # half of the response, then the connection ends
    "empty",  # 200 without a body
    "wrong_json",  # 200 with JSON of another shape
    "wrong_bytes",  # JSON with a byte that is not UTF-8
    "huge",  # 200 with six million bytes
    "php_warning",  # 200 with a PHP warning before the JSON
    "bom",  # 200 with a byte order mark before the JSON
    "error_500_after",  # 500 with WHMCS's page for an EmitterException
    # The work is not done.
    "drop_before",  # the connection ends without a response
    "html",  # 200 with a maintenance page
    "html_403",  # a firewall's page
    "html_500",  # a web server's page
    "redirect",  # `status` (301, 302, 307 ...) to `location`
    "status_429",  # with Retry-After: `retry_after_seconds`
    "status_503",  # with Retry-After: `retry_after_seconds`
    # API only: another shape of a good response, as in some versions of WHMCS and PHP.
    "no_result",  # without `result`
    "list_flat",  # `clients: [..]` for `clients: {client: [..]}`
    "list_named",  # `users: {user: [..]}` for `users: [..]`
    "list_numbered",  # keys "0", "1" ..
    "list_single",  # the first row in place of the list
    "list_text",  # "" in place of the list
    "ids_as_text",  # "42" for 42
    "short_page",  # without the second half of the rows; the total stays
    "wrong_total",  # `totalresults` is `total`
    # API only: refusals.
    "refused",  # `message`, with `status` (200 if none is given)
    "refused_nvp",  # the same as name=value;
    "refused_xml",  # the same as XML
    "not_worded",  # work, then an error about characters that JSON cannot contain
    "invalid_ip",  # `address`
    "credentials",
    "not_permitted",
    "unknown_action",
    # Companion only.
    "companion_absent",  # 404 with a web server's page
    "companion_inactive",
    "companion_https",  # https_required
    "companion_address",  # address_not_allowed
    "companion_rate_limited",  # 429 with Retry-After: `retry_after_seconds`
    "internal",  # 500; no change
    "internal_between",  # 500; the password is set, the request_id is pending
    "internal_after",  # 500; the work is done
]

_API_ONLY: Final[frozenset[FaultKind]] = frozenset(
    {
        *("no_result", "list_flat", "list_named", "list_numbered", "list_single", "list_text"),
        *("ids_as_text", "short_page", "wrong_total"),
        *("refused", "refused_nvp", "refused_xml", "not_worded"),
        *("invalid_ip", "credentials", "not_permitted", "unknown_action"),
    }
)
_COMPANION_ONLY: Final[frozenset[FaultKind]] = frozenset(
    {
        "companion_absent",
        "companion_inactive",
        "companion_https",
        "companion_address",
        "companion_rate_limited",
        "internal",
        "internal_between",
        "internal_after",
    }
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """`action` is one of the API or of the companion, in any case, or `*` for all. `times` None: until cleared.

    `about` is the value of a parameter of the affected requests: the id of a client or user, or a `request_id`.
    """

    action: str
    kind: FaultKind
    seconds: float = 0.0
    times: int | None = None
    status: int | None = None
    location: str = "https://elsewhere.example.com/includes/api.php"
    retry_after_seconds: int = 1
    message: str = "Something WHMCS says"
    address: str = "203.0.113.7"
    total: int = 0
    about: str = ""

    def concerns(self, action: str, parameters: Mapping[str, object], *, is_companion: bool) -> bool:
        if self.kind in (_API_ONLY if is_companion else _COMPANION_ONLY):
            return False
        if self.about and self.about not in map(str, parameters.values()):
            return False
        return self.action in ("*", action) or self.action.casefold() == action.casefold()


class Faults(HeldRequests):
    """The active faults. If several affect a request, the one that was added first applies."""

    def __init__(self) -> None:
        super().__init__()
        self.companion_clock_offset_seconds: float = 0.0
        """The offset of the companion's clock."""
        self._left: list[tuple[Fault, itertools.count[int]]] = []

    def add(self, fault: Fault) -> Fault:
        self._left.append((fault, itertools.count(1)))
        return fault

    def clear(self) -> None:
        """End all faults and release held requests."""
        self._left.clear()
        self.companion_clock_offset_seconds = 0.0
        self.release()

    def take(self, action: str, parameters: Mapping[str, object], *, is_companion: bool) -> Fault | None:
        """Return the fault that affects this request, and count it."""
        for entry in self._left:
            fault, used = entry
            if fault.concerns(action, parameters, is_companion=is_companion):
                if next(used) == fault.times:
                    self._left.remove(entry)
                return fault
        return None

    async def delay_work(self, fault: Fault) -> bool:
        """Delay the work. Returns False if the connection must end before it."""
        return await self._delay(fault, "slow_before", "held_before")

    async def delay_answer(self, fault: Fault) -> bool:
        """Delay the response. Returns False if the connection must end without it."""
        return await self._delay(fault, "slow_after", "held_after")

    async def _delay(self, fault: Fault, slow: FaultKind, held: FaultKind) -> bool:
        if fault.kind == slow:
            await asyncio.sleep(fault.seconds)
        return fault.kind != held or await self.hold(fault)
