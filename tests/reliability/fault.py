from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.reliability.case import Case
from tests.reliability.row import Row

Break: TypeAlias = Callable[[Case], None]


@dataclass(frozen=True)
class Fault:
    """`order` breaks this case's calls. `is_settled`: once all is well again, what was unknown is found out."""

    row: Row
    order: Break
    is_settled: bool = False
