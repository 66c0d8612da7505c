from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.reliability.scenario import Scenario
from tests.reliability.scenario_run import ScenarioRun

Break: TypeAlias = Callable[[ScenarioRun], None]


@dataclass(frozen=True)
class Fault:
    """A fault of WHMCS. `order` adds it for the run's calls; `is_settled`: the unknown outcome is settled afterwards."""

    scenario: Scenario
    order: Break
    is_settled: bool = False
