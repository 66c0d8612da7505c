"""The built wheel, installed like in the image: outside the checkout, with the locked packages, without privileges."""

import asyncio
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import httpx
import pytest

from tests.harness.plain_http import http_client
from tests.harness.world import SET, World, complete_reset, make_world
from tests.packaging.dockerfile import ROOT, last_stage, read_dockerfile, the

# One worker runs all these tests, so that the wheel is built once.
pytestmark = pytest.mark.xdist_group("installation")

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "WHMCS_API_IDENTIFIER", "WHMCS_API_SECRET")


@dataclass
class Installation:
    """An installed wheel. `folder` is read-only except for the image's volume `var`."""

    folder: Path

    @property
    def volume(self) -> Path:
        return self.folder / "var"

    def wrap(self, command: Sequence[str]) -> list[str]:
        """Drop all capabilities, without which file modes also apply to root."""
        powerless = ["--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
        return ["setpriv", *powerless, "--no-new-privs", "--", *command]

    def environ(self, **settings: str) -> dict[str, str]:
        path = f"{self.folder}/venv/bin:/usr/bin:/bin"
        return {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(self.folder), **settings}

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.wrap(command),
            cwd=self.folder,
            env=self.environ(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextlib.asynccontextmanager
    async def serve(self, log: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the image's command; kill it at the end if it still runs."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *self.wrap(["reset-password-bot", "serve"]),
                cwd=self.folder,
                env=self.environ(**settings),
                stdout=output,
                stderr=output,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("installed") / "app")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    dist = made.folder.parent / "dist"
    made.volume.mkdir(parents=True)
    _do([sys.executable, "-m", "venv", "--without-pip", made.folder / "venv"])
    _do([*pip, "wheel", "--no-deps", "--wheel-dir", dist, ROOT])
    python = made.folder / "venv/bin/python"
    _do([*pip, "--python", python, "install", "--no-compile", "--no-deps", "--no-index", *dist.iterdir()])
    [packages] = made.folder.glob("venv/lib/*/site-packages")
    _link_locked_packages(packages)
    _do(["chmod", "-R", "a-w", made.folder])
    made.volume.chmod(0o700)
    return made


@pytest.fixture
def installation(installed: Installation) -> Installation:
    """The installation with an empty volume."""
    for left in installed.volume.iterdir():
        left.unlink()
    return installed


def _do(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _link_locked_packages(packages: Path) -> None:
    """Link only the packages of requirements/runtime.txt, as installed in this environment."""
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", lock, re.MULTILINE)
    assert names
    for name in names:
        # Packages for other systems, such as colorama for Windows, are not installed here.
        with contextlib.suppress(PackageNotFoundError):
            found = distribution(name)
            for top in {file.parts[0] for file in found.files or () if file.parts[0] not in {"..", "__pycache__"}}:
                if not (packages / top).exists():
                    (packages / top).symlink_to(Path(str(found.locate_file(top))).resolve())


def test_the_commands_exist_under_both_names(installation: Installation) -> None:
    for command in (["reset-password-bot", "--version"], ["python", "-P", "-m", "bot", "--version"]):
        assert installation.run(*command).stdout == "reset-password-bot, version 0.1.0\n"


def test_only_the_volume_can_be_written(installation: Installation) -> None:
    for place in (".", "venv", "venv/lib"):
        assert installation.run("touch", f"{place}/written").returncode != 0, place
    assert installation.run("touch", "var/written").returncode == 0


def test_the_installed_migrations_create_the_database(installation: Installation) -> None:
    address = f"sqlite:///{installation.volume}/elsewhere.db"
    made = installation.run("reset-password-bot", "migrate", DATABASE_URL=address)
    assert made.stdout.startswith("The database is at revision 0"), made.stderr
    listed = installation.run("reset-password-bot", "audit", "list", DATABASE_URL=address)
    assert (listed.returncode, listed.stderr) == (0, "No events.\n")


def test_the_backup_and_restore_commands_of_the_upgrade_page_work(installation: Installation) -> None:
    page = (ROOT / "docs/upgrading.md").read_text(encoding="utf-8")
    backup, restore = (shlex.split(line) for line in re.findall(r"--entrypoint (.+)", page))
    for command in (backup, restore):
        command.remove("bot")  # the service, which compose asks for between program and arguments
    assert installation.run("reset-password-bot", "migrate").returncode == 0
    assert installation.run(*backup).stderr == ""
    (installation.volume / "bot.db").write_bytes(b"spoiled")
    (installation.volume / "bot.db-wal").touch()
    assert installation.run(*restore).stderr == ""
    assert {path.name for path in installation.volume.iterdir()} == {"bot.db", "before-upgrade.db"}
    assert installation.run("reset-password-bot", "audit", "list").stderr == "No events.\n"


def test_the_wheel_contains_the_manifest_the_example_settings_and_the_unit(installation: Installation) -> None:
    shared = installation.folder / "venv/share/reset-password-bot"
    assert {path.name: path.read_bytes() for path in shared.iterdir()} == {
        "manifest.yml": (ROOT / "manifest.yml").read_bytes(),
        "env.example": (ROOT / ".env.example").read_bytes(),
        "reset-password-bot.service": (ROOT / "deploy/reset-password-bot.service").read_bytes(),
    }


@pytest.mark.asyncio
async def test_the_bot_works_without_privileges_and_with_secrets_from_files(
    installation: Installation, tmp_path: Path
) -> None:
    before = set(installation.folder.rglob("*"))
    health = the("HEALTHCHECK", last_stage(read_dockerfile(ROOT / "Dockerfile"))).words
    async with _world(installation, tmp_path) as (world, settings):
        port = settings["OPS_PORT"]
        async with installation.serve(tmp_path / "log", **settings) as process:
            await _ready(world, process, tmp_path / "log")
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            rights = dict(re.findall(r"^(Cap(?:Inh|Prm|Eff|Amb)|NoNewPrivs):\s*(\w+)$", status, re.MULTILINE))
            assert rights.pop("NoNewPrivs") == "1"
            assert {value.strip("0") for value in rights.values()} == {""}
            healthy = await asyncio.to_thread(installation.run, *health, OPS_PORT=port)
            assert (healthy.returncode, healthy.stdout) == (0, f"http://127.0.0.1:{port}/healthz: ok\n")
            await _resets_a_password(world)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                assert await process.wait() == 0
        assert (await asyncio.to_thread(installation.run, *health, OPS_PORT=port)).returncode == 1
    assert set(installation.folder.rglob("*")) - before == {installation.volume / "bot.db"}
    assert (installation.volume / "bot.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.asyncio
async def test_a_wrong_setting_ends_the_process_at_once(installation: Installation, tmp_path: Path) -> None:
    async with installation.serve(tmp_path / "log", PORT="none") as process, asyncio.timeout(30):
        assert await process.wait() == 2
    assert "PORT: " in (tmp_path / "log").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def _world(installation: Installation, folder: Path) -> AsyncIterator[tuple[World, dict[str, str]]]:
    """Yield Slack, WHMCS and settings like those of compose.yaml: secrets from files, the default database."""
    async with make_world(folder) as world:
        world.database = installation.volume / "bot.db"
        settings = {name: value for name, value in world.settings.items() if name != "DATABASE_URL"}
        for name in SECRETS:
            path = folder / name.lower()
            path.write_text(settings.pop(name) + "\n", encoding="utf-8")
            path.chmod(0o400)
            settings[f"{name}_FILE"] = str(path)
        yield world, settings | {"DEFAULT_LOCALE": "es"}


async def _ready(world: World, process: asyncio.subprocess.Process, log: Path) -> None:
    async with http_client() as client, asyncio.timeout(30):
        while process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{world.ops_url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError(f"the bot ended:\n{log.read_text(encoding='utf-8')}")


async def _resets_a_password(world: World) -> None:
    """Reset a password in Spanish, which needs the message catalogue."""
    await complete_reset(world.agent, "ana@example.com", SET)
    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert world.whmcs.opens("ana@example.com", message.password)
