"""The rows of the table, in its order."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks import clients, commands, histories, resets, standing, variants
from benchmarks.bench import Bench
from benchmarks.statistics import Target

Measure = Callable[[Bench], Awaitable[Mapping[str, list[float]]]]
"""Returns the values of all rounds, under the keys of the rows that it is for."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    `measured` is divided by the same of `baseline`, once a round. `key` is this row's among what `measure` returns.
    `is_full`: only `make bench-full` has the row. `unit`: of a row that is no ratio.
    """

    name: str
    measured: str
    baseline: str
    measure: Measure
    key: str = "ratio"
    target: Target | None = None
    unit: str = ""
    is_full: bool = False


ROWS: Final = (
    Row(
        name="acknowledge-p50",
        measured="Acknowledging a command, p50",
        baseline="Bolt",
        target=Target(0.07),
        measure=commands.measure_one_at_a_time,
        key="p50",
    ),
    Row(
        name="acknowledge-p99",
        measured="Acknowledging a command, p99",
        baseline="Bolt",
        target=Target(0.20),
        measure=commands.measure_one_at_a_time,
        key="p99",
    ),
    Row(
        name="acknowledge-endpoint",
        measured="Acknowledging a command, p50, by an endpoint that does nothing else",
        baseline="Bolt",
        measure=commands.measure_one_at_a_time,
        key="endpoint p50",
    ),
    Row(
        name="acknowledge-tuned-bolt",
        measured="Acknowledging a command, p50, by tuned Bolt",
        baseline="Bolt",
        measure=commands.measure_one_at_a_time,
        key="tuned p50",
    ),
    Row(
        name="command-cpu",
        measured="CPU per command, with the modal opened",
        baseline="Bolt",
        target=Target(1.8),
        measure=commands.measure_one_at_a_time,
        key="cpu",
    ),
    Row(
        name="command-cpu-tuned-bolt",
        measured="CPU per command, with the modal opened, by tuned Bolt",
        baseline="Bolt",
        measure=commands.measure_one_at_a_time,
        key="tuned cpu",
    ),
    Row(
        name="command-rate",
        measured="Commands per second, 64 at once, with the modals opened",
        baseline="Bolt",
        target=Target(1.2, is_floor=True),
        measure=commands.measure_capacity,
    ),
    Row(
        name="command-rate-tuned-bolt",
        measured="Commands per second, 64 at once, with the modals opened, by tuned Bolt",
        baseline="Bolt",
        measure=commands.measure_capacity,
        key="tuned",
    ),
    Row(
        name="reset-cpu",
        measured="CPU of a whole reset e-mail",
        baseline="tuned bot",
        target=Target(1.8),
        measure=resets.measure_cpu,
    ),
    Row(
        name="reset-cpu-tutorial",
        measured="CPU of a whole reset e-mail, by the tutorial's bot",
        baseline="tuned bot",
        measure=resets.measure_tutorial_cpu,
        is_full=True,
    ),
    Row(
        name="waiting-p50",
        measured="Agent's waiting time, Slack 60 ms and WHMCS 150 ms, p50",
        baseline="serial minimum",
        target=Target(1.05),
        measure=resets.measure_waiting,
        key="bot p50",
    ),
    Row(
        name="waiting-p99",
        measured="Agent's waiting time, Slack 60 ms and WHMCS 150 ms, p99",
        baseline="serial minimum",
        target=Target(1.15),
        measure=resets.measure_waiting,
        key="bot p99",
    ),
    Row(
        name="waiting-tuned-p50",
        measured="The tuned bot's waiting time, p50",
        baseline="serial minimum",
        measure=resets.measure_waiting,
        key="tuned p50",
    ),
    Row(
        name="waiting-tuned-p99",
        measured="The tuned bot's waiting time, p99",
        baseline="serial minimum",
        measure=resets.measure_waiting,
        key="tuned p99",
    ),
    Row(
        name="acknowledge-while-whmcs-hangs",
        measured="Acknowledging a command, p99, while 40 searches wait for a WHMCS that takes 5 s",
        baseline="nobody searching",
        target=Target(3),
        measure=commands.measure_while_whmcs_hangs,
    ),
    Row(
        name="open-loop-p99",
        measured="Acknowledging 100 commands per second, open loop, p99",
        baseline="tuned bot",
        target=Target(1.2),
        measure=commands.measure_open_loop,
    ),
    Row(
        name="choose-500-users",
        measured="CPU of a search and choosing a client with 500 users",
        baseline="a client with 1 user",
        target=Target(3),
        measure=clients.measure_choice,
    ),
    Row(
        name="search-100000-clients",
        measured="CPU of a search that matches 100,000 clients",
        baseline="1,000 clients",
        target=Target(1.1),
        measure=clients.measure_search,
    ),
    Row(
        name="start",
        measured="From the start to readiness",
        baseline="tuned Bolt",
        target=Target(2.5),
        measure=standing.measure_fresh,
        key="start",
    ),
    Row(
        name="memory",
        measured="Resident memory after the same commands",
        baseline="tuned Bolt",
        target=Target(2.0),
        measure=standing.measure_fresh,
        key="memory",
    ),
    Row(
        name="idle",
        measured="CPU when idle",
        baseline="one core",
        target=Target(0.5),
        measure=standing.measure_idle,
        key="idle",
        unit=" %",
    ),
    Row(
        name="idle-100000-deletions",
        measured="CPU when idle, with 100,000 pending deletions",
        baseline="one core",
        target=Target(0.7),
        measure=standing.measure_idle,
        key="deletions",
        unit=" %",
    ),
    Row(
        name="reset-100000-deletions",
        measured="Waiting for a reset e-mail with 100,000 pending deletions",
        baseline="none",
        target=Target(1.05),
        measure=histories.measure_rows,
        key="deletions",
        is_full=True,
    ),
    Row(
        name="reset-1000000-events",
        measured="Waiting for a reset e-mail with 1,000,000 audit events",
        baseline="none",
        target=Target(1.05),
        measure=histories.measure_rows,
        key="audit",
        is_full=True,
    ),
    Row(
        name="reset-while-pruning",
        measured="Waiting for a reset e-mail while 1,000,000 old rows are deleted",
        baseline="none",
        target=Target(1.05),
        measure=histories.measure_pruning,
        is_full=True,
    ),
    Row(
        name="memory-growth",
        measured="Resident memory after 10,000 resets",
        baseline="after 5,000",
        target=Target(1.01),
        measure=histories.measure_growth,
        is_full=True,
    ),
    Row(
        name="set-password-cpu",
        measured="CPU of *set a password*",
        baseline="reset e-mail",
        measure=variants.measure_set_password,
        key="cpu",
        is_full=True,
    ),
    Row(
        name="set-password-waiting",
        measured="Waiting for *set a password*",
        baseline="reset e-mail",
        measure=variants.measure_set_password,
        key="wait",
        is_full=True,
    ),
    Row(
        name="socket-mode-acknowledge",
        measured="Acknowledging a command in Socket Mode, p50",
        baseline="HTTP",
        measure=variants.measure_socket_mode,
        key="acknowledge",
        is_full=True,
    ),
    Row(
        name="socket-mode-cpu",
        measured="CPU of a reset e-mail in Socket Mode",
        baseline="HTTP",
        measure=variants.measure_socket_mode,
        key="cpu",
        is_full=True,
    ),
    Row(
        name="socket-mode-waiting",
        measured="Waiting for a reset e-mail in Socket Mode",
        baseline="HTTP",
        measure=variants.measure_socket_mode,
        key="wait",
        is_full=True,
    ),
    Row(
        name="postgresql-cpu",
        measured="CPU of a reset e-mail with PostgreSQL, without the server's",
        baseline="SQLite",
        measure=variants.measure_postgresql,
        key="cpu",
        is_full=True,
    ),
    Row(
        name="postgresql-waiting",
        measured="Waiting for a reset e-mail with PostgreSQL",
        baseline="SQLite",
        measure=variants.measure_postgresql,
        key="wait",
        is_full=True,
    ),
    Row(
        name="replicas-2",
        measured="Reset e-mails per second by 16 agents, 2 replicas on PostgreSQL",
        baseline="1 replica",
        measure=variants.measure_replicas,
        key="2",
        is_full=True,
    ),
    Row(
        name="replicas-4",
        measured="Reset e-mails per second by 16 agents, 4 replicas on PostgreSQL",
        baseline="1 replica",
        measure=variants.measure_replicas,
        key="4",
        is_full=True,
    ),
)
