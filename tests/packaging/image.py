"""Builds what the Dockerfile builds, by its own commands, in a folder instead of an image.

A folder stands for the image's `/`: each absolute path in the Dockerfile is taken below it. A virtual environment in
`/usr/local` of that folder stands for the base image's Python; all else of the base image is this machine's.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.packaging.dockerfile import Instruction, read_dockerfile, the

ROOT = Path(__file__).parents[2]
IMAGE_USER = 10001

_ABSOLUTE = re.compile(r"(^|[\s=:\"'])/(?=[a-z])")
# What pip needs to reach this machine's package index.
_PASSED_ON = re.compile(r"(?i)PIP_\w+|\w+_PROXY|SSL_CERT_\w+|HOME")


def is_root() -> bool:
    return os.getuid() == 0


@dataclass
class Image:
    """`root` is the image's `/`; the rest is what the Dockerfile's instructions leave behind."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    volumes: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    stop_signal: str = ""
    user: str = ""

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def begin_stage(self, python: str) -> None:
        """An empty image with nothing but the base image's Python."""
        self.root.mkdir()
        # As in the image, files are readable by all whatever the umask of this process is.
        self.root.chmod(0o755)
        subprocess.run([python, "-m", "venv", self.root / "usr/local"], check=True)
        self.environ = {"PATH": f"{self.root}/usr/local/bin:/usr/bin:/bin"}
        self.workdir = "/"

    def inside(self, text: str) -> str:
        """With each absolute path taken below the image's root."""
        return _ABSOLUTE.sub(lambda found: f"{found[1]}{self.root}/", text)


def build_image(folder: Path) -> Image:
    """Carry out the Dockerfile; the image is in `folder/image`, which another user can read."""
    image, context = Image(folder / "image"), copy_context(folder / "context")
    python = _find_python()
    stages: dict[str, Path] = {}
    name = ""
    instructions = read_dockerfile(ROOT / "Dockerfile")
    for instruction in instructions:
        match instruction:
            case Instruction(keyword="FROM", value=value):
                if image.root.exists():
                    # The next stage is at the same place, as each stage of an image begins at "/".
                    stages[name] = image.root.rename(folder / f"stage-{name}")
                name = value.partition(" AS ")[2]
                image.begin_stage(python)
            case Instruction(keyword="COPY", flags=flags, value=value):
                source = stages[flags["from"]] if "from" in flags else context
                _copy(source, image, value)
            case _:
                _apply(image, instruction)
    image.command = [*the("ENTRYPOINT", instructions).words, *the("CMD", instructions).words]
    return image


def _apply(image: Image, instruction: Instruction) -> None:
    match instruction:
        case Instruction(keyword="ENV", value=value):
            for pair in shlex.split(value):
                variable, _, given = pair.partition("=")
                image.environ[variable] = image.inside(given).replace("$PATH", image.environ["PATH"])
        case Instruction(keyword="WORKDIR", value=value):
            image.workdir = value
            image.path(value).mkdir(parents=True, exist_ok=True)
        case Instruction(keyword="RUN", value=value):
            _run(image, value)
        case Instruction(keyword="VOLUME"):
            image.volumes += instruction.words
        case Instruction(keyword="USER", value=value):
            image.user = value
        case Instruction(keyword="STOPSIGNAL", value=value):
            image.stop_signal = value
        case Instruction(keyword="HEALTHCHECK"):
            image.health = instruction.words
        case Instruction(keyword="EXPOSE" | "ENTRYPOINT" | "CMD"):
            pass


def _run(image: Image, command: str) -> None:
    """A cache mount is left out: pip has this machine's cache."""
    if not is_root():
        # Who isn't root can give files to nobody else.
        command = command.replace(f"--owner={IMAGE_USER}", f"--owner={os.getuid()}")
        command = command.replace(f"--group={IMAGE_USER}", f"--group={os.getgid()}")
    passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    done = subprocess.run(
        ["/bin/sh", "-c", f"umask 022; {image.inside(command)}"],
        cwd=image.path(image.workdir),
        env=passed_on | image.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"RUN {command}\n{done.stdout}{done.stderr}"


def _copy(source: Path, image: Image, value: str) -> None:
    *names, goal = value.split()
    into = image.path(goal) if goal.startswith("/") else image.path(image.workdir) / goal
    for name in names:
        found = source / name.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True)
        else:
            assert goal.endswith("/"), f"COPY {value}: not a folder"
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, into)


def copy_context(folder: Path) -> Path:
    """What .dockerignore lets through to the build."""
    first, *rules = [
        line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in {"", "#"}
    ]
    assert first == "*", "everything is left out but what is named"
    ignored = shutil.ignore_patterns(*(rule.removeprefix("**/") for rule in rules if rule.startswith("**/")))
    for name in (rule.removeprefix("!") for rule in rules if rule.startswith("!")):
        goal = folder / name
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, goal, ignore=ignored)
        else:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, goal)
    return folder


def _find_python() -> str:
    """A Python that the image's user can run as well; root's own may stand in a folder that nobody else can enter."""
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    ask = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    for python in (str(base), "/usr/bin/python3"):
        as_user = ["setpriv", f"--reuid={IMAGE_USER}", "--clear-groups"] if is_root() else []
        # By way of a shell: setpriv itself still has root's right to enter every folder.
        command = [*as_user, "sh", "-c", '"$0" -c "$1"', python, ask]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return python
    raise AssertionError("no Python 3.11 with venv that another user can run: apt install python3-venv")
