"""`threadhost schema`: the files that it writes."""

from pathlib import Path

import pytest

from threadhost.adapters.cli.main import run
from threadhost.adapters.cli.schema import json_files, typescript_file


def test_schema_writes_each_format_to_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "a" / "b", tmp_path / "ts"
    assert run(["schema", "--json", str(one), "--typescript", str(two)]) == 0
    written = [*(one / name for name in json_files()), two / "protocol.ts"]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in written]
    texts = {path.name: path.read_text() for path in (*one.iterdir(), *two.iterdir())}
    assert texts == {**json_files(), "protocol.ts": typescript_file()}


def test_schema_with_one_format_writes_only_that_format(tmp_path: Path) -> None:
    assert run(["schema", "--typescript", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["protocol.ts"]


def test_schema_without_a_format_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 2
    assert "give --json DIR, --typescript DIR, or both" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["schema", "--json", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.startswith(f"threadhost: cannot write {tmp_path}/file/")


@pytest.mark.parametrize("verb", ["schema", "generate-ts"])
def test_schema_writes_no_file_if_one_of_them_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    json, ts = tmp_path / "json", tmp_path / "ts"
    last = ts / ("protocol.ts" if verb == "schema" else "index.ts")
    last.mkdir(parents=True)
    words = {
        "schema": ("schema", "--json", str(json), "--typescript", str(ts)),
        "generate-ts": ("app-server", "generate-ts", "--out", str(ts)),
    }
    assert run([*words[verb]]) == 1
    assert capsys.readouterr() == ("", f"threadhost: cannot write {last}: Is a directory\n")
    left = [path.name for folder in (json, ts) if folder.exists() for path in folder.iterdir()]
    assert left == [last.name]
