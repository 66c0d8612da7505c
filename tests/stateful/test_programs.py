"""Random programs of what people do and what goes wrong, and what holds after each line of them."""

import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.resets import Method
from sandbox.slack import Fault as SlackFault
from sandbox.slack.faults import Kind
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import FaultKind
from tests.stateful.company import (
    AGENTS,
    EMAIL_ONLY,
    PEOPLE,
    USERS,
    Company,
    Forgery,
    Harm,
    open_company,
)
from tests.stateful.conftest import SHORT
from tests.stateful.simulation import simulated
from tests.stateful.truths import check_always, check_end

# Hypothesis may hold an example for longer; a killed process's coroutines have no loop to end in when it lets go.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

WHMCS_KINDS: Final[tuple[FaultKind, ...]] = (
    *("drop_before", "drop_after", "held_before", "held_after", "slow_before", "slow_after"),
    *("html", "truncated", "error_500_after", "status_429", "wrong_json"),
    *("refused", "internal", "internal_between", "internal_after", "companion_absent"),
)
SLACK_KINDS: Final[tuple[Kind, ...]] = (
    *("ratelimited", "status_500", "drop_before", "drop_after", "held_before", "held_after", "slow_after", "error"),
)
TICKS = st.sampled_from((0, *range(90, 200, 5), 260))
"""How far a submission gets: at about 90 its reset has begun, at about 200 it has ended."""
FORM = st.integers(0, 2)
REPLICA = st.integers(0, 1)
AGENT = st.sampled_from((*AGENTS, EMAIL_ONLY))
PERSON = st.sampled_from(PEOPLE)
USER = st.sampled_from(list(USERS))
HARM = st.sampled_from(Harm)


def _whmcs_fault(*actions: str) -> st.SearchStrategy[WhmcsFault]:
    kinds, times = st.sampled_from(WHMCS_KINDS), st.integers(1, 3)
    return st.builds(WhmcsFault, action=st.sampled_from(actions), kind=kinds, seconds=st.just(12.0), times=times)


def _slack_fault(*methods: str) -> st.SearchStrategy[SlackFault]:
    return st.builds(
        SlackFault,
        method=st.sampled_from(methods),
        kind=st.sampled_from(SLACK_KINDS),
        seconds=st.just(3.0),
        times=st.integers(1, 3),
        error=st.just("channel_not_found"),
    )


# Forms can be filled in all the same.
LASTING_WHMCS_FAULT = _whmcs_fault("ResetPassword", "set_password", "result")
LASTING_SLACK_FAULT = _slack_fault("chat.postMessage", "chat.update", "chat.delete", "response_url")
WHMCS_FAULT = _whmcs_fault("ResetPassword", "set_password", "set_password", "GetClientsDetails")
SLACK_FAULT = _slack_fault("chat.postMessage", "chat.update", "response_url", "views.update")
Trouble: TypeAlias = Harm | WhmcsFault | SlackFault | None
TROUBLE = st.one_of(st.none(), st.sampled_from((Harm.KILL, Harm.FREEZE, Harm.TERMINATE)), WHMCS_FAULT, SLACK_FAULT)


class Programs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._exits = ExitStack()
        self._loop = self._exits.enter_context(simulated())
        self._stack = AsyncExitStack()
        self._company: Company | None = None
        self._is_broken = False

    @initialize(has_approvals=st.booleans())
    def open(self, *, has_approvals: bool) -> None:
        folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(dir=_fast_folder())))
        opening = open_company(self._loop, folder, has_approvals=has_approvals)
        self._company = self._run(self._stack.enter_async_context(opening))

    @property
    def company(self) -> Company:
        assert self._company is not None
        return self._company

    @rule(agent=AGENT, user=USER, method=st.sampled_from(Method), at=REPLICA)
    def fill_in(self, agent: str, user: str, method: Method, at: int) -> None:
        self._run(self.company.fill_in(agent, user, method, at))

    @rule(agent=AGENT, user=USER, at=REPLICA, trouble=TROUBLE, ticks=TICKS)
    def reset_email(self, agent: str, user: str, at: int, trouble: Trouble, ticks: int) -> None:
        self._reset(agent, user, Method.RESET_EMAIL, at, trouble, ticks)

    @rule(agent=st.sampled_from(AGENTS), user=USER, at=REPLICA, trouble=TROUBLE, ticks=TICKS)
    def set_password(self, agent: str, user: str, at: int, trouble: Trouble, ticks: int) -> None:
        self._reset(agent, user, Method.SET_PASSWORD, at, trouble, ticks)

    @rule(form=FORM, at=REPLICA, ticks=TICKS)
    def submit(self, form: int, at: int, ticks: int) -> None:
        self._run(self.company.submit(form, at, ticks))

    @rule(form=FORM, at=REPLICA, ticks=TICKS)
    def submit_again(self, form: int, at: int, ticks: int) -> None:
        self._run(self.company.submit_again(form, at, ticks))

    @rule(form=FORM, forgery=st.sampled_from(Forgery), thief=PERSON, at=REPLICA)
    def forge(self, form: int, forgery: Forgery, thief: str, at: int) -> None:
        self._run(self.company.forge(form, forgery, thief, at))

    @precondition(lambda self: self.company.approval_channel)
    @rule(number=FORM, at=REPLICA, ticks=TICKS)
    def approve(self, number: int, at: int, ticks: int) -> None:
        self._run(self.company.approve(number, at, ticks))

    @precondition(lambda self: self.company.approval_channel)
    @rule(number=FORM, person=PERSON, button=st.sampled_from(["Approve", "Reject"]), at=REPLICA, ticks=TICKS)
    def answer(self, number: int, person: str, button: str, at: int, ticks: int) -> None:
        self._run(self.company.answer(number, person, button, at, ticks))

    @rule(number=FORM, person=PERSON, at=REPLICA)
    def delete_now(self, number: int, person: str, at: int) -> None:
        self._run(self.company.delete_now(number, person, at))

    @rule(fault=LASTING_WHMCS_FAULT)
    def break_whmcs(self, fault: WhmcsFault) -> None:
        self.company.break_whmcs(fault)

    @rule(fault=LASTING_SLACK_FAULT)
    def break_slack(self, fault: SlackFault) -> None:
        self.company.break_slack(fault)

    @rule()
    def mend(self) -> None:
        self.company.mend()

    @rule(number=REPLICA, harm=HARM)
    def harm(self, number: int, harm: Harm) -> None:
        self._run(self.company.harm(number, harm))

    @rule(number=REPLICA)
    def start(self, number: int) -> None:
        self._run(self.company.start(number))

    @rule(is_there=st.booleans())
    def move_database(self, *, is_there: bool) -> None:
        self._run(self.company.find_database() if is_there else self.company.lose_database())

    @rule(seconds=st.sampled_from([0.1, 1.0, 2.5, 9.0]))
    def wait(self, seconds: float) -> None:
        self._run(self.company.wait(seconds))

    @rule(seconds=st.sampled_from([5, 31, 45, 95, 200, 700, 3700]))
    def sleep_through(self, seconds: float) -> None:
        self._run(self.company.sleep_through(seconds))

    @invariant()
    def nothing_is_wrong(self) -> None:
        if self._company is not None and self._company.has_database:
            self._is_broken = True
            check_always(self._company)
            self._is_broken = False

    def teardown(self) -> None:
        try:
            if self._company is not None and not self._is_broken:
                self._run(self._company.come_to_rest())
                check_end(self._company)
        finally:
            self._run(self._stack.aclose())
            # Nothing holds the killed processes any more, so that they are collected now, where nobody complains of it.
            self._company = None
            del self._loop
            self._exits.close()

    def _reset(self, agent: str, user: str, method: Method, at: int, trouble: Trouble, ticks: int) -> None:
        """A whole reset, with what goes wrong in the middle of it."""
        self._run(self.company.fill_in(agent, user, method, at))
        match trouble:
            case WhmcsFault():
                self.company.break_whmcs(trouble)
            case SlackFault():
                self.company.break_slack(trouble)
        self._run(self.company.submit(0, at, ticks))
        if isinstance(trouble, Harm):
            self._run(self.company.harm(at, trouble))

    def _run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(doing)


def _fast_folder() -> str | None:
    """In memory where there is such a place: every line of a program waits for the disk else."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own is made in it


TestPrograms = Programs.TestCase
TestPrograms.settings = settings.get_profile("long") if settings.get_current_profile_name() == "long" else SHORT
