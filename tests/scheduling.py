"""Which tests stay together on one worker of pytest-xdist.

xdist 3.8 hands a test's group on in an attribute that pytest 9.2 no longer reads, so that `--dist loadgroup` alone keeps
nothing together, without a word. Here the group is read from the module, where each `xdist_group` stands.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]  # it comes without types

ROOT: Final = Path(__file__).parents[1]

_GROUP: Final = re.compile(r"""^pytestmark\b.*\bxdist_group\("([\w-]+)"\)""", re.MULTILINE)


@cache
def find_group(path: str) -> str | None:
    """The group of this test module, if it names one; `path` is seen from the project's root."""
    found = _GROUP.search((ROOT / path).read_text(encoding="utf-8"))
    return found[1] if found else None


class GroupScheduling(LoadGroupScheduling):  # type: ignore[misc]  # its base comes without types
    def _split_scope(self, nodeid: str) -> str:
        return find_group(nodeid.partition("::")[0]) or nodeid
