"""`make follow` says what another version changed, and which files have to do with that."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.following import __main__ as following
from tests.following import data
from tests.following.published import Published, read
from tests.protocol.reference_methods import ALL, NOTIFICATIONS, REQUESTS

FILES = {
    "adapters/jsonrpc/methods/search.py": '@method("thread/search", ThreadSearchParams)',
    "adapters/jsonrpc/models/item.py": "ThreadItem = Union",
    "adapters/jsonrpc/models/thread_search.py": "class ThreadSearchParams: search_term",
    "adapters/jsonrpc/models/tools.py": 'class Call: type = "toolCall"; mcp_id',
    "adapters/jsonrpc/not_offered.py": '"mcp/list"',
    "tests/other.py": 'thread/search ThreadSearch "thread/searching"',
}
CALL = {"type": {"enum": ["toolCall"], "type": "string"}}


def an_object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def a_method(params: str | None, response: str | None = None) -> dict[str, Any]:
    return {"params": params, "response": response, "experimental": False}


OLD = Published(
    "1.0.0",
    {"thread/search": a_method("ThreadSearchParams"), "mcp/list": a_method(None, "Servers")},
    {"item/done": "ItemDone"},
    {},
    {
        "ThreadSearchParams": an_object(searchTerm={"type": "string"}),
        "ThreadItem": {"oneOf": [an_object(**CALL)]},
        "ItemDone": an_object(item={"$ref": "#/definitions/ThreadItem"}),
        "Servers": an_object(data={"items": {"$ref": "#/definitions/Server"}, "type": "array"}),
        "Server": an_object(),
    },
)


def reported(**changed: Any) -> list[str]:
    """What is said of a version that differs from the old one in this."""
    parts: dict[str, Any] = {}
    for part, members in changed.items():
        both = {**getattr(OLD, part), **members}
        parts[part] = {name: one for name, one in both.items() if one is not None}
    return list(following.report(OLD, OLD._replace(version="1.1.0", **parts), FILES))


def test_a_version_without_changes_is_one_line() -> None:
    assert reported() == ["1.0.0 -> 1.1.0: 0 added, 0 removed, 0 changed"]


def test_a_method_stands_beside_the_files_that_name_it_or_its_nearest_kin() -> None:
    assert reported(methods={"thread/search": None})[1:] == [
        "- method thread/search",
        "    adapters/jsonrpc/methods/search.py",
    ]
    assert reported(methods={"mcp/open": a_method(None), "new": a_method(None)}) == [
        "1.0.0 -> 1.1.0: 2 added, 0 removed, 0 changed",
        "+ method mcp/open (of mcp/...)",
        "    adapters/jsonrpc/not_offered.py",
        "+ method new",
        "    no file of ours",
    ]


def test_a_part_of_a_type_stands_beside_the_files_that_hold_that_part() -> None:
    params = an_object(searchTerm={"type": "integer"}, limit={"type": "integer"})
    item = {"oneOf": [an_object(**CALL, mcpId={"type": "string"}), an_object(a={}, b={})]}
    assert reported(definitions={"ThreadSearchParams": params, "ThreadItem": item})[1:] == [
        "+ field ThreadItem<toolCall>.mcpId: string",
        "    adapters/jsonrpc/models/tools.py",
        "+ variant ThreadItem<1>: object",
        "    adapters/jsonrpc/models/item.py",
        "+ field ThreadSearchParams.limit: integer",
        "    adapters/jsonrpc/methods/search.py, adapters/jsonrpc/models/thread_search.py",
        "~ field ThreadSearchParams.searchTerm: string -> integer",
        "    adapters/jsonrpc/models/thread_search.py",
    ]


def test_types_that_no_file_names_stand_below_what_is_made_of_them() -> None:
    server = an_object(state={"$ref": "#/definitions/State"}, kind={"$ref": "#/definitions/Kind"})
    new = {"Server": server, "State": an_object(), "Kind": an_object(), "Lost": an_object()}
    assert reported(definitions=new)[1:] == [
        "+ types of mcp/list: Kind, State",
        "+ field Server.state: State (of mcp/list)",
        "+ field Server.kind: Kind (of mcp/list)",
        "    adapters/jsonrpc/not_offered.py",
        "+ type Lost",
        "    no file of ours",
    ]


def test_of_many_files_the_first_are_shown() -> None:
    files = {f"{n}.py": "ItemDone" for n in range(9)}
    other = OLD._replace(definitions={**OLD.definitions, "ItemDone": an_object()})
    assert list(following.report(OLD, other, files))[-1] == (
        "    0.py, 1.py, 2.py, 3.py, 4.py, 5.py, and 3 more"
    )


def export(folder: Path, new: Published, *, without: tuple[str, ...] = ()) -> Path:
    """A folder as the reference itself writes it: names of everything, all of the definitions."""

    def call(name: str, params: str | None) -> dict[str, Any]:
        reference = {"params": {"$ref": f"#/definitions/v2/{params}"}} if params else {}
        return an_object(method={"enum": [name]}, **reference)

    methods = {**dict.fromkeys(ALL), **{n: of["params"] for n, of in new.methods.items()}}
    notifications = {**dict.fromkeys(NOTIFICATIONS, "Nothing"), **new.notifications}
    requests = {**dict.fromkeys(REQUESTS), **{n: of["params"] for n, of in new.requests.items()}}
    for name, calls in (
        ("ClientRequest", methods),
        ("ServerNotification", notifications),
        ("ServerRequest", requests),
    ):
        kept = {n: params for n, params in calls.items() if n not in without}
        document = {"oneOf": [call(*pair) for pair in kept.items()], "title": name}
        (folder / f"{name}.json").write_text(json.dumps(document))
    bundle = {"definitions": {**new.definitions, "Nothing": {"description": "d"}, "Far": {}}}
    (folder / "codex_app_server_protocol.v2.schemas.json").write_text(json.dumps(bundle))
    return folder


def test_an_export_of_the_kept_version_has_no_changes(tmp_path: Path) -> None:
    kept = read(data.SCHEMA)
    exported = read(export(tmp_path, kept))
    assert exported.is_whole
    [line] = following.report(kept, exported, {})
    assert line == f"{kept.version} -> what was exported: 0 added, 0 removed, 0 changed"


def test_additions_and_removals_in_an_export_are_listed(
    tmp_path: Path,
) -> None:
    kept = read(data.SCHEMA)
    listed = {**kept.definitions["ThreadLoadedListParams"], "additionalProperties": False}
    new = kept._replace(
        methods={**kept.methods, "owl/draw": a_method("OwlDrawParams")},
        definitions={
            **kept.definitions,
            "ThreadLoadedListParams": listed,
            "OwlDrawParams": an_object(),
            "OwlDrawResponse": an_object(),
        },
    )
    folder = export(tmp_path, new, without=("review/start", "fs/changed", "thread/delete"))
    lines = list(following.report(kept, read(folder), {}))
    assert [line for line in lines[1:] if not line.startswith(" ")] == [
        "+ method owl/draw",
        "- method thread/delete",
        "+ type OwlDrawParams",
        "+ type OwlDrawResponse",
        "- type ThreadDeleteParams",
        "- type ThreadDeleteResponse",
        "~ type ThreadLoadedListParams: object -> object, additionalProperties false",
        "- method review/start",
        "- notification fs/changed",
    ]


@pytest.mark.slices
def test_the_command_compares_with_the_folder_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = read(data.SCHEMA)
    without = {n: of for n, of in kept.methods.items() if n != "thread/search/stream"}
    for name, text in data.schema_files(kept._replace(version="9.9.9", methods=without)).items():
        (tmp_path / Path(name).name).write_text(text)
    monkeypatch.setattr("sys.argv", ["follow", str(tmp_path)])
    following.main()
    head, change, files = capsys.readouterr().out.splitlines()
    assert head == f"{kept.version} -> 9.9.9: 0 added, 1 removed, 0 changed"
    assert change == "- method thread/search/stream"
    assert "adapters/jsonrpc/methods/search_stream.py" in files


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], r"which version\? make follow SCHEMA=DIR"),
        (["a", "b"], r"which version\? make follow SCHEMA=DIR"),
        (["/nowhere"], "/nowhere holds no protocol: neither methods.json and definitions.json"),
    ],
)
def test_the_command_without_a_usable_folder_fails_with_its_usage(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["follow", *arguments])
    with pytest.raises(SystemExit, match=words):
        following.main()
