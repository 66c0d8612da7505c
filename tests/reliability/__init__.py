"""Faults on the real process, and the visible result of each; docs/reliability.md is generated from these scenarios.

`scenario` is a row of that page, `scenario_run` the agent and the user who play it, `harness` the fake servers and the
bot's processes, `steps` the way to a fault, `checks` what must hold after every scenario. Modules of scenarios
(`whmcs_faults`, `slack_faults`, `sqlite_faults`, `stopped`, ...) list them; the `test_` module of each plays all of them
at the same time on one bot, and `table` names it as a section of the page.

Add a scenario to the module of its fault and regenerate the page: `python -m tests.reliability.table`. A new kind of
fault is a module of scenarios, a `test_` module of the `xdist_group` "reliability", and a section.
"""
