"""What is seen in the end when something fails, on the real process; docs/reliability.md is written from it.

`row` is a line of that page, `case` the agent and the user with whom it is played, `stage` the local servers and the
processes, `steps` what is done on the way to a fault, `checks` what must be seen after every row. A module of rows
(`whmcs_faults`, `slack_faults`, `sqlite_faults`, `stopped`, ...) says which there are; its `test_` module plays them all in
one moment, and `table` names it as a section of the page.

A new row goes into the module of what fails, and the page is written anew: `python -m tests.reliability.table`. A new
kind of failure is a module of rows, a `test_` module with an `xdist_group` of its own, and a section.
"""
