"""How many programs are made: a few that are always the same, or, with `--hypothesis-profile=long`, many new ones."""

from typing import Final

from hypothesis import HealthCheck, settings

SHORT: Final = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    # A program takes a second, and most of its lines are about what is not there.
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
settings.register_profile("long", SHORT, derandomize=False, max_examples=800)
