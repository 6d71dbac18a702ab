"""What tests know of the reference is kept beside them, without prose, and made by a script."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.following import data, sessions
from tests.following.published import plain, read
from threadhost.adapters.version import PROTOCOL_VERSION


def test_the_kept_schema_is_that_of_the_supported_version() -> None:
    assert read(data.SCHEMA).version == PROTOCOL_VERSION


def test_the_kept_data_are_the_same_when_they_are_made_again() -> None:
    kept = data.kept()
    made = data.schema_files(read(data.SCHEMA))
    for name, text in kept.items():
        if name not in made:
            lines = list(sessions.lines(text))
            made[name] = sessions.facts({"lines": lines})
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


@pytest.mark.slices
@pytest.mark.skipif(not data.BESIDE.is_dir(), reason="the folder it is made of is not here")
def test_the_kept_data_equal_those_made_from_the_folder_beside_the_checkout() -> None:
    made, kept = data.made_from(data.BESIDE), data.kept()
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == [], "run: make data"


def test_descriptions_are_removed_from_a_schema_and_properties_of_that_name_stay() -> None:
    schema = {
        "$schema": "s",
        "title": "T",
        "description": "Says much.",
        "type": "object",
        "properties": {
            "description": {"type": "string", "description": "What it is."},
            "title": {"enum": ["title", "description"], "default": {"title": "t"}},
            "kind": {"oneOf": [{"$ref": "#/definitions/v2/Kind", "title": "Kind"}]},
        },
        "additionalProperties": {"items": [{"description": "d", "type": "null"}, True]},
    }
    assert plain(schema) == {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "title": {"enum": ["title", "description"], "default": {"title": "t"}},
            "kind": {"oneOf": [{"$ref": "#/definitions/Kind"}]},
        },
        "additionalProperties": {"items": [{"type": "null"}, True]},
    }


LINES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"dir": "send", "msg": {"id": 1}}, {"send": {"id": 1}}),
    ({"dir": "send", "msg": None}, {"send": None}),
    ({"dir": "send", "raw": "{"}, {"raw": "{"}),
    (
        {"dir": "recv", "msg": {"result": [{"cliVersion": "0.169.0", "a": "0.169.0"}]}},
        {"recv": {"result": [{"cliVersion": "<version>", "a": "0.169.0"}]}},
    ),
    (
        {"dir": "recv", "msg": {"method": "warning", "params": {"threadId": "t", "message": "m"}}},
        {"recv": {"method": "warning", "params": {"threadId": "t", "message": "<words>"}}},
    ),
    (
        {
            "dir": "recv",
            "msg": {"method": "configWarning", "params": {"summary": "s", "details": None}},
        },
        {"recv": {"method": "configWarning", "params": {"summary": "<words>", "details": None}}},
    ),
    ({"dir": "mark", "note": "blocked", "data": "x"}, {"mark": "blocked", "data": "x"}),
    ({"dir": "mark", "note": "disk", "data": {"rows": 7}}, {"mark": "disk"}),
    ({"dir": "mark", "note": "restart"}, {"mark": "restart"}),
]


def test_a_session_is_kept_line_by_line_without_the_fields_that_are_not_compared() -> None:
    text = sessions.facts({"about": "prose", "lines": [line for line, _ in LINES]})
    kept = [json.loads(line) for line in text.splitlines()]
    assert kept == [fact for _, fact in LINES]
    again = list(sessions.lines(text))
    assert [line["dir"] for line in again] == [line["dir"] for line, _ in LINES]
    assert again[:3] == [line for line, _ in LINES[:3]]
    assert again[-3:] == [LINES[6][0], {"dir": "mark", "note": "disk"}, LINES[8][0]]


def shared(folder: Path, version: str) -> Path:
    """A small folder of the form that `make data` reads."""
    protocol = folder / "protocol"
    (protocol / "schema").mkdir(parents=True)
    (protocol / "transcripts").mkdir()
    definitions = {"A": {"type": "object", "description": "prose"}}
    title = f"the protocol, version {version}: all of it"
    lists: dict[str, Any] = {"methods": {}, "notifications": {"a": "A"}, "serverRequests": {}}
    for name, content in (
        ("schema/methods.json", lists),
        ("schema/definitions.json", {"title": title, "definitions": definitions}),
        ("transcripts/a.json", {"lines": [LINES[0][0]]}),
    ):
        (protocol / name).write_text(json.dumps(content))
    return folder


def test_new_data_replace_all_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = shared(tmp_path / "beside", PROTOCOL_VERSION)
    monkeypatch.setattr(data, "ROOT", tmp_path)
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    monkeypatch.setattr("sys.argv", ["data", str(beside)])
    (tmp_path / "data" / "sessions").mkdir(parents=True)
    (tmp_path / "data" / "sessions" / "gone.jsonl").write_text("{}")
    data.main()
    assert capsys.readouterr().out == "3 files are written into data\n"
    assert data.kept() == {
        "schema/definitions.json": '{\n"definitions": {\n  "A": {"type":"object"}\n}\n}\n',
        "schema/methods.json": (
            f'{{\n"version": "{PROTOCOL_VERSION}",\n"methods": {{\n\n}},\n'
            '"notifications": {\n  "a": "A"\n},\n"serverRequests": {\n\n}\n}\n'
        ),
        "sessions/a.jsonl": '{"send":{"id":1}}\n',
    }
    assert data.kept() == data.made_from(beside)


def test_data_of_another_version_or_of_none_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    other, bare = shared(tmp_path / "other", "0.1.2"), shared(tmp_path / "bare", PROTOCOL_VERSION)
    (bare / "protocol" / "transcripts" / "a.json").unlink()
    for folder, words in (
        (other, rf"holds version 0\.1\.2, and .* names {PROTOCOL_VERSION}"),
        (bare, "transcripts holds no recorded sessions"),
        (tmp_path, "holds no protocol: neither methods.json and definitions.json, nor what"),
    ):
        monkeypatch.setattr("sys.argv", ["data", str(folder)])
        with pytest.raises(SystemExit, match=words):
            data.main()
    assert not (tmp_path / "data").exists()
