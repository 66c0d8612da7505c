from tests.reliability.table import PAGE, SECTIONS, render


def test_the_page_lists_the_scenarios_of_the_tests() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "regenerate it: python -m tests.reliability.table"


def test_each_row_has_a_unique_name_and_states_what_is_read() -> None:
    for section in SECTIONS:
        assert len({scenario.id for scenario in section.scenarios}) == len(section.scenarios)
        assert all(scenario.reads for scenario in section.scenarios)
