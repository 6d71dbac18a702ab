"""CSV as jobs read it, and the refusals."""

from pathlib import Path

import pytest

from tests.support.tables import ids_of, opened, pages, rows_of, written
from threadhost.actors.job_ports import InputRefused
from threadhost.adapters.tables.lines import CHUNK_BYTES

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "data",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4",
        "a,b\r1,2\r3,4\r",
        "\ufeffa,b\n1,2\n3,4\n",
        '\ufeff"a","b"\n"1","2"\n"3","4"\n',
        "\n\na,b\n\n1,2\n,\n3,4\n\n\n",
    ],
)
def test_the_same_rows_are_read_whatever_program_wrote_the_csv(tmp_path: Path, data: str) -> None:
    assert rows_of(written(tmp_path / "in.csv", data)) == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("shift", range(4))
def test_a_line_may_end_anywhere_in_a_chunk(tmp_path: Path, shift: int, end: str) -> None:
    long = "x" * (CHUNK_BYTES - len(f"a{end}") - shift)
    [page] = pages(written(tmp_path / "in.csv", f"a{end}{long}{end}y{end}"))
    assert page.rows == [{"a": long}, {"a": "y"}]
    assert page.position.line == 3


def test_quoted_fields_hold_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    data = 'a,b\n"x, ""y""","1\r\n2\n\n3\r"\n" z ",\n'
    assert rows_of(written(tmp_path / "in.csv", data)) == [
        {"a": 'x, "y"', "b": "1\r\n2\n\n3\r"},
        {"a": " z ", "b": ""},
    ]


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "csv input must include a header row"),
        (b"\n\r\n", "csv input must include a header row"),
        (b",,\n1,2,3\n", "csv input must include a header row"),
        (b"a,b,a\n1,2,3\n", "csv header a is duplicated"),
        (b"a,,\n1,2,3\n", "csv header  is duplicated"),
        (b"a,b\n1,2\n1,2,3\n", "csv row 3 has 3 fields but header has 2"),
        (b'a,b\n"1\n1",2\n\n3\n', "csv row 5 has 1 fields but header has 2"),
        (b"a,b\n1,\xff\n", "failed to parse csv input: line 2 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "failed to parse csv input: line 1 is not UTF-8"),
        (b'a\n1\n"2\n3\n', "failed to parse csv input: a quote that begins in row 3 is not closed"),
        (
            b"a,b\n1," + b"x" * 10 * MIB + b"\n",
            "failed to parse csv input: row 2 has more than 1048576 bytes",
        ),
        (
            b'a,b\n1,2\n3,"' + b"x\n" * MIB + b'"\n',
            "failed to parse csv input: row 3 has more than 1048576 bytes",
        ),
        (
            ",".join(map(str, range(8192))).encode() + b"\n" + (b"," * 8191 + b"\n") * 600,
            f"failed to parse csv input: nothing but empty rows in {4 * MIB} bytes before line 514",
        ),
        (
            ",".join(map(str, range(10_001))).encode(),
            "csv input has 10001 columns, which is more than 10000",
        ),
    ],
    ids=range(14),
)
def test_a_file_that_is_no_csv_table_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        rows_of(written(tmp_path / "in.csv", data))
    assert str(refused.value) == words


def test_a_cell_of_almost_a_mebibyte_is_read(tmp_path: Path) -> None:
    long = "x" * (MIB - 100)
    assert rows_of(written(tmp_path / "in.csv", f'a,b\n1,"{long}"\n')) == [{"a": "1", "b": long}]


def test_a_table_without_rows_is_a_page_without_rows(tmp_path: Path) -> None:
    [page] = pages(written(tmp_path / "in.csv", "a,b\n,\n"))
    assert page.is_last
    assert page.rows == []


def test_an_unknown_column_of_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"^id_column key was not found in csv headers$"):
        ids_of(written(tmp_path / "in.csv", "a\n1\n"), "key")


def test_ids_of_rows_are_numbered_if_blank_and_made_unique_if_repeated(tmp_path: Path) -> None:
    where = written(tmp_path / "in.csv", "key,b\nx,1\n,2\nx,3\n,\n  ,5\nx-2,6\nrow-2,7\nx,8\n")
    assert ids_of(where, "key") == ["x", "row-2", "x-2", "row-4", "x-2-2", "row-2-2", "x-3"]
    [page] = pages(where, "key")
    assert page.source_ids == ["x", "", "x", "  ", "x-2", "row-2", "x"]


def test_rows_are_numbered_where_no_column_has_their_ids(tmp_path: Path) -> None:
    [page] = pages(written(tmp_path / "in.csv", "key\nx\n\ny\n"))
    assert page.item_ids == ["row-1", "row-2"]
    assert page.source_ids == [None, None]


def test_a_fault_in_the_first_chunk_is_reported_before_any_row_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{n},x\n" for n in range(5000))
    where = written(tmp_path / "in.csv", f"a,b\n{rows}x\n")
    with pytest.raises(InputRefused, match=r"^csv row 5002 has 1 fields but header has 2$"):
        opened(where)
