"""docs/check.md shows the real output of the command."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.check.faults import FAULTS, TOGETHER
from tests.check.installation import ROOT, Examination, Installation, make_installation

pytestmark = pytest.mark.asyncio

CASES = [(part, title) for part, faults in FAULTS.items() for title in faults]


async def test_the_documented_run_without_faults_is_the_real_output(here: Installation) -> None:
    assert_documented(await run_well(here))


async def test_the_documented_run_with_many_faults_is_the_real_output(here: Installation) -> None:
    assert_documented(await run_with_faults(here))


@pytest.mark.parametrize(("part", "title"), CASES)
async def test_the_documented_lines_of_a_fault_are_the_real_ones_and_nothing_is_changed(
    tmp_path: Path, part: str, title: str
) -> None:
    async with make_installation(tmp_path) as here, AsyncExitStack() as stack:
        settings = await FAULTS[part][title](here, stack)
        before = read_files(here)
        said = describe(await here.examine(**settings), part, title)
        assert read_files(here) == before
        assert_nothing_was_done(here)
        assert re.search(r"^  (failed |warning)", said, re.MULTILINE)
        assert_documented(steady(said, here))


def assert_documented(output: str) -> None:
    lacking = [line for line in output.splitlines() if line not in page().splitlines()]
    assert output in page(), f"docs/check.md has to show this output; it lacks the lines {lacking}:\n\n{output}"


def read_files(here: Installation) -> dict[str, bytes]:
    """Return all files except those that SQLite keeps beside an open database."""
    folder = here.world.database.parent
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix not in {".db-shm", ".db-wal"}}


def assert_nothing_was_done(here: Installation) -> None:
    world = here.world
    assert (world.whmcs.writes, world.whmcs.activity, world.whmcs.reset_emails) == ([], [], [])
    assert world.slack.workspace.messages == []
    looks = {"auth.test", "users.info", "usergroups.users.list", "apps.connections.open"}
    assert {call.method for call in world.slack.calls} <= looks


async def run_well(here: Installation) -> str:
    async with here.world.bot():
        process = await here.check()
    assert process.exit_code == 0
    return steady(process.stdout, here)


async def run_with_faults(here: Installation) -> str:
    settings: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for part, title in TOGETHER:
            settings |= await FAULTS[part][title](here, stack)
        process = await here.check(**settings)
    assert process.exit_code == 1
    return steady(process.stdout, here)


def describe(examined: Examination, part: str, title: str) -> str:
    """Return the lines that a fault changes, under its title; the missing bot only if nothing else is wrong."""
    told = [f"# {title}"]
    for line in examined.findings.values():
        is_about_it = line.part.value == part.casefold() and line.check in examined.problems
        if is_about_it and (line.check != "slack.public_url" or len(examined.problems) == 1):
            told += [f"  {line.state.value.ljust(7)} {line.check}: {line.text}", f"          -> {line.next}"]
    return "\n".join(told) + "\n"


def page() -> str:
    return (ROOT / "docs/check.md").read_text(encoding="utf-8")


def steady(text: str, here: Installation) -> str:
    """Replace what differs in every run: ports, folders and seconds."""
    whmcs = here.world.whmcs.url.removeprefix("http://")
    text = text.replace(str(here.world.database.parent), "/srv/resetbot").replace(whmcs, "127.0.0.1:8080")
    text = text.replace(here.world.public_url, "http://127.0.0.1:3000")
    text = re.sub(r"https://localhost:\d+", "https://whmcs.example.com", text)
    text = re.sub(r"port \d+", "port 5432", text)
    # The servers report whole seconds.
    return re.sub(r"(\d+) s (?=ahead|behind)", lambda found: f"{round(int(found[1]), -1)} s ", text)
