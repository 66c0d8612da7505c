"""`python -m tests.load`: how many resets a second two replicas carry while they are killed, and that none is lost."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import uvloop

from tests.load.figures import is_carried, render
from tests.load.load import Plan, Report, run
from tests.postgresql import PostgresServer

_TRIAL_SECONDS: Final = 15.0


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="For how long flows are offered.")
@click.option("--rate", default=10.0, show_default=True, help="Flows offered a second.")
@click.option("--replicas", default=2, show_default=True)
@click.option("--kills", default=3, show_default=True, help="How often one of the replicas is killed.")
@click.option("--seed", default=1, show_default=True, help="Who comes when, does what, and what is killed.")
@click.option("--whmcs-seconds", default=0.15, show_default=True, help="How long WHMCS takes for each answer.")
@click.option("--slack-seconds", default=0.06, show_default=True, help="How long Slack takes for each answer.")
@click.option("--until-deleted", is_flag=True, help="Wait until every message with a password is deleted, too.")
@click.option("--logs", type=click.Path(path_type=Path), help="A folder to keep the replicas' logs in; made anew.")
@click.option("--search", is_flag=True, help="Look for the highest rate that is carried without kills, and use that.")
def main(*, search: bool, logs: Path | None, **options: Any) -> None:
    """Let agents reset users at a rate on replicas that are killed meanwhile, and look whether all is well in the end."""
    # What a broken connection means is asked where it breaks.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    plan = Plan(**options)
    click.echo(f"load average before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    trials = list(_search(plan)) if search else []
    carried = [report.plan.rate for report in trials if is_carried(report)]
    report = _play(replace(plan, rate=max(carried)) if carried else plan, logs)
    click.echo(render(report))
    broken = [broken for each in (*trials, report) for broken in each.broken]
    for found in broken:
        click.echo(f"BROKEN {found}", err=True)
    sys.exit(1 if broken else 0)


def _search(plan: Plan) -> Iterator[Report]:
    """Half as many again each time, until they are too many."""
    rate = plan.rate
    while True:
        report = _play(replace(plan, rate=rate, kills=0, seconds=_TRIAL_SECONDS, until_deleted=False))
        click.echo(f"{rate:.1f} flows a second: {'carried' if is_carried(report) else 'not carried'}")
        yield report
        if not is_carried(report):
            return
        rate *= 1.5


def _play(plan: Plan, logs: Path | None = None) -> Report:
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgresServer.make() as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(run(plan, Path(folder), server))
        if logs is not None:
            shutil.copytree(folder, logs, dirs_exist_ok=True)
        return report


if __name__ == "__main__":
    main()
