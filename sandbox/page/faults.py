"""The faults that the page offers, each a switch of the local servers."""

from collections.abc import Callable, Iterable
from typing import Final

from sandbox.changes import Changes
from sandbox.slack import Fault as SlackFault
from sandbox.slack import LocalSlack
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import FaultKind, LocalWhmcs

TRIGGER_SECONDS: Final = 3.0
SLOW_SECONDS: Final = 4.0

WHMCS_FAULTS: Final = (
    "whmcs_slow",
    "whmcs_down",
    "whmcs_html",
    "whmcs_credentials",
    "whmcs_no_companion",
    "whmcs_no_tickets",
    "whmcs_reply_refused",
    "whmcs_drop_after",
)
SLACK_FAULTS: Final = ("slack_ratelimited", "slack_lost_post", "slack_expired_trigger")

_TICKET_WRITES: Final = ("AddTicketReply", "AddTicketNote", "UpdateTicketReply")
_TICKET_ACTIONS: Final = ("GetTicket", "GetTickets", *_TICKET_WRITES)
_WRITES: Final = ("ResetPassword", "set_password", "SendEmail", *_TICKET_WRITES)


class FaultBoard:
    """Which faults are on, for every window. The local servers are told anew at each change."""

    def __init__(self, slack: LocalSlack, whmcs: LocalWhmcs, changes: Changes) -> None:
        self._slack = slack
        self._whmcs = whmcs
        self._changes = changes
        self._on: set[str] = set()
        self._put: dict[str, Callable[[], object]] = {
            "whmcs_slow": lambda: self._add_whmcs("slow_before", seconds=SLOW_SECONDS),
            "whmcs_down": lambda: self._add_whmcs("drop_before"),
            "whmcs_html": lambda: self._add_whmcs("html"),
            "whmcs_credentials": lambda: self._add_whmcs("credentials"),
            "whmcs_no_companion": lambda: self._add_whmcs("companion_absent"),
            "whmcs_no_tickets": lambda: self._add_each(_TICKET_ACTIONS, "not_permitted"),
            "whmcs_reply_refused": lambda: self._add_each(_TICKET_WRITES, "refused"),
            "whmcs_drop_after": lambda: self._add_each(_WRITES, "drop_after"),
            "slack_ratelimited": lambda: self._slack.faults.add(SlackFault("*", "ratelimited", seconds=1.0)),
            "slack_lost_post": lambda: self._slack.faults.add(SlackFault("chat.postMessage", "drop_after")),
            "slack_expired_trigger": self._expire_triggers,
        }

    def is_on(self, name: str) -> bool:
        return name in self._on

    @property
    def has_any(self) -> bool:
        return bool(self._on)

    def switch(self, name: str, *, is_on: bool) -> None:
        """Raises: KeyError: there is no such fault."""
        if name not in self._put:
            raise KeyError(name)
        (self._on.add if is_on else self._on.discard)(name)
        self._tell_servers()

    def clear(self) -> None:
        self._on.clear()
        self._tell_servers()

    def _tell_servers(self) -> None:
        self._slack.faults.clear()
        self._whmcs.faults.clear()
        self._slack.trigger_lifetime_seconds = TRIGGER_SECONDS
        for name in (*WHMCS_FAULTS, *SLACK_FAULTS):
            if name in self._on:
                self._put[name]()
        self._changes.announce()

    def _add_whmcs(self, kind: FaultKind, seconds: float = 0.0) -> None:
        self._whmcs.faults.add(WhmcsFault("*", kind, seconds=seconds))

    def _add_each(self, actions: Iterable[str], kind: FaultKind) -> None:
        for action in actions:
            self._whmcs.faults.add(WhmcsFault(action, kind))

    def _expire_triggers(self) -> None:
        self._slack.trigger_lifetime_seconds = 0.0
