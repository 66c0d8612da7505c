"""Dockerfile, compose files and systemd unit: linter results and required content."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import VERSION
from bot.settings import Settings
from tests.packaging.dockerfile import IMAGE_USER, ROOT, Instruction, last_stage, read_dockerfile, the

BIN = Path(sys.executable).parent
UNIT = ROOT / "deploy/reset-password-bot.service"


def _stages(path: Path) -> tuple[tuple[Instruction, ...], tuple[Instruction, ...]]:
    """Return the instructions of the build stage and of the last one."""
    instructions = read_dockerfile(path)
    last = last_stage(instructions)
    return instructions[: -len(last)], last


def complaints(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr + (done.stdout if done.returncode else "")


def test_hadolint_accepts_the_dockerfile() -> None:
    assert complaints(BIN / "hadolint", "--no-color", "Dockerfile") == ""


def test_hadolint_reports_a_bad_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nCMD python -m bot\n", encoding="utf-8")
    assert "DL3006" in complaints(BIN / "hadolint", "--no-color", tmp_path / "Dockerfile")


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgresql.yaml"])
def test_the_compose_file_matches_the_schema_of_the_specification(tmp_path: Path, name: str) -> None:
    check = (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    assert complaints(*check, name) == ""
    text = (ROOT / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(text.replace("read_only: true", "read_only: [1]"), encoding="utf-8")
    assert "read_only" in complaints(*check, tmp_path / name)


def test_the_last_stage_has_the_expected_user_volume_signal_and_command() -> None:
    stage = last_stage(read_dockerfile(ROOT / "Dockerfile"))
    assert the("USER", stage).value == f"{IMAGE_USER}:{IMAGE_USER}"
    assert the("VOLUME", stage).words == ["/app/var"]
    assert the("STOPSIGNAL", stage).value == "SIGTERM"
    assert the("ENTRYPOINT", stage).words == ["reset-password-bot"]
    assert the("CMD", stage).words == ["serve"]
    # slack_sdk reads HOME when it is imported, and a user without a name has none.
    assert "HOME=/app" in the("ENV", stage).value.split()
    assert "COPY --from=build /venv /venv" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_has_compiled_code_and_no_build_tools() -> None:
    build, last = (
        "\n".join(found.value for found in stage if found.keyword == "RUN") for stage in _stages(ROOT / "Dockerfile")
    )
    assert "venv --without-pip /venv" in build
    assert "pip uninstall --yes --quiet --root-user-action ignore pip setuptools wheel" in last
    assert "compileall -q --invalidation-mode unchecked-hash /venv/lib" in build
    assert "compileall -q --invalidation-mode unchecked-hash /usr/local/lib/python3.11" in last
    assert "install --directory --owner=10001 --group=10001 --mode=0700 /app/var" in last


def test_the_dockerfile_copies_what_dockerignore_lets_through() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        name
        for found in read_dockerfile(ROOT / "Dockerfile")
        if found.keyword == "COPY" and "from" not in found.flags
        for name in found.value.split()[:-1]
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_everything_is_installed_by_hash_and_nothing_is_resolved() -> None:
    commands = [found.value for found in read_dockerfile(ROOT / "Dockerfile") if found.keyword == "RUN"]
    installing = [
        part for command in commands for part in command.split("&&") if re.search(r"\b(install|wheel) -", part)
    ]
    by_pip = [part for part in installing if "-m pip" in part]
    assert len(by_pip) == 4
    for part in by_pip:
        assert "--no-deps" in part
        assert "--require-hashes" in part or "--no-index" in part


def test_the_container_has_no_unneeded_privileges(bot: dict[str, Any]) -> None:
    assert bot["user"] == f"{IMAGE_USER}:{IMAGE_USER}"
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert "cap_add" not in bot
    assert "privileged" not in bot
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert bot["ulimits"] == {"core": 0}


def test_the_container_can_only_write_to_the_images_volume(bot: dict[str, Any]) -> None:
    [written] = bot["volumes"]
    assert [written.partition(":")[2]] == the("VOLUME", last_stage(read_dockerfile(ROOT / "Dockerfile"))).words
    assert [place.partition(":")[0] for place in bot["tmpfs"]] == ["/tmp"]  # noqa: S108 - a mount of the container


def test_the_container_publishes_the_bots_port_on_loopback_only(bot: dict[str, Any]) -> None:
    port = Settings.model_fields["port"].default
    assert bot["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_each_secret_of_the_container_comes_from_a_mounted_file(compose: dict[str, Any]) -> None:
    bot = compose["services"]["bot"]
    named = {name.removesuffix("_FILE").lower(): path for name, path in bot["environment"].items()}
    assert named == {name: f"/run/secrets/{name}" for name in bot["secrets"]}
    assert compose["secrets"] == {name: {"file": f"./secrets/{name}"} for name in bot["secrets"]}
    assert named.keys() <= Settings.model_fields.keys()


def test_the_containers_health_check_is_the_images(bot: dict[str, Any]) -> None:
    image = the("HEALTHCHECK", read_dockerfile(ROOT / "Dockerfile"))
    check = dict(bot["healthcheck"])
    assert check.pop("test") == ["CMD", *image.words]
    assert {name.replace("_", "-"): str(value) for name, value in check.items()} == image.flags


def test_the_container_has_time_to_stop_and_is_tagged_with_this_version(bot: dict[str, Any]) -> None:
    assert bot["stop_grace_period"] == "30s"
    assert bot["image"] == f"reset-password-bot:{VERSION}"


@pytest.mark.parametrize("service", ["migrate", "database"])
def test_the_other_containers_have_no_unneeded_privileges(with_postgresql: dict[str, Any], service: str) -> None:
    found = with_postgresql["services"][service]
    assert found["user"] == {"migrate": f"{IMAGE_USER}:{IMAGE_USER}", "database": "999:999"}[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["ulimits"] == {"core": 0}
    assert found["mem_limit"] == found["memswap_limit"]
    assert not {"cap_add", "privileged", "ports"} & found.keys()


def test_the_bot_starts_after_migrate_and_migrate_after_the_database(
    with_postgresql: dict[str, Any], bot: dict[str, Any]
) -> None:
    services = with_postgresql["services"]
    assert services["bot"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (services["migrate"]["image"], services["migrate"]["command"]) == (bot["image"], ["migrate"])
    assert services["migrate"]["restart"] == "no"
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


def test_the_database_url_and_password_come_from_separate_files(
    with_postgresql: dict[str, Any], compose: dict[str, Any]
) -> None:
    services = with_postgresql["services"]
    for name in ("bot", "migrate"):
        assert services[name]["environment"] == {"DATABASE_URL_FILE": "/run/secrets/database_url"}
        assert services[name]["secrets"] == ["database_url"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert services["database"]["secrets"] == ["postgres_password"]
    secrets = with_postgresql["secrets"]
    assert secrets == {name: {"file": f"./secrets/{name}"} for name in ("database_url", "postgres_password")}
    # The second file only adds to the first one.
    assert not secrets.keys() & compose["secrets"].keys()
    assert services["bot"].keys() == {"environment", "secrets", "depends_on"}


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    # systemd-analyze checks that the command exists, so use one that does.
    text = UNIT.read_text(encoding="utf-8")
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    assert complaints(_systemd_analyze(), "verify", copy) == ""
    copy.write_text(copy.read_text(encoding="utf-8").replace("NoNewPrivileges", "NoNewPrivilege"), encoding="utf-8")
    assert "NoNewPrivilege" in complaints(_systemd_analyze(), "verify", copy)


def test_systemd_rates_the_exposure_of_the_unit_as_low() -> None:
    rating = complaints(_systemd_analyze(), "security", "--no-pager", "--offline=true", "--threshold=20", UNIT)
    assert rating == ""


def test_the_unit_keeps_passwords_off_the_disk_and_allows_time_to_stop() -> None:
    unit = _unit()
    assert ("LimitCORE", "0") in unit
    assert ("MemorySwapMax", "0") in unit
    assert ("CapabilityBoundingSet", "") in unit
    assert ("TimeoutStopSec", "30") in unit
    assert ("RestartPreventExitStatus", "2") in unit


def test_each_secret_of_the_unit_is_a_credential_that_it_loads() -> None:
    loaded = {value.partition(":")[0] for name, value in _unit() if name == "LoadCredential"}
    given = dict(value.split("=", 1) for name, value in _unit() if name == "Environment")
    assert {name: path for name, path in given.items() if name.endswith("_FILE")} == {
        f"{name.upper()}_FILE": f"%d/{name}" for name in loaded
    }
    assert loaded <= Settings.model_fields.keys()


@pytest.fixture
def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")
    return found


@pytest.fixture
def with_postgresql() -> dict[str, Any]:
    """The second compose file, which extends the first one."""
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.postgresql.yaml")
    return found


@pytest.fixture
def bot(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]["bot"]
    return found


def _unit() -> list[tuple[str, str]]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [
        (name, value) for name, found, value in (line.partition("=") for line in lines if line[:1].isalpha()) if found
    ]


def _systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    assert found, "systemd-analyze checks the unit: apt install systemd"
    return found
