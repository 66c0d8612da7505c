"""What the image does, by the Dockerfile's very commands; how they were run is printed."""

import asyncio
import contextlib
import json
import os
import re
import shlex
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.flows.world import SET, World, fill_form, make_world
from tests.packaging.container import Container, Running
from tests.packaging.dockerfile import last_stage, read_dockerfile, the
from tests.packaging.image import IMAGE_USER, ROOT, build_image, is_root

# Built once: one worker runs all that need it.
pytestmark = pytest.mark.xdist_group("image")

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "WHMCS_API_IDENTIFIER", "WHMCS_API_SECRET")


@pytest.fixture(scope="module")
def built() -> Iterator[Container]:
    # Not pytest's own folder: nobody but its owner can enter that.
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        Path(folder).chmod(0o755)
        yield Container.of(build_image(Path(folder)))


@pytest.fixture
def container(built: Container) -> Container:
    """With an empty volume."""
    for left in built.volume.iterdir():
        left.unlink()
    return built


def test_it_is_said_how_the_image_was_run(built: Container, capfd: pytest.CaptureFixture[str]) -> None:
    # By way of standard error: it reaches the terminal from a worker of xdist too.
    with capfd.disabled():
        os.write(2, f"\n{built.manner}\n".encode())
    assert built.manner.startswith("The image's commands were run without a container engine: ")


def test_no_build_tools_and_nothing_but_the_lock_is_in_the_last_stage(container: Container) -> None:
    listing = "import importlib.metadata as m, json; print(json.dumps(sorted(d.name for d in m.distributions())))"
    installed = {
        _canonical(name) for name in json.loads(container.run(["/bin/sh", "-c", f"python -c '{listing}'"]).stdout)
    }
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    # Of another system, such as Windows's colorama, are those with a condition behind them.
    needed = {_canonical(name) for name in re.findall(r"^([\w.-]+)==[^ ]+ \\$", lock, re.MULTILINE)}
    conditional = {_canonical(name) for name in re.findall(r"^([\w.-]+)==[^ ]+ ;", lock, re.MULTILINE)}
    assert needed | {"reset-password-bot"} <= installed <= needed | conditional | {"reset-password-bot"}
    assert needed
    for python in ("venv", "usr/local"):
        tried = container.run([str(container.image.path(python) / "bin/python"), "-m", "pip", "--version"])
        assert "No module named pip" in tried.stderr


def test_the_code_is_compiled_already_since_nothing_can_be_written_later(container: Container) -> None:
    [packages] = container.image.path("venv").glob("lib/*/site-packages")
    sources = {
        path.relative_to(packages) for name in ("bot", "whmcs", "aiohttp") for path in (packages / name).rglob("*.py")
    }
    compiled = {path.relative_to(packages) for path in packages.rglob("*.pyc")}
    assert sources
    assert {path for path in sources if not any(_compiled(path, compiled))} == set()


def test_nothing_can_be_written_outside_of_the_volume(container: Container) -> None:
    root = container.image.root
    for place in (root, root / "app", root / "venv", root / "usr/local", root / "venv/lib"):
        assert container.run(["touch", str(place / "written")]).returncode != 0, place
    assert container.run(["touch", "var/written"]).returncode == 0
    assert (container.volume / "written").stat().st_uid == _image_user()


def test_the_commands_are_there_under_both_names_and_from_everywhere(container: Container) -> None:
    said = "reset-password-bot, version 0.1.0\n"
    for command in (["reset-password-bot", "--version"], ["python", "-m", "bot", "--version"]):
        assert container.run(command, cwd="/").stdout == said


def test_the_database_is_made_by_the_installed_migrations_away_from_the_checkout(container: Container) -> None:
    address = f"sqlite:///{container.volume}/elsewhere.db"
    made = container.run(["reset-password-bot", "migrate"], cwd="/", DATABASE_URL=address)
    assert made.stdout.startswith("The database is at revision 0"), made.stderr
    listed = container.run(["reset-password-bot", "audit", "list"], cwd="/", DATABASE_URL=address)
    assert (listed.returncode, listed.stderr) == (0, "No events.\n")


def test_backup_and_restore_of_the_upgrade_page_work_in_the_image(container: Container) -> None:
    page = (ROOT / "docs/upgrading.md").read_text(encoding="utf-8")
    backup, restore = (shlex.split(line) for line in re.findall(r"--entrypoint (.+)", page))
    for command in (backup, restore):
        command.remove("bot")  # the service, which compose asks for between program and arguments
    assert container.run(["reset-password-bot", "migrate"]).returncode == 0
    assert container.run(backup).stderr == ""
    (container.volume / "bot.db").write_bytes(b"spoiled")
    (container.volume / "bot.db-wal").touch()
    assert container.run(restore).stderr == ""
    assert {path.name for path in container.volume.iterdir()} == {"bot.db", "before-upgrade.db"}
    assert container.run(["reset-password-bot", "audit", "list"]).stderr == "No events.\n"


def test_what_an_installation_needs_beside_the_code_came_with_the_wheel(container: Container) -> None:
    shared = container.image.path("venv/share/reset-password-bot")
    brought = {path.name: path.read_bytes() for path in shared.iterdir()}
    assert brought == {
        "manifest.yml": (ROOT / "manifest.yml").read_bytes(),
        "env.example": (ROOT / ".env.example").read_bytes(),
        "reset-password-bot.service": (ROOT / "deploy/reset-password-bot.service").read_bytes(),
    }


@pytest.mark.asyncio
async def test_the_bot_works_as_another_user_without_any_right_and_with_secrets_from_files(
    container: Container, tmp_path: Path
) -> None:
    before = _everything(container)
    async with _world(container, tmp_path) as (world, settings), container.start(tmp_path / "log", settings) as running:
        await _ready(world, running, tmp_path / "log")
        status = running.status
        assert set(status["Uid"].split()) == {str(_image_user())}
        assert {status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}
        assert status["NoNewPrivs"] == "1"
        if container.has_namespaces:
            assert status["NSpid"].split()[-1] == "1"
        await _resets_a_password(world)
        assert await running.stop() == 0
    assert {path for path in _everything(container) ^ before if container.volume not in path.parents} == set()
    assert {path.name for path in container.volume.iterdir()} == {"bot.db"}
    assert (container.volume / "bot.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.asyncio
async def test_the_health_check_holds_while_the_bot_runs_and_fails_when_it_has_ended(
    container: Container, tmp_path: Path
) -> None:
    async with _world(container, tmp_path) as (world, settings), container.start(tmp_path / "log", settings) as running:
        await _ready(world, running, tmp_path / "log")
        port = settings["OPS_PORT"]
        healthy = await asyncio.to_thread(container.run, container.image.health, OPS_PORT=port)
        assert (healthy.returncode, healthy.stdout) == (0, f"http://127.0.0.1:{port}/healthz: ok\n")
        assert await running.stop() == 0
    assert (await asyncio.to_thread(container.run, container.image.health, OPS_PORT=port)).returncode == 1


@pytest.mark.asyncio
async def test_a_wrong_setting_ends_the_container_at_once(container: Container, tmp_path: Path) -> None:
    async with container.start(tmp_path / "log", {"PORT": "none"}) as running, asyncio.timeout(30):
        assert await running.process.wait() == 2
    assert "PORT: " in (tmp_path / "log").read_text(encoding="utf-8")


def test_the_last_stage_ends_as_a_container_should() -> None:
    stage = last_stage(read_dockerfile(ROOT / "Dockerfile"))
    assert the("USER", stage).value == f"{IMAGE_USER}:{IMAGE_USER}"
    assert the("VOLUME", stage).words == ["/app/var"]
    assert the("STOPSIGNAL", stage).value == "SIGTERM"
    assert the("ENTRYPOINT", stage).words == ["reset-password-bot"]
    assert the("CMD", stage).words == ["serve"]


@asynccontextmanager
async def _world(container: Container, folder: Path) -> AsyncIterator[tuple[World, dict[str, str]]]:
    """Slack and WHMCS, and settings as compose.yaml gives them: the secrets by file, the database by default."""
    async with make_world(folder) as world:
        world.database = container.volume / "bot.db"
        settings = {name: value for name, value in world.settings.items() if name != "DATABASE_URL"}
        # A folder of its own, which the image's user can enter; as a mount of secrets is, readable by that user alone.
        with tempfile.TemporaryDirectory(prefix="secrets-") as secrets:
            Path(secrets).chmod(0o755)
            for name in SECRETS:
                path = Path(secrets) / name.lower()
                path.write_text(settings.pop(name) + "\n", encoding="utf-8")
                path.chmod(0o400)
                if is_root():
                    os.chown(path, IMAGE_USER, IMAGE_USER)
                settings[f"{name}_FILE"] = str(path)
            yield world, settings | {"DEFAULT_LOCALE": "es"}


async def _ready(world: World, running: Running, log: Path) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(30):
        while running.process.returncode is None:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{world.ops_url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError(f"the bot ended:\n{log.read_text(encoding='utf-8')}")


async def _resets_a_password(world: World) -> None:
    """In Spanish, which needs the catalogue."""
    modal = await fill_form(world.agent, "ana@example.com", SET)
    await modal.submit()
    await modal.shows("Listo")
    message = await world.agent.direct_message(containing="Contraseña nueva")
    assert world.whmcs.opens("ana@example.com", message.password)


def _image_user() -> int:
    """Only root can become somebody else."""
    return IMAGE_USER if is_root() else os.getuid()


def _compiled(source: Path, compiled: set[Path]) -> Iterator[Path]:
    """Its compiled form, of whichever Python."""
    return (
        path for path in compiled if path.parent.parent == source.parent and path.name.startswith(f"{source.stem}.")
    )


def _everything(container: Container) -> set[Path]:
    return set(container.image.root.rglob("*"))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
