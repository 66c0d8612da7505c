"""PHP's own tests of the module, and whether PHP 7.2 could read it."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.companion.php_server import MODULE, PHP, run_php

FILES = sorted(MODULE.rglob("*.php"))
CHECK = str(PHP / "newer_than_72.php")


def test_the_modules_own_tests_in_php_pass(tmp_path: Path) -> None:
    found = shutil.which("phpunit")
    assert found is not None, "phpunit is missing: `make php` installs it"
    report = tmp_path / "report.xml"
    command = [found, "--configuration", str(PHP / "phpunit.xml"), "--log-junit", str(report)]

    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - arguments of this file

    assert finished.returncode == 0, finished.stdout + finished.stderr
    suites = ET.parse(report).getroot().findall(".//testsuite[@file]")  # noqa: S314 - phpunit's own report
    ran = {suite.attrib["name"] for suite in suites}
    assert ran == {path.stem for path in PHP.glob("*Test.php")}
    assert all(suite.attrib["skipped"] == "0" for suite in suites)


def test_php_finds_every_file_well_formed() -> None:
    assert len(FILES) > 10
    for file in FILES:
        run_php("-d", "error_reporting=-1", "-l", str(file))


def test_nothing_in_the_module_is_newer_than_php_72() -> None:
    run_php(CHECK, *(str(file) for file in FILES))


@pytest.mark.parametrize(
    "code",
    [
        "$a = fn($b) => $b;",
        "class A { private int $b; }",
        "class A { private ?int $b = null; }",
        "class A { public readonly int $b; }",
        "class A { public function __construct(private $b) {} }",
        "class A { final const B = 1; }",
        "class A { function b(): static {} }",
        "$a ??= 1;",
        "$a = [...$b];",
        "$a = match ($b) { default => 1 };",
        "$a = $b?->c;",
        "$a = $b?->c();",
        "a(b: 1);",
        "a(...);",
        "a($b,);",
        "$a->b(1,\n);",
        "new A(1,);",
        "unset($a,);",
        "function a($b,) {}",
        "function a(int|string $b) {}",
        "function a(A&B $b) {}",
        "function a(mixed $b) {}",
        "function a(): never {}",
        "function a($b = new C()) {}",
        "enum A { case B; }",
        "try { a(); } catch (E) { }",
        "$a = $b ?? throw new E();",
        "$a = $b::class;",
        "$a = 1_000;",
        "$a = 0o17;",
        "$a = <<<T\n  text\n  T;",
        "a(<<<T\ntext\nT, 1);",
        "[&$a] = $b;",
        "list(&$a) = $b;",
        "#[A]\nfunction a() {}",
        "$a = str_contains($b, 'c');",
        "$a = \\array_key_last($b);",
        "json_decode($a, true, 9, JSON_THROW_ON_ERROR);",
    ],
)
def test_the_check_finds_what_is_newer(code: str) -> None:
    found = run_php(CHECK, "-", stdin=f"<?php\n{code}\n", codes=(1,))

    assert found.stdout.startswith("-:")


@pytest.mark.parametrize(
    "code",
    [
        "$a = array(1,);",
        "$a = [1, 2,];",
        "list($a, ) = $b;",
        "list(, $a) = $b;",
        "[$a, $b] = $c;",
        "$a = <<<T\ntext\nT;",
        "$a = $b ?? 1;",
        "function a(?int $b, C ...$d): ?iterable {}",
        "function a(): void { b(...$c); }",
        "class A { private const B = 1; /** @var int */ private $c; }",
        "$a = A::class;",
        "try { a(); } catch (B | C $d) { }",
        "$a = function () use ($b) { throw new E(); };",
        "$a = ['b' => &$c];",
        "a((array) $b, array_merge([1,], array(2,)));",
    ],
)
def test_the_check_lets_what_72_knows_pass(code: str) -> None:
    run_php(CHECK, "-", stdin=f"<?php\n{code}\n")
