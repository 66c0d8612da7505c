"""The lines that a random program is made of, and how often each is drawn."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from hypothesis import strategies as st

from bot.domain.resets import Method
from sandbox.slack import Fault as SlackFault
from sandbox.slack.faults import Kind
from sandbox.whmcs import Fault as WhmcsFault
from sandbox.whmcs import FaultKind
from tests.stateful.cluster import AGENTS, EMAIL_ONLY, PEOPLE, REPLICAS, USERS, WRITE, Cluster, Forgery, Harm, Moment

Do: TypeAlias = Callable[..., Awaitable[object]]
Asked: TypeAlias = tuple[str, str, Method]
"""Which agent resets which user, and how."""


class Then(StrEnum):
    """How WHMCS is after a process was hit."""

    AS_IT_IS = "as_it_is"
    MENDED = "mended"
    RESULT_IS_SILENT = "result_is_silent"


@dataclass(frozen=True)
class Action:
    """Something that is done in a cluster, or nothing where there is nothing to do it to."""

    do: Do
    arguments: Mapping[str, Any]

    async def run(self, cluster: Cluster) -> None:
        await self.do(cluster, **self.arguments)

    def __repr__(self) -> str:
        return f"{self.do.__name__}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


# A whole reset, with what may happen in it


async def reset(cluster: Cluster, asked: Asked, at: int, seconds: float) -> None:
    if (form := await cluster.fill_in(*asked, at)) is not None:
        await cluster.carry_out(form, at, 0)
        await cluster.wait(seconds)


async def reset_while_whmcs_fails(
    cluster: Cluster, asked: Asked, at: int, call: str, kind: FaultKind, times: int | None, seconds: float
) -> None:
    if (form := await cluster.fill_in(*asked, at)) is not None:
        cluster.break_whmcs(WhmcsFault(form.whmcs_action(call), kind, times=times, seconds=12.0))
        await cluster.carry_out(form, at, 0)
        await cluster.wait(seconds)


async def reset_that_whmcs_holds_up(cluster: Cluster, asked: Asked, at: int, kind: FaultKind, seconds: float) -> None:
    """Every attempt is held, before or after its work, for longer than is waited for it; some go on later."""
    if (form := await cluster.fill_in(*asked, at)) is not None:
        cluster.break_whmcs(WhmcsFault(form.whmcs_action(WRITE), kind))
        await cluster.carry_out(form, at, 0)
        await cluster.wait(seconds)


async def reset_while_slack_fails(cluster: Cluster, asked: Asked, at: int, fault: SlackFault, seconds: float) -> None:
    if (form := await cluster.fill_in(*asked, at)) is not None:
        cluster.break_slack(fault)
        await cluster.carry_out(form, at, 0)
        await cluster.wait(seconds)


async def reset_and_harm(
    cluster: Cluster, asked: Asked, at: int, moment: Moment, harm: Harm, seconds: float, then: Then
) -> None:
    """The process is hit when it waits for this call. The others go on for a while; then who was frozen goes on as well."""
    if (form := await cluster.fill_in(*asked, at)) is not None:
        await cluster.carry_out_up_to(form, at, moment)
        await _harm(cluster, at, harm, seconds, then)


async def reset_and_harm_anywhere(
    cluster: Cluster, asked: Asked, at: int, ticks: int, harm: Harm, seconds: float, then: Then
) -> None:
    """As `reset_and_harm`, wherever it is after so little time."""
    if (form := await cluster.fill_in(*asked, at)) is not None:
        await cluster.carry_out(form, at, ticks)
        await _harm(cluster, at, harm, seconds, then)


async def reset_and_lose_database(cluster: Cluster, asked: Asked, at: int, moment: Moment, seconds: float) -> None:
    if (form := await cluster.fill_in(*asked, at)) is not None:
        await cluster.carry_out_up_to(form, at, moment)
        await cluster.lose_database()
        cluster.mend()
        await cluster.wait(seconds)


async def two_reset_the_same_user(cluster: Cluster, user: str, methods: tuple[Method, Method], ticks: int) -> None:
    filled = [
        await cluster.fill_in(agent, user, method, at)
        for agent, method, at in zip(AGENTS, methods, range(REPLICAS), strict=True)
    ]
    for at, form in enumerate(filled):
        if form is not None:
            await cluster.carry_out(form, at, ticks)


async def reset_by_two_clicks(cluster: Cluster, asked: Asked, ticks: int, seconds: float) -> None:
    if (form := await cluster.fill_in(*asked, 0)) is not None:
        await cluster.carry_out(form, 0, ticks)
        await cluster.submit_again(0, 1, ticks)
        await cluster.wait(seconds)


async def _harm(cluster: Cluster, at: int, harm: Harm, seconds: float, then: Then) -> None:
    await cluster.harm(at, harm)
    match then:
        case Then.MENDED:
            cluster.mend()
        case Then.RESULT_IS_SILENT:
            cluster.break_whmcs(WhmcsFault("result", "html"))
        case Then.AS_IT_IS:
            pass
    if seconds:
        await cluster.sleep_through(seconds)
        await cluster.thaw(at)


# The rest of an hour


async def mend(cluster: Cluster) -> None:
    cluster.mend()


async def move_database(cluster: Cluster, *, is_there: bool) -> None:
    await (cluster.find_database() if is_there else cluster.lose_database())


_WHMCS_KINDS: Final[tuple[FaultKind, ...]] = (
    *("drop_before", "drop_after", "held_before", "held_after", "slow_before", "slow_after"),
    *("html", "truncated", "error_500_after", "status_429", "wrong_json"),
    *("refused", "internal", "internal_between", "internal_after", "companion_absent"),
)
_HELD: Final[tuple[Literal["held_before", "held_after"], ...]] = ("held_before", "held_after")
_SLACK_KINDS: Final[tuple[Kind, ...]] = (
    *("ratelimited", "status_500", "drop_before", "drop_after", "held_before", "held_after", "slow_after", "error"),
)
_FORM = st.integers(0, 2)
_REPLICA = st.integers(0, REPLICAS - 1)
_PERSON = st.sampled_from(PEOPLE)
_USER = st.sampled_from(list(USERS))
_METHOD = st.sampled_from((Method.SET_PASSWORD, Method.RESET_EMAIL))
_ASKED = st.one_of(
    st.tuples(st.sampled_from(AGENTS), _USER, _METHOD),
    st.tuples(st.sampled_from(AGENTS), _USER, _METHOD),
    st.tuples(st.just(EMAIL_ONLY), _USER, _METHOD),
)
_TICKS = st.sampled_from((0, *range(90, 200, 5), 260))
"""How far a submission gets: at about 90 its reset has begun, at about 200 it has ended."""

_MOMENT = st.builds(
    Moment,
    st.sampled_from((WRITE, WRITE, "GetClientsDetails", "chat.postMessage", "chat.update", "response_url")),
    st.sampled_from(_HELD),
)
_WORST = st.sampled_from((Harm.KILL, Harm.FREEZE, Harm.TERMINATE))
_A_WHILE = st.sampled_from((0.0, 0.5, 3.0))
"""Seconds for a reset to go on in: with what comes next beside it, or up to its end."""

_ABSENCE = st.sampled_from((0.0, 45.0, 130.0, 340.0))
"""Seconds for which a process that was hit is away: another one takes over after 40."""

_SLACK_FAULT = st.builds(
    SlackFault,
    method=st.sampled_from(("chat.postMessage", "chat.update", "chat.delete", "response_url", "views.update")),
    kind=st.sampled_from(_SLACK_KINDS),
    seconds=st.just(3.0),
    times=st.integers(1, 3),
    error=st.just("channel_not_found"),
)


def _action(do: Do, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.builds(Action, st.just(do), st.fixed_dictionaries(arguments))


_HIT = {"asked": _ASKED, "at": _REPLICA, "harm": _WORST, "seconds": _ABSENCE, "then": st.sampled_from(Then)}
_RESETS = (
    _action(reset, asked=_ASKED, at=_REPLICA, seconds=_A_WHILE),
    _action(
        reset_while_whmcs_fails,
        asked=_ASKED,
        at=_REPLICA,
        call=st.sampled_from((WRITE, WRITE, WRITE, "result", "GetClientsDetails")),
        kind=st.sampled_from(_WHMCS_KINDS),
        times=st.sampled_from((1, 2, None)),
        seconds=st.sampled_from((0.0, 3.0, 35.0)),
    ),
    _action(
        reset_that_whmcs_holds_up,
        asked=_ASKED,
        at=_REPLICA,
        kind=st.sampled_from(_HELD),
        seconds=st.sampled_from((0.0, 3.0, 35.0)),
    ),
    _action(reset_while_slack_fails, asked=_ASKED, at=_REPLICA, fault=_SLACK_FAULT, seconds=_A_WHILE),
    _action(reset_and_harm, moment=_MOMENT, **_HIT),
    _action(reset_and_harm, moment=_MOMENT, **_HIT),
    _action(reset_and_harm_anywhere, ticks=_TICKS, **_HIT),
    _action(reset_and_lose_database, asked=_ASKED, at=_REPLICA, moment=_MOMENT, seconds=_A_WHILE),
    _action(two_reset_the_same_user, user=_USER, methods=st.tuples(_METHOD, _METHOD), ticks=_TICKS),
    _action(reset_by_two_clicks, asked=_ASKED, ticks=_TICKS, seconds=_A_WHILE),
)
_REST = (
    _action(Cluster.submit, number=_FORM, at=_REPLICA, ticks=_TICKS),
    _action(Cluster.submit_again, number=_FORM, at=_REPLICA, ticks=_TICKS),
    _action(Cluster.forge, number=_FORM, forgery=st.sampled_from(Forgery), thief=_PERSON, at=_REPLICA),
    _action(
        Cluster.answer,
        number=_FORM,
        person=_PERSON,
        button=st.sampled_from(("Approve", "Reject")),
        at=_REPLICA,
        ticks=_TICKS,
    ),
    _action(Cluster.delete_now, number=_FORM, person=_PERSON, at=_REPLICA),
    _action(mend),
    _action(Cluster.harm, number=_REPLICA, harm=st.sampled_from(Harm)),
    _action(Cluster.start, number=_REPLICA),
    _action(move_database, is_there=st.booleans()),
    _action(Cluster.sleep_through, seconds=st.sampled_from((5.0, 31.0, 45.0, 95.0, 200.0, 700.0, 3700.0))),
)
PROGRAM: Final = st.lists(st.one_of(*_RESETS, *_RESETS, *_REST), min_size=12, max_size=25)
"""Two lines of three are whole resets, since without one there is nothing to be seen."""
