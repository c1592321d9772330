"""Tables for Excel: written so that nothing is taken for a formula, read as Russian Excel saves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.errors import HelpdeskError
from helpdesk.services.spreadsheets import rows, written

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3).filter(any), min_size=1, max_size=5)


@given(TABLES, st.sampled_from(";,"))
def test_what_was_written_is_read_again(table, delimiter):
    head = ["a", "b", "c"]
    assert [cells for _line, cells in rows(written([head, *table], delimiter))] == [head, *table]


@pytest.mark.parametrize("cell", ["=1+1", "+7 727", "-1", "@cmd", "'=1"])
def test_no_cell_is_a_formula(cell):
    assert written([[cell, "x"]], ";").decode("utf-8-sig") == f"'{cell};x\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_file_of_russian_excel_is_read(encoding):
    assert rows("Дата;С\r\n;\r\n01.09.2026;09:00\r\n".encode(encoding)) == [
        (1, ["Дата", "С"]),
        (3, ["01.09.2026", "09:00"]),
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00", b"x" * 600_000])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(HelpdeskError):
        rows(content)
