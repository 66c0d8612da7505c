"""The faults that the page offers, each a set of faults of the local servers."""

from collections.abc import Mapping
from typing import Final

from sandbox.change_notifier import ChangeNotifier
from sandbox.slack import Fault as SlackFault
from sandbox.slack import LocalSlack
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import LocalWhmcs

TRIGGER_SECONDS: Final = 3.0
SLOW_SECONDS: Final = 4.0
_EXPIRED_TRIGGER: Final = "slack_expired_trigger"

_TICKET_WRITES: Final = ("AddTicketReply", "AddTicketNote", "UpdateTicketReply")
_TICKET_ACTIONS: Final = ("GetTicket", "GetTickets", *_TICKET_WRITES)
_WRITES: Final = ("ResetPassword", "set_password", "SendEmail", *_TICKET_WRITES)

WHMCS_FAULTS: Final[Mapping[str, tuple[WhmcsFault, ...]]] = {
    "whmcs_slow": (WhmcsFault("*", "slow_before", seconds=SLOW_SECONDS),),
    "whmcs_down": (WhmcsFault("*", "drop_before"),),
    "whmcs_html": (WhmcsFault("*", "html"),),
    "whmcs_credentials": (WhmcsFault("*", "credentials"),),
    "whmcs_no_companion": (WhmcsFault("*", "companion_absent"),),
    "whmcs_no_tickets": tuple(WhmcsFault(action, "not_permitted") for action in _TICKET_ACTIONS),
    "whmcs_reply_refused": tuple(WhmcsFault(action, "refused") for action in _TICKET_WRITES),
    "whmcs_drop_after": tuple(WhmcsFault(action, "drop_after") for action in _WRITES),
}
SLACK_FAULTS: Final[Mapping[str, tuple[SlackFault, ...]]] = {
    "slack_ratelimited": (SlackFault("*", "ratelimited", seconds=1.0),),
    "slack_lost_post": (SlackFault("chat.postMessage", "drop_after"),),
    _EXPIRED_TRIGGER: (),  # set through the lifetime of triggers
}


class FaultBoard:
    """The faults that are on, for all windows. Each change sets the faults of both servers again."""

    def __init__(self, slack: LocalSlack, whmcs: LocalWhmcs, changes: ChangeNotifier) -> None:
        self._slack = slack
        self._whmcs = whmcs
        self._changes = changes
        self._on: set[str] = set()

    def is_on(self, name: str) -> bool:
        return name in self._on

    def toggle(self, name: str) -> None:
        """Switch a fault of `WHMCS_FAULTS` or `SLACK_FAULTS` on or off."""
        self._on ^= {name}
        self._apply()

    def clear(self) -> None:
        self._on.clear()
        self._apply()

    def _apply(self) -> None:
        self._slack.faults.clear()
        self._whmcs.faults.clear()
        for name, slack_faults in SLACK_FAULTS.items():
            for slack_fault in slack_faults if name in self._on else ():
                self._slack.faults.add(slack_fault)
        for name, whmcs_faults in WHMCS_FAULTS.items():
            for whmcs_fault in whmcs_faults if name in self._on else ():
                self._whmcs.faults.add(whmcs_fault)
        self._slack.trigger_lifetime_seconds = 0.0 if _EXPIRED_TRIGGER in self._on else TRIGGER_SECONDS
        self._changes.notify()
