from tests.reliability.table import PAGE, SECTIONS, render


def test_the_page_says_what_the_tests_look_for() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "write it anew: python -m tests.reliability.table"


def test_each_row_has_a_name_of_its_own_and_says_what_is_read() -> None:
    for section in SECTIONS:
        assert len({row.id for row in section.rows}) == len(section.rows)
        assert all(row.reads for row in section.rows)
