"""The table that the load prints."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bot.domain.resets import Method
from tests.harness.agent_notifications import Truth
from tests.load.flow import Flow, Stage
from tests.load.load import Report

_KINDS: Final = ("command", "view_submission", "block_actions", "event_callback")
_CARRIED_SECONDS: Final = 5.0
"""Below this 95 of 100 flows must stay; an agent alone takes a second or two, with the usual answers of Slack and WHMCS."""
_WHERE: Final = {False: "", True: ", around kills"}


def percentile(values: Iterable[float], share: float) -> float:
    """The value below or at which this share of them lies; nan of none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else math.nan


def render(report: Report) -> str:
    return "\n".join(f"{name:<58} {value}".rstrip() for name, value in _lines(report))


def count_carried(report: Report) -> float:
    """Flows a second that came to their end in the time in which they were offered."""
    return sum(flow.ended_at is not None and flow.ended_at <= report.offered_until for flow in report.flows) / (
        report.offered_until - report.began_at
    )


def is_carried(report: Report) -> bool:
    """Whether those who came in the second half and met no kill were served as soon as they should be."""
    half = report.began_at + report.plan.seconds / 2
    late = [flow for flow in report.flows if flow.due_at >= half]
    ended = [
        flow.ended_at - flow.due_at for flow in late if flow.ended_at is not None and not _meets_kill(report, flow)
    ]
    return not ended or percentile(ended, 0.95) <= _CARRIED_SECONDS


def list_waits(report: Report, *, is_around_kill: bool) -> list[float]:
    """Seconds from the moment at which a flow was due to its end, of those whose agent read one."""
    return [
        flow.ended_at - flow.due_at
        for flow in report.flows
        if flow.ended_at is not None and flow.stage is Stage.ENDED and _meets_kill(report, flow) == is_around_kill
    ]


def _meets_kill(report: Report, flow: Flow) -> bool:
    return report.is_around_kill(
        report.tell_time(flow.due_at), report.tell_time(flow.ended_at) if flow.ended_at is not None else None
    )


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    yield from _list_flows(report)
    yield from _list_waits(report)
    yield from _list_kills(report)
    yield "processors busy during the load, of one", ""
    for name, seconds in sorted(report.processor_seconds.items()):
        share, each = seconds / report.measured_seconds, 1000 * seconds / len(report.flows)
        yield f"  {name}", f"{share:.2f}, {each:.0f} ms a flow"
    for name, number in report.connections.items():
        yield f"connections: {name}", str(number)
    yield "rules broken", str(len(report.broken))


def _list_flows(report: Report) -> Iterator[tuple[str, str]]:
    plan, flows = report.plan, report.flows
    yield f"{plan.replicas} replicas, {plan.kills} SIGKILLs, seed {plan.seed}", ""
    yield "flows offered", f"{len(flows)} in {plan.seconds:.0f} s, {len(flows) / plan.seconds:.1f} a second"
    yield "flows ended within that time", f"{count_carried(report):.1f} a second"
    yield "carried: 95 of 100 who met no kill ended within 5 s", "yes" if is_carried(report) else "no"
    at_work = [number for at, number in report.backlog if at <= plan.seconds]
    yield "at work at the same time: at most, at the end", f"{max(at_work, default=0)}, {at_work[-1] if at_work else 0}"
    yield "resets started", str(len(report.evidence.stories))
    yield "flows by their end", ""
    for name, number in Counter(_word_end(flow, report) for flow in flows).most_common():
        yield f"  {name}", str(number)
    yield "forms that reached the bot twice at once", str(sum(flow.is_double for flow in flows))
    yield "pairs of agents after one user", str(sum(flow.barrier is not None for flow in flows) // 2)
    typed, pressed = (sum(flow.tries - 1 for flow in flows), sum(max(flow.clicks - 1, 0) for flow in flows))
    yield "commands typed again, buttons pressed again", f"{typed}, {pressed}"


def _list_waits(report: Report) -> Iterator[tuple[str, str]]:
    yield "seconds", "p50 / p95 / p99 / most (how many)"
    for kind, is_around in itertools.product(_KINDS, (False, True)):
        answered = [request for request in report.requests if request.kind == kind and request.error is None]
        values = [request.seconds for request in answered if report.is_around_kill(request.at) == is_around]
        if values:
            yield f"  acknowledged: {kind}{_WHERE[is_around]}", _spread(values)
    for is_around in (False, True):
        if values := list_waits(report, is_around_kill=is_around):
            yield f"  command to known end{_WHERE[is_around]}", _spread(values)
    failed = Counter(f"{request.kind}: {request.error}" for request in report.requests if request.error)
    for name, number in sorted(failed.items()):
        yield f"not acknowledged: {name}", str(number)


def _list_kills(report: Report) -> Iterator[tuple[str, str]]:
    for kill in report.kills:
        down = f"{kill.ready_at - kill.at:.1f} s" if kill.ready_at is not None else "for good"
        yield f"replica {kill.replica} killed after {kill.at - report.began_at:.1f} s", f"down for {down}"
        yield "  under way then: flows", _words(kill.stages)
        yield "  under way then: open resets", _words(kill.phases)
    recovered = _list_recoveries(report)
    yield "resets that recovery ended", str(len(recovered))
    if recovered:
        yield "  seconds from the kill to the recorded end: least, most", f"{min(recovered):.0f}, {max(recovered):.0f}"
    yield "all told, seconds after the load’s end", f"{report.recovered_at - report.offered_until:.0f}"


def _word_end(flow: Flow, report: Report) -> str:
    story = report.evidence.stories.get(flow.reference)
    if story is None:
        return {
            Stage.ENDED: "refused before it began, with the reason",
            Stage.SLACK_ERROR: "Slack’s error at the button, nothing begun",
            Stage.NO_FORM: "no form, nothing begun",
        }.get(flow.stage, "left alone")
    words = {Truth.CHANGED: "done", Truth.UNCHANGED: "not done", Truth.UNKNOWN: "not known whether done"}[story.truth]
    if story.truth is Truth.CHANGED and story.method is Method.SET_PASSWORD and not story.is_delivered:
        words = "done, but the password not delivered"
    return f"{words}, found by recovery" if story.is_recovered else words


def _list_recoveries(report: Report) -> list[float]:
    """Seconds from the first kill after a reset began to the end that another process recorded."""
    kills = sorted(report.tell_time(kill.at) for kill in report.kills)
    recovered = [story.events for story in report.evidence.stories.values() if story.is_recovered]
    spans = [(events[0].at.timestamp(), events[1].at.timestamp()) for events in recovered]
    return [ended_at - next(at for at in kills if at >= began_at) for began_at, ended_at in spans]


def _spread(values: Sequence[float]) -> str:
    shares = " / ".join(f"{percentile(values, share):.3f}" for share in (0.5, 0.95, 0.99, 1.0))
    return f"{shares}  ({len(values)})"


def _words(numbers: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(numbers.items())) or "none"
