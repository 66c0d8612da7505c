"""What can go wrong between a WHMCS and its caller, each as a switch."""

import asyncio
import dataclasses
import itertools
from collections.abc import Mapping
from typing import Final, Literal

from sandbox.holding import Holding

FaultKind = Literal[
    # The work is done, at once or late, and answered.
    "slow_before",  # waits `seconds`, works, answers
    "slow_after",  # works, waits `seconds`, answers
    "drip",  # works, answers byte by byte, `seconds` apart
    "held_before",  # waits for Faults.release(), works, answers
    "held_after",  # works, waits for Faults.release(), answers
    # The work is done, but the caller can't know.
    "drop_after",  # the connection ends without an answer
    "truncated",  # half of the answer, then the connection ends
    "empty",  # 200 without a body
    "wrong_json",  # 200 with JSON of another shape
    "wrong_bytes",  # JSON that holds a byte which is no UTF-8
    "huge",  # 200 with six million bytes
    "php_warning",  # 200 with a PHP warning before the JSON
    "bom",  # 200 with a byte order mark before the JSON
    "error_500_after",  # 500 with WHMCS's own page of an EmitterException
    # The work isn't done.
    "drop_before",  # the connection ends without an answer
    "html",  # 200 with a maintenance page
    "html_403",  # a firewall's page
    "html_500",  # a web server's page
    "redirect",  # `status` (301, 302, 307 ...) to `location`
    "status_429",  # with Retry-After: `retry_after_seconds`
    "status_503",  # with Retry-After: `retry_after_seconds`
    # The API alone: another shape of a good answer, as some versions of WHMCS and PHP have it.
    "no_result",  # without `result`
    "list_flat",  # `clients: [..]` for `clients: {client: [..]}`
    "list_named",  # `users: {user: [..]}` for `users: [..]`
    "list_numbered",  # keys "0", "1" ..
    "list_single",  # the first row in place of the list
    "list_text",  # "" in place of the list
    "ids_as_text",  # "42" for 42
    "short_page",  # without the second half of the rows; the total stays
    "wrong_total",  # `totalresults` is `total`
    # The API alone: refusals.
    "refused",  # `message`, with `status` (200 if none is given)
    "refused_nvp",  # the same as name=value;
    "refused_xml",  # the same as XML
    "not_worded",  # works, then says that data with broken characters can't be put into JSON
    "invalid_ip",  # `address`
    "credentials",
    "not_permitted",
    "unknown_action",
    # The companion alone.
    "companion_absent",  # 404 with a web server's page
    "companion_inactive",
    "companion_https",  # https_required
    "companion_address",  # address_not_allowed
    "companion_rate_limited",  # 429 with Retry-After: `retry_after_seconds`
    "internal",  # 500; nothing was changed
    "internal_between",  # 500; the password is set, the request_id still pending
    "internal_after",  # 500; all done
]

_API_ALONE: Final[frozenset[FaultKind]] = frozenset(
    {
        *("no_result", "list_flat", "list_named", "list_numbered", "list_single", "list_text"),
        *("ids_as_text", "short_page", "wrong_total"),
        *("refused", "refused_nvp", "refused_xml", "not_worded"),
        *("invalid_ip", "credentials", "not_permitted", "unknown_action"),
    }
)
_COMPANION_ALONE: Final[frozenset[FaultKind]] = frozenset(
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
    """`action` is one of the API or of the companion, in any case, or `*` for all; `times` None lasts until cleared.

    `about` is the value of a parameter of the requests that are struck: a client's or user's id, a `request_id`.
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
        if self.kind in (_API_ALONE if is_companion else _COMPANION_ALONE):
            return False
        if self.about and self.about not in map(str, parameters.values()):
            return False
        return self.action in ("*", action) or self.action.casefold() == action.casefold()


class Faults:
    """The switches that are on. Of several that concern a request, the one that was added first strikes."""

    def __init__(self) -> None:
        self.companion_clock_offset_seconds: float = 0.0
        """How far the companion's clock is ahead."""
        self._left: list[tuple[Fault, itertools.count[int]]] = []
        self._holding = Holding()

    def add(self, fault: Fault) -> Fault:
        self._left.append((fault, itertools.count(1)))
        return fault

    def clear(self) -> None:
        """All works again; held requests go on."""
        self._left.clear()
        self.companion_clock_offset_seconds = 0.0
        self.release()

    def release(self, fault: Fault | None = None) -> None:
        """Let the requests that are held now go on, or those alone that this fault holds; later ones are held anew."""
        self._holding.let_go(fault, goes_on=True)

    def drop(self, fault: Fault | None = None) -> None:
        """End the connections of the requests that are held now, or of those alone that this fault holds.

        `held_before`: its work is never done; `held_after`: it was.
        """
        self._holding.let_go(fault, goes_on=False)

    async def wait_until_held(
        self, count: int = 1, fault: Fault | None = None, *, timeout_seconds: float = 5.0
    ) -> None:
        """Return once `count` requests are held at the same time, by this fault if one is named. Raises: TimeoutError."""
        await self._holding.wait_until(count, fault, timeout_seconds=timeout_seconds)

    def take(self, action: str, parameters: Mapping[str, object], *, is_companion: bool) -> Fault | None:
        """Find the fault that strikes this request, and use up one of its times."""
        for entry in self._left:
            fault, used = entry
            if fault.concerns(action, parameters, is_companion=is_companion):
                if next(used) == fault.times:
                    self._left.remove(entry)
                return fault
        return None

    async def delay_work(self, fault: Fault) -> bool:
        """False: the connection is to end, without the work."""
        return await self._delay(fault, "slow_before", "held_before")

    async def delay_answer(self, fault: Fault) -> bool:
        """False: the connection is to end, without the answer."""
        return await self._delay(fault, "slow_after", "held_after")

    async def _delay(self, fault: Fault, slow: FaultKind, held: FaultKind) -> bool:
        if fault.kind == slow:
            await asyncio.sleep(fault.seconds)
        return fault.kind != held or await self._holding.hold(fault)
