"""The story of a scenario for its failure report: actions, calls, audit events, log lines and visible texts."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from sandbox.slack.workspace import strings_in
from tests.harness.stories import read_time
from tests.reliability.scenario import Place
from tests.reliability.scenario_run import ScenarioRun

_LOG_LINES: Final = 15
_LONGEST: Final = 240


def write_story(run: ScenarioRun) -> str:
    """Return a line for each event in chronological order, then the texts that the agent sees."""
    lines = [f"-- story of {run.scenario.id} {run.reference}: {run.scenario.fault}"]
    lines += [f"{at:%H:%M:%S.%f}"[:-3] + f" {text}" for at, text in sorted(_list_events(run), key=lambda one: one[0])]
    log = [line for bot in run.bots for line in bot.output.splitlines() if _names(run, line)]
    lines += ["-- log", *log[-_LOG_LINES:]]
    for place in Place:
        lines += [f"-- {place}", *filter(None, run.read(place).splitlines())]
    return "\n".join(line[:_LONGEST] for line in lines)


def _list_events(run: ScenarioRun) -> Iterator[tuple[datetime, str]]:
    slack, whmcs = run.world.slack, run.world.whmcs
    for request in slack.requests_to_bot:
        if _names(run, str(request.payload)):
            answer = request.error or f"HTTP {request.status}"
            yield _at(request.at), f"agent: {request.kind} {_describe(request.payload)} -> {answer}"
    for call in slack.calls:
        if _names(run, str(call.arguments)):
            yield _at(call.at), f"Slack: {call.method} -> {call.error or 'ok'}: {_first_text(call.arguments)}"
    ids = {str(run.client_id), str(run.user_id), run.reference, run.email}
    for asked in whmcs.calls:
        if ids & {str(value) for value in asked.parameters.values()}:
            written = ", written" if asked.has_written else ""
            yield asked.at, f"WHMCS: {asked.action} -> HTTP {asked.status}{written}: {asked.answer}"
    for row in run.world.audit_rows():
        if row["reference"] == run.reference or row["actor"] == run.agent.id:
            yield read_time(row["at"]), f"audit: {row['action']} {row['outcome']} {row['reason']}"


def _names(run: ScenarioRun, text: str) -> bool:
    return run.agent.id in text or bool(run.reference and run.reference in text)


def _describe(payload: Mapping[str, object]) -> str:
    """Return the command and its text, or the ids of the pressed elements."""
    view, actions = payload.get("view"), payload.get("actions")
    if "command" in payload:
        return f"{payload['command']} {payload.get('text', '')}"
    if isinstance(actions, list) and actions:
        return str(actions[0].get("action_id"))
    return str(view.get("callback_id")) if isinstance(view, Mapping) else ""


def _first_text(arguments: Mapping[str, object]) -> str:
    for name in ("blocks", "view", "text"):
        held = arguments.get(name)
        try:
            texts = strings_in(json.loads(held) if isinstance(held, str) and name != "text" else held)
        except ValueError:
            continue
        for text in texts:
            if " " in text:
                return " ".join(text.split())
    return ""


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
