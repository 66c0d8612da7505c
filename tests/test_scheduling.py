from tests.scheduling import ROOT, find_group


def test_every_test_that_uses_the_browser_is_in_one_group() -> None:
    modules = [str(path.relative_to(ROOT)) for path in (ROOT / "tests/page").glob("test_*.py")]
    assert modules
    assert {find_group(module) for module in modules} == {"browser"}


def test_a_module_without_a_group_has_none() -> None:
    assert find_group("tests/test_scheduling.py") is None
