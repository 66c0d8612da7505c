"""Random programs of what people do and what goes wrong, and what holds after each line of them."""

import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import event, settings
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
    REPLICAS,
    USERS,
    WRITE,
    Company,
    Forgery,
    Form,
    Harm,
    Moment,
    open_company,
)
from tests.stateful.conftest import SHORT
from tests.stateful.simulation import simulated
from tests.stateful.truths import check_always, check_end, describe

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
METHOD = st.sampled_from(Method)
HARM = st.sampled_from(Harm)
WORST = st.sampled_from((Harm.KILL, Harm.FREEZE, Harm.TERMINATE))
ABSENCE = st.sampled_from((0.0, 45.0, 130.0, 700.0))
"""Seconds for which a process that was hit is away: another one takes over after 40."""

A_WHILE = st.sampled_from((0.0, 0.5, 3.0, 15.0))
"""Seconds for a reset to go on in: with what comes next beside it, or up to its end."""


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


WHMCS_FAULT = _whmcs_fault("ResetPassword", "set_password", "result", "GetClientsDetails")
SLACK_FAULT = _slack_fault("chat.postMessage", "chat.update", "chat.delete", "response_url", "views.update")
MOMENT = st.builds(
    Moment,
    st.sampled_from((WRITE, "GetClientsDetails", "chat.postMessage", "chat.update", "views.update", "response_url")),
    st.sampled_from(("held_before", "held_after")),
)


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

    # A whole reset, with what may happen in it; most lines are one of these, since nothing is to be seen without

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, seconds=A_WHILE)
    def reset(self, agent: str, user: str, method: Method, at: int, seconds: float) -> None:
        self._reset(agent, user, method, at)
        self._run(self.company.wait(seconds))

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, fault=WHMCS_FAULT, seconds=A_WHILE)
    def reset_while_whmcs_fails(
        self, agent: str, user: str, method: Method, at: int, fault: WhmcsFault, seconds: float
    ) -> None:
        self._reset(agent, user, method, at, before=lambda: self.company.break_whmcs(fault))
        self._run(self.company.wait(seconds))

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, fault=SLACK_FAULT, seconds=A_WHILE)
    def reset_while_slack_fails(
        self, agent: str, user: str, method: Method, at: int, fault: SlackFault, seconds: float
    ) -> None:
        self._reset(agent, user, method, at, before=lambda: self.company.break_slack(fault))
        self._run(self.company.wait(seconds))

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, moment=MOMENT, harm=WORST, seconds=ABSENCE)
    def reset_and_harm_at_a_moment(
        self, agent: str, user: str, method: Method, at: int, moment: Moment, harm: Harm, seconds: float
    ) -> None:
        if (form := self._fill_in(agent, user, method, at)) is not None:
            self._run(self.company.carry_out_up_to(form, at, moment))
            self._harm(at, harm, seconds)

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, ticks=TICKS, harm=WORST, seconds=ABSENCE)
    def reset_and_harm_anywhere(
        self, agent: str, user: str, method: Method, at: int, ticks: int, harm: Harm, seconds: float
    ) -> None:
        self._reset(agent, user, method, at, ticks)
        self._harm(at, harm, seconds)

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA, moment=MOMENT, seconds=A_WHILE)
    def reset_and_lose_the_database(
        self, agent: str, user: str, method: Method, at: int, moment: Moment, seconds: float
    ) -> None:
        if (form := self._fill_in(agent, user, method, at)) is not None:
            self._run(self.company.carry_out_up_to(form, at, moment))
            self._run(self.company.lose_database())
            self.company.mend()
            self._run(self.company.wait(seconds))

    @rule(user=USER, methods=st.tuples(METHOD, METHOD), ticks=TICKS)
    def two_reset_the_same_user(self, user: str, methods: tuple[Method, Method], ticks: int) -> None:
        filled = [
            self._fill_in(agent, user, method, at)
            for agent, method, at in zip(AGENTS, methods, range(REPLICAS), strict=True)
        ]
        for at, form in enumerate(filled):
            if form is not None:
                self._run(self.company.carry_out(form, at, ticks))

    @rule(agent=AGENT, user=USER, method=METHOD, ticks=TICKS)
    def reset_by_two_clicks(self, agent: str, user: str, method: Method, ticks: int) -> None:
        self._reset(agent, user, method, 0, ticks)
        self._run(self.company.submit_again(0, 1, ticks))

    # Lines that are not a whole reset

    @rule(agent=AGENT, user=USER, method=METHOD, at=REPLICA)
    def fill_in(self, agent: str, user: str, method: Method, at: int) -> None:
        self._fill_in(agent, user, method, at)

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
    @rule(number=FORM, person=PERSON, button=st.sampled_from(["Approve", "Reject"]), at=REPLICA, ticks=TICKS)
    def answer(self, number: int, person: str, button: str, at: int, ticks: int) -> None:
        self._run(self.company.answer(number, person, button, at, ticks))

    @rule(number=FORM, person=PERSON, at=REPLICA)
    def delete_now(self, number: int, person: str, at: int) -> None:
        self._run(self.company.delete_now(number, person, at))

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
                # `--hypothesis-show-statistics` tells how often each was.
                for what in describe(self._company):
                    event(what)
        finally:
            self._run(self._stack.aclose())
            # Nothing holds the killed processes any more, so that they are collected now, where nobody complains of it.
            self._company = None
            del self._loop
            self._exits.close()

    def _reset(
        self,
        agent: str,
        user: str,
        method: Method,
        at: int,
        ticks: int = 0,
        *,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        if (form := self._fill_in(agent, user, method, at)) is not None:
            before()
            self._run(self.company.carry_out(form, at, ticks))

    def _harm(self, at: int, harm: Harm, seconds: float) -> None:
        """Hit this process. The others go on for a while; then who was frozen goes on as well, and knows nothing of it."""
        self._run(self.company.harm(at, harm))
        if seconds:
            self._run(self.company.sleep_through(seconds))
            self._run(self.company.thaw(at))

    def _fill_in(self, agent: str, user: str, method: Method, at: int) -> Form | None:
        form: Form | None = self._run(self.company.fill_in(agent, user, method, at))
        return form

    def _run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(doing)


def _fast_folder() -> str | None:
    """In memory where there is such a place: every line of a program waits for the disk else."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own is made in it


TestPrograms = Programs.TestCase
TestPrograms.settings = settings.get_profile("long") if settings.get_current_profile_name() == "long" else SHORT
