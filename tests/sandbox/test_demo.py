"""`make demo`, run as a person runs it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]


async def _demo(**environ: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Restablecer contraseña", "Cambiar contraseña", "Solo visible para usted", "Borrar ahora"]),
        ("en", ["Reset password", "Set a password", "Only visible to you", "Delete now"]),
    ],
)
async def test_the_demo_walks_through_both_methods_and_ends_with_the_audit(language: str, words: list[str]) -> None:
    code, output = await _demo(DEMO="terminal", DEMO_LANGUAGE=language)
    assert code == 0, output
    assert all(word in output for word in words)
    audit = output[output.index("audit list") :]
    assert all(method in audit for method in ("reset_email", "set_password"))
    assert audit.count("SUCCEEDED") == 2
    assert "DENIED" in audit
    assert "Traceback" not in output
    assert not any(
        secret in output for secret in ("xoxb-", "fake-secret", "fake-companion-secret", "fake-signing-secret")
    )


async def test_a_demo_that_is_not_known_is_refused_by_name() -> None:
    code, output = await _demo(DEMO="hologram")
    assert code == 2
    assert "DEMO" in output
