"""Parses the instructions that the project's Dockerfile uses."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE_USER = 10001

_KEYWORDS = (
    *("FROM", "ENV", "WORKDIR", "RUN", "COPY", "VOLUME", "USER"),
    *("EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
)
_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")


@dataclass(frozen=True)
class Instruction:
    """An instruction such as `RUN --mount=… command`: keyword, flags, and the rest as one line."""

    keyword: str
    flags: dict[str, str]
    value: str

    @property
    def words(self) -> list[str]:
        """The words of the exec form, a JSON array."""
        found = json.loads(self.value.removeprefix("CMD").strip() if self.keyword == "HEALTHCHECK" else self.value)
        if not isinstance(found, list):
            raise TypeError(f"{self.keyword} is not in exec form: {self.value}")
        return [str(word) for word in found]


def read_dockerfile(path: Path) -> tuple[Instruction, ...]:
    """Return all instructions. Raises: ValueError for an unknown one, so that none is ignored."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return tuple(_parse(line.strip()) for line in text.splitlines() if line.strip())


def _parse(line: str) -> Instruction:
    keyword, _, rest = line.partition(" ")
    if keyword not in _KEYWORDS:
        raise ValueError(f"unknown instruction: {line}")
    flags: dict[str, str] = {}
    rest = rest.strip()
    while found := _FLAG.match(rest):
        flags[found[1]] = found[2]
        rest = rest[found.end() :]
    return Instruction(keyword, flags, rest)


def last_stage(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    start = max(index for index, instruction in enumerate(instructions) if instruction.keyword == "FROM")
    return instructions[start:]


def the(keyword: str, instructions: tuple[Instruction, ...]) -> Instruction:
    """Return the only instruction with this keyword."""
    [found] = [instruction for instruction in instructions if instruction.keyword == keyword]
    return found
