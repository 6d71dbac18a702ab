"""Output files of jobs: their contents, and which existing files they replace."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from re import escape
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.scarce import files_no_larger_than
from tests.support.tables import JOB, outcome, output, place, write
from threadhost.actors.job_ports import Format, OutputFailed, OutputRefused
from threadhost.events.store.faults import NO_GROWTH

ROW = {"a": "x, y", "b": 'say "hi"'}
FORMS = pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def descriptor_of(path: Path) -> int:
    """The descriptor of this process for a file."""
    for name in Path("/dev/fd").iterdir():
        with suppress(OSError):
            if os.path.samestat(os.fstat(int(name.name)), path.stat()):
                return int(name.name)
    raise LookupError(path)


def test_csv_is_quoted_if_necessary_and_times_are_rfc_3339(tmp_path: Path) -> None:
    rows = [
        outcome(0, ROW),
        outcome(1, {"a": "1\n2", "b": None}, result=None, reported_at_ms=None)._replace(
            item_id="x", source_id="x", status="failed", attempts=3, error="it, failed"
        ),
    ]
    to = write(place(tmp_path / "out.csv"), ["a", "b"], rows)
    at, later = (f"2023-11-14T22:13:20.00{n}+00:00" for n in (0, 1))
    assert Path(to).read_bytes().decode() == (
        "a,b,job_id,item_id,row_index,source_id,status,attempt_count,last_error,result_json,"
        "reported_at,completed_at\n"
        f'"x, y","say ""hi""",{JOB},row-1,0,,completed,1,,"{{""n"":0}}",{at},{at}\n'
        f'"1\n2",,{JOB},x,1,x,failed,3,"it, failed",,,{later}\n'
    )


def test_jsonl_keeps_values_with_their_types(tmp_path: Path) -> None:
    rows = [outcome(0, {"a": 1, "b": ["ü"]})]
    assert Path(write(place(tmp_path / "out.jsonl"), ["a", "b"], rows)).read_text() == (
        f'{{"job_id":"{JOB}","item_id":"row-1","row_index":0,"source_id":null,'
        '"status":"completed","attempt_count":1,"last_error":null,"result":{"n":0},'
        '"reported_at":"2023-11-14T22:13:20.000+00:00",'
        '"completed_at":"2023-11-14T22:13:20.000+00:00","row":{"a":1,"b":["ü"]}}\n'
    )


@pytest.mark.slices
def test_parquet_has_the_same_columns_with_types_of_their_own(tmp_path: Path) -> None:
    where = place(tmp_path / "out.parquet")
    to = output(where, ["a", "b"])
    for number in range(3):
        to.add([outcome(number, ROW), outcome(9, {"a": 5}, result=None, completed_at_ms=None)])
    to.add([])
    to.finish()
    table = pq.read_table(tmp_path / "out.parquet")
    first, second = table.slice(0, 2).to_pylist()
    assert table.num_rows == 6
    assert first["a"], second["a"] == ("x, y", "5")
    assert (first["result_json"], second["result_json"]) == ('{"n":0}', None)
    assert first["completed_at"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert second["completed_at"] is None
    assert second["row_index"] == 9


def test_parquet_without_rows_is_still_a_table(tmp_path: Path) -> None:
    write(place(tmp_path / "out.parquet"), ["a"], [])
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_an_input_column_with_the_name_of_an_output_column_is_renamed(tmp_path: Path) -> None:
    headers = ["status", "input_status", "job_id"]
    row = dict(zip(headers, "123", strict=True))
    to = write(place(tmp_path / "out.csv"), headers, [outcome(0, row)])
    head, line = Path(to).read_text().splitlines()
    assert head.startswith("input_input_status,input_status,input_job_id,job_id,item_id")
    assert line.startswith(f"1,2,3,{JOB},")


ESCAPED = ["'=1+1", "'+x", "'-x", "'@x", "'\tx", "-1.5e3", "+2", "x=1", "'-", ""]
CELLS = ["=1+1", "+x", "-x", "@x", "\tx", "-1.5e3", "+2", "x=1", "-", ""]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, CELLS),
        (
            {"escapes_formulas": True},
            ESCAPED,
        ),
    ],
)
def test_formulas_are_written_unchanged_and_escaped_on_request(
    tmp_path: Path, options: dict[str, Any], shown: list[str]
) -> None:
    rows = [outcome(number, {"=a": cell}) for number, cell in enumerate(CELLS)]
    to = write(place(tmp_path / "out.csv"), ["=a"], rows, **options)
    first = [line.split(",")[0] for line in Path(to).read_text().splitlines()]
    assert first == ["'=a" if options else "=a", *shown]


@FORMS
def test_a_file_that_exists_is_replaced_by_force_alone(tmp_path: Path, form: Format) -> None:
    there = tmp_path / "out"
    there.write_text("mine")
    with pytest.raises(OutputRefused, match=f"failed to write {form} output out: it exists"):
        output(place(there), ["a"], form)
    assert there.read_text() == "mine"
    to = output(place(there), ["a"], form, replaces=True)
    to.add([outcome(0, ROW)])
    assert there.read_text() == "mine"
    to.finish()
    assert b"row-1" in there.read_bytes()
    assert names_in(tmp_path) == ["out"]


@FORMS
def test_a_file_that_appeared_while_rows_were_written_is_not_replaced(
    tmp_path: Path, form: Format
) -> None:
    to = output(place(tmp_path / "out"), ["a"], form)
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputRefused, match="it exists"):
        to.finish()
    assert (tmp_path / "out").read_text() == "mine"
    assert names_in(tmp_path) == ["out"]


def test_an_output_file_is_put_into_place_on_filesystems_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    write(place(tmp_path / "out"), ["a"], [])
    (tmp_path / "taken").write_text("mine")
    to = output(place(tmp_path / "late"), ["a"])
    (tmp_path / "late").write_text("mine")
    with pytest.raises(OutputRefused, match="it exists"):
        to.finish()
    assert (tmp_path / "late").read_text() == "mine"
    assert names_in(tmp_path) == ["late", "out", "taken"]


@FORMS
def test_a_discarded_output_leaves_no_file(tmp_path: Path, form: Format) -> None:
    to = output(place(tmp_path / "out"), ["a"], form)
    to.add([outcome(0, ROW)])
    to.discard()
    to.discard()
    assert names_in(tmp_path) == []


@pytest.mark.few(2)
@FORMS
@pytest.mark.parametrize("at", ["rows", "sync"])
def test_a_full_disk_leaves_no_output_file_and_a_later_attempt_succeeds(
    tmp_path: Path, form: Format, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill(to: Any) -> None:
        for _ in range(200):
            to.add([outcome(0, {"a": os.urandom(500).hex()})] * 10)
        to.finish()

    with monkeypatch.context() as faulty:
        to = output(place(tmp_path / "out"), ["a"], form)
        if at == "sync":
            faulty.setattr(os, "fsync", full)
        else:  # the device that is always full
            device = os.open("/dev/full", os.O_WRONLY)
            os.dup2(device, descriptor_of(tmp_path / ".out.part"))
            os.close(device)
        with pytest.raises(OutputFailed, match=f"failed to write {form} output out: No space left"):
            fill(to)
    assert names_in(tmp_path) == []
    fill(output(place(tmp_path / "out"), ["a"], form))
    assert names_in(tmp_path) == ["out"]


def test_an_output_at_the_limit_of_file_sizes_fails_with_the_limit_in_the_error(
    tmp_path: Path,
) -> None:
    to = output(place(tmp_path / "out"), ["a"], "csv")
    with files_no_larger_than(1_000), pytest.raises(OutputFailed, match=escape(NO_GROWTH)):
        to.add([outcome(0, {"a": "x" * 100})] * 10_000)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Path.mkdir, "a folder"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("elsewhere"), "a symbolic link"),
    ],
    ids=["folder", "pipe", "link"],
)
def test_an_output_replaces_nothing_but_a_regular_file(
    tmp_path: Path, make: Callable[[Path], object], what: str
) -> None:
    make(tmp_path / "out.csv")
    with pytest.raises(OutputRefused, match=f"output out.csv: {what} is there"):
        output(place(tmp_path / "out.csv"), ["a"], replaces=True)
    assert names_in(tmp_path) == ["out.csv"]


def test_an_output_does_not_make_its_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputRefused, match=r"output out\.csv: No such file or directory"):
        output(place(tmp_path / "no" / "out.csv"), ["a"])


def test_two_outputs_to_one_file_at_once_are_refused(tmp_path: Path) -> None:
    to = output(place(tmp_path / "out"), ["a"])
    with pytest.raises(OutputRefused, match="it is being written"):
        output(place(tmp_path / "out"), ["a"])
    to.finish()
    write(place(tmp_path / "out"), ["a"], [], replaces=True)


def test_a_temporary_file_that_a_crash_left_is_overwritten_unless_it_is_a_hard_link(
    tmp_path: Path,
) -> None:
    (tmp_path / ".out.part").write_text("half a file, longer than what is written" * 100)
    to = write(place(tmp_path / "out"), ["a"], [])
    assert Path(to).read_text().startswith("a,job_id")
    assert Path(to).read_text().endswith("completed_at\n")
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".other.part").hardlink_to(tmp_path / "precious")
    with pytest.raises(OutputRefused, match="a hard link to another file"):
        output(place(tmp_path / "other"), ["a"])
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_output_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / ".out.part").touch(0o644)
    write(place(tmp_path / "out"), ["a"], [])
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_a_temporary_file_of_another_user_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".out.part").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OutputRefused, match=r"\.out\.part is owned by user"):
        output(place(tmp_path / "out"), ["a"])


def test_a_parquet_output_without_its_library_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "threadhost.adapters.tables.parquet_output", raising=False)
    with pytest.raises(OutputRefused, match=r"^Parquet needs another library: pip install .*p.*ar"):
        output(place(tmp_path / "out.parquet"), ["a"])
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_text_that_no_file_can_hold_fails_the_output_and_leaves_no_file(
    tmp_path: Path, form: Format
) -> None:
    rows = [outcome(0, {"a": "\ud800"})]
    with pytest.raises(OutputFailed, match=r"^failed to write .* output out: .*surrogates"):
        write(place(tmp_path / "out"), ["a"], rows, form=form)
    assert names_in(tmp_path) == []


def test_a_job_replaces_the_file_that_it_wrote_until_the_file_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    own = [output(place(path), ["a"]).finish()]
    own.append(output(place(path), ["a", "b"], own=own).finish())
    assert path.read_text().startswith("a,b,job_id")
    path.write_text("corrected")
    with pytest.raises(OutputRefused, match="it exists"):
        output(place(path), ["a"], own=own)
    assert path.read_text() == "corrected"


def test_a_job_does_not_replace_a_file_that_changed_while_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    to = output(place(path), ["a"], own=[output(place(path), ["a"]).finish()])
    path.write_text("corrected")
    with pytest.raises(OutputRefused, match="it exists"):
        to.finish()
    assert path.read_text() == "corrected"
    assert names_in(tmp_path) == ["out.csv"]
