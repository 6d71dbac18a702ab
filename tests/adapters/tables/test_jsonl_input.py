"""JSONL as jobs read it, and the refusals."""

from pathlib import Path

import pytest

from tests.support.tables import ids_of, opened, rows_of, written
from threadhost.actors.job_ports import InputRefused

ROW_1 = "failed to parse jsonl input: row 1: "


def test_values_of_jsonl_keep_their_types_and_missing_keys_are_null(tmp_path: Path) -> None:
    data = '\ufeff{"a": 1, "b": "x"}\n\n{"b": ["y"]}\r\n{}\n{"a": null, "b": ""}\n{"b": 0}'
    where = written(tmp_path / "in.jsonl", data)
    rows = opened(where)
    assert rows.headers == ["a", "b"]
    rows.close()
    assert rows_of(where) == [{"a": 1, "b": "x"}, {"a": None, "b": ["y"]}, {"a": None, "b": 0}]


def test_row_ids_are_made_from_values_of_any_type(tmp_path: Path) -> None:
    data = '{"id": 7, "t": 1}\n{"id": "7", "t": 1}\n{"t": 1}\n{"id": [1], "t": 1}\n'
    assert ids_of(written(tmp_path / "in.ndjson", data), "id") == ["7", "7-2", "row-3", "[1]"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "jsonl input must begin with an object that has keys"),
        (b"{}\n", "jsonl input must begin with an object that has keys"),
        (b"[1]\n", "jsonl row 1 is not a JSON object"),
        (
            b'{"a": 1}' + (b"\n" + b" " * 9_999) * 500,
            "failed to parse jsonl input: nothing but empty rows",
        ),
        (b'{"a": 1}\n\n3\n', "jsonl row 3 is not a JSON object"),
        (b'{"a": 1}\n{"b": 2}\n', "jsonl row 2 has the key b, which the first row has not"),
        (b'{"a": 1, "a": 2}\n', "failed to parse jsonl input: row 1: the key a is there twice"),
        (b'{"a": NaN}\n', "failed to parse jsonl input: row 1: NaN is not a number of JSON"),
        (b'{"a": "\xff"}\n', "failed to parse jsonl input: line 1 is not UTF-8"),
        (b'{"a": "\\ud800"}\n', "failed to parse jsonl input: row 1 has half a character"),
        (b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}", "failed to parse jsonl input: row 1: it is"),
        (b'{"a": ' + b"[" * 200_000, "failed to parse jsonl input: row 1 is nested too deep"),
        (b'{"a": 1e999}', "failed to parse jsonl input: row 1: "),
        (b'{"a": ' + b"1" * 5000 + b"}", f"{ROW_1}it holds a number of more than 4000 digits"),
        (b'{"a": [-' + b"1" * 4000 + b"]}", f"{ROW_1}it holds a number of more than 4000 digits"),
        (b'{"a": 1', "failed to parse jsonl input: row 1: "),
        (b'{"a": "' + b"x" * 10_000_000, "failed to parse jsonl input: row 1 has more than"),
    ],
    ids=range(17),
)
def test_a_line_that_is_no_row_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        rows_of(written(tmp_path / "in.jsonl", data))
    assert str(refused.value).startswith(words)
