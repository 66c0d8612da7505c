"""Many agents at once on replicas that are killed meanwhile: `python -m tests.load`, and a few seconds of it as a test.

`flow` is one agent from the command to the outcome on screen, `load` lets them come and kills, `checks` is what must hold
afterwards, `figures` the table that is printed, `machine` who took how much of the processors.
"""
