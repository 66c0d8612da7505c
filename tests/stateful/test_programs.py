"""Random programs of what people do and what goes wrong, and what holds after each line of them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.stateful.actions import PROGRAM, Action
from tests.stateful.cluster import open_cluster
from tests.stateful.conftest import SHORT
from tests.stateful.invariants import check_always, check_end, describe
from tests.stateful.simulation import SimulatedLoop, simulated

# Hypothesis may hold an example for longer; a killed process's coroutines have no loop to end in when it lets go.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

_LENGTH: Final = settings.get_profile("long") if settings.get_current_profile_name() == "long" else SHORT


@_LENGTH
@given(program=PROGRAM, has_approvals=st.booleans())
def test_whatever_people_do_and_whatever_fails_nothing_is_lost_or_done_twice(
    program: Sequence[Action], *, has_approvals: bool
) -> None:
    with simulated() as loop, tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        # `--hypothesis-show-statistics` tells how often each was.
        for what in loop.run_until_complete(_run(loop, Path(folder), program, has_approvals=has_approvals)):
            event(what)


async def _run(loop: SimulatedLoop, folder: Path, program: Sequence[Action], *, has_approvals: bool) -> set[str]:
    async with open_cluster(loop, folder, has_approvals=has_approvals) as cluster:
        for action in program:
            await action.run(cluster)
            if cluster.has_database:
                check_always(cluster)
        await cluster.come_to_rest()
        check_end(cluster)
        return describe(cluster)


def _fast_folder() -> str | None:
    """In memory where there is such a place: every line of a program waits for the disk else."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own is made in it
