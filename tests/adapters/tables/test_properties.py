"""Any input file is read or refused; any rows that are written can be read again."""

import csv
import io
import json
import tracemalloc
from itertools import chain, count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.searching import tries
from tests.support.tables import ids_of, outcome, output, pages, place, rows_of, write, written
from threadhost.actors.job_ports import InputRefused
from threadhost.adapters.tables.item_ids import SLOTS_AT_FIRST, ItemIds
from threadhost.adapters.tables.text_output import OUTCOME

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
CELL = st.one_of(TEXT, st.text('",\r\n =\u2028', max_size=8))
LONG = (pytest.mark.slices, pytest.mark.timeout(120))
HEADERS = st.lists(TEXT.filter(bool), min_size=1, max_size=4, unique=True)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[dict[str, str]]]:
    headers = draw(HEADERS)
    cells = st.tuples(*(CELL for _ in headers)).filter(any)
    rows = draw(st.lists(cells, max_size=6))
    return headers, [dict(zip(headers, row, strict=True)) for row in rows]


@given(tables(), st.sampled_from(["\n", "\r\n"]))
@tries(200)
def test_rows_written_by_pythons_csv_module_are_read_unchanged(
    table: tuple[list[str], list[dict[str, str]]], end: str
) -> None:
    headers, rows = table
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headers, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        assert rows_of(written(Path(folder, "in.csv"), text.getvalue())) == rows


@pytest.mark.few(1)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
@given(tables())
@tries(200)
def test_rows_that_are_written_are_read_again(
    form: str, table: tuple[list[str], list[dict[str, str]]]
) -> None:
    headers, rows = table
    done = [outcome(number, row) for number, row in enumerate(rows)]
    with TemporaryDirectory() as folder:
        where = place(Path(folder, f"out.{form}"))
        write(where, headers, done)
        again = rows_of(where) if form == "csv" or rows else []
    ours = [name for name in headers if name in OUTCOME]
    found = [row["row"] if form == "jsonl" else {h: row[h] for h in headers} for row in again]
    assert ours or found == rows


@given(st.binary(max_size=300), st.sampled_from(["in.csv", "in.jsonl"]))
@example(b'"\r', "in.csv")
@example(b"a\r\n\r", "in.csv")
@example(b"\xef\xbb\xbf", "in.csv")
@example(b"a\0\n\0\n", "in.csv")
@tries(500)
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        where = written(Path(folder, name), data)
        try:
            ids = ids_of(where)
        except InputRefused:
            pass
        else:
            assert ids == [f"row-{n + 1}" for n in range(len(ids))]


@given(st.lists(st.text("ab-23 ", max_size=4), max_size=40))
@example(["a-2", "a-3", "a", "a", "a", "a-2"])
@tries(300)
def test_ids_are_made_unique_as_the_reference_does(texts: list[str]) -> None:
    seen: set[str] = set()
    for text, found in zip(texts, unique(texts), strict=True):
        names = chain([text], (f"{text}-{number}" for number in count(2)))
        assert found == next(name for name in names if name not in seen)
        seen.add(found)


def unique(texts: list[str]) -> list[str]:
    with ItemIds() as ids:
        return [ids.unique(text) for text in texts]


@pytest.mark.slices
def test_many_equal_ids_are_made_unique_in_linear_time() -> None:
    texts = unique(["a"] * SLOTS_AT_FIRST)
    assert texts[-1] == f"a-{SLOTS_AT_FIRST}"
    assert len(set(texts)) == SLOTS_AT_FIRST


@pytest.mark.slices
@pytest.mark.parametrize(
    ("name", "few", "many"),
    [
        ("in.csv", 3_000, 12_000),
        pytest.param("in.csv", 10_000, 200_000, marks=LONG),
        pytest.param("in.jsonl", 3_000, 30_000, marks=LONG),
    ],
)
def test_reading_many_times_the_rows_takes_no_more_memory(
    tmp_path: Path, name: str, few: int, many: int
) -> None:
    def line(number: int) -> str:
        words = {"id": f"key {number % 999}", "text": "words " * 8}
        return json.dumps(words) if name == "in.jsonl" else ",".join(words.values())

    def peak(rows: int) -> int:
        head = [] if name == "in.jsonl" else ["id,text"]
        data = "\n".join([*head, *map(line, range(rows))])
        where = written(tmp_path / name, data)
        del data
        tracemalloc.start()
        try:
            found = pages(where, "id", sizes=(100, 1 << 20))
            assert sum(len(page.rows) for page in found) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is imported
    assert peak(many) < 1.2 * peak(few)


@pytest.mark.slices
@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_writing_ten_times_the_rows_takes_no_more_memory(tmp_path: Path, name: str) -> None:
    rows = (outcome(number, {"text": f"{number} words " * 8}) for number in count())

    def peak(pages: int) -> int:
        tracemalloc.start()
        try:
            to = output(place(tmp_path / name), ["text"], replaces=True)
            for _ in range(pages):
                to.add(list(islice(rows, 200)))
            to.finish()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is imported
    assert peak(30) < 1.2 * peak(3)
