"""Codex homes with damaged, foreign or hostile files: these are named, and not touched."""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.codex_home import (
    AT_MS,
    CodexHome,
    encoded,
    event,
    meta,
    record,
    thread_id,
    turn,
)
from tests.support.importing import FIRST, METHOD, counts, opened
from threadhost.adapters.codex.folders import CodexFolders
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.rollout_path import RolloutPlace
from threadhost.events.ids import thread_stream
from threadhost.events.imported import ForeignLinesKept


async def test_a_cycle_of_edges_is_broken_and_named(codex: CodexHome) -> None:
    for number in (1, 2, 3, 4):
        codex.add(number)
    codex.state(edges=[(1, 2, "open"), (2, 3, "open"), (3, 1, "open"), (4, 4, "open")])
    async with opened(codex) as host:
        answer = await host.import_codex()
        assert answer["counts"]["imported"] == 4
        why = "its parent edge is part of a cycle, so it becomes a root"
        assert answer["left"] == []
        assert [(one["threadId"], one["why"]) for one in answer["faults"]] == [
            (FIRST, why),
            (thread_id(4), why),
        ]
        assert (await host.read(3))["sessionId"] == FIRST


async def test_unreadable_lines_of_a_rollout_are_named_and_kept(codex: CodexHome) -> None:
    torn = encoded(turn(2))[:-20]
    path = codex.add(1, [record("hologram", {}), *turn(1)])
    path.write_bytes(path.read_bytes() + torn)
    async with opened(codex) as host:
        answer = await host.import_codex()
        assert answer["counts"] == counts(total=1, done=1, imported=1, keptLines=2)
        faults = [(fault["line"], fault["why"]) for fault in answer["faults"]]
        assert faults == [(2, "its type is not known here"), (18, "the file ends within it")]
        kept = [
            e for e in await host.events(thread_stream(FIRST)) if isinstance(e, ForeignLinesKept)
        ]
        assert [line.text for one in kept for line in one.lines] == [
            encoded([record("hologram", {})]).decode().strip(),
            torn.splitlines()[-1].decode(),
        ]
        assert [one["status"] for one in (await host.read())["turns"]] == [
            "completed",
            "interrupted",
        ]


async def test_lines_and_files_that_are_too_large_are_not_imported(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.codex.lines.LINE_BYTES_MAX", 5_000)
    monkeypatch.setattr("threadhost.adapters.codex.home.ROLLOUT_BYTES_MAX", 50_000)
    codex.add(1, [event("user_message", message="x" * 9_000), *turn(1)])
    codex.add(2, [event("user_message", message="x" * 60_000)])
    async with opened(codex) as host:
        answer = await host.import_codex()
        assert [one["why"] for one in answer["left"]] == ["it is larger than 50000 bytes"]
        assert [one["why"] for one in answer["faults"]] == ["it is longer than 5000 bytes"]
        assert len((await host.read())["turns"]) == 1


async def test_files_that_are_no_rollouts_are_named_and_not_read(codex: CodexHome) -> None:
    secret = codex.folder.parent / "secret"
    secret.mkdir()
    (secret / f"rollout-2026-09-21T14-13-20-{thread_id(5)}.jsonl").write_bytes(
        encoded([meta(5), *turn()])
    )
    codex.add(1)
    (codex.folder / "sessions/2026/09/22").symlink_to(secret)
    codex.place(6).symlink_to(next(secret.iterdir()))
    os.mkfifo(codex.place(7))
    codex.place(8).mkdir()
    codex.add(9, id=thread_id(10))
    codex.place(11).write_bytes(b"")
    codex.place(12).write_bytes(b"\0" * 100)
    codex.place(13, name=f"rollout-2026-09-21T14-13-20-{thread_id(13)}.jsonl.zst").write_bytes(b"x")
    codex.place(13, name="rollout-nobody.jsonl.zst").write_bytes(b"x")
    codex.place(14, name="rollout-nobody.jsonl").write_bytes(b"x")
    codex.place(15, name="notes.txt").write_bytes(b"x")
    async with opened(codex) as host:
        left = await host.left_files()
        assert dict(left) == {
            codex.place(6).name[-44:]: "it is a symbolic link",
            codex.place(7).name[-44:]: "it is a pipe",
            codex.place(8).name[-44:]: "it is a folder",
            codex.place(9).name[-44:]: f"its first line names thread {thread_id(10)}",
            codex.place(11).name[-44:]: "its first line does not name its thread",
            codex.place(12).name[-44:]: "its first line does not name its thread",
            codex.place(13).name[-40:] + ".zst": (
                "it is compressed, and cannot be unpacked: zstd decompress error: Unknown frame"
                " descriptor"
            ),
            str(codex.place(13, name="rollout-nobody.jsonl.zst"))[-44:]: (
                "its name holds no thread's id"
            ),
            str(codex.place(14, name="rollout-nobody.jsonl"))[-44:]: (
                "its name holds no thread's id"
            ),
            str(codex.folder / "sessions/2026/09/22")[-44:]: "it is a symbolic link",
        }
        assert (await host.import_codex())["counts"]["unchanged"] == 1
        with pytest.raises(RpcError, match="not loaded"):
            await host.read(5)


async def test_rollouts_in_other_subfolders_are_imported_down_to_sixteen_levels(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.add(2, archived=True)
    for number, folder in ((1, "sessions/2026/work/owls/small"), (2, "archived_sessions/2026")):
        (at := codex.folder / folder).mkdir(parents=True)
        codex.place(number, archived=number == 2).rename(at / codex.place(number).name)
        (at / "latest").symlink_to(at / codex.place(number).name)
    (codex.folder / "sessions" / "/".join("abcdefghijklmnopq")).mkdir(parents=True)
    async with opened(codex) as host:
        [(path, why)] = await host.left_files()
        assert path == str(codex.folder / "sessions" / "/".join("abcdefghijklmnopq"))[-44:]
        assert why == "it is more than 16 folders deep"
        assert len((await host.read())["turns"]) == 1
        listed = await host.client.call("thread/list", {"archived": True, "sourceKinds": []})
        assert [one["id"] for one in listed["data"]] == [thread_id(2)]


async def test_of_several_files_of_a_thread_the_newest_is_imported(codex: CodexHome) -> None:
    codex.add(1, turn(1, "older"))
    newer = codex.place(1).name.replace("14-13-20", "15-00-00")
    codex.add(1, turn(1, "newer"), name=newer)
    async with opened(codex) as host:
        [(path, why)] = await host.left_files()
        assert path == codex.place(1).name[-44:]
        assert why == f"thread {FIRST} has another file: {codex.place(1, name=newer)}"
        assert (await host.read())["preview"] == "newer"


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("timestamp", "created_s"),
    [
        ("9999-12-31T23:59:59.999Z", 253_402_300_799),
        ("0001-01-01T00:00:00Z", 0),
        ("-2026-09-21T14:13:20Z", AT_MS // 1000 + 2),
        ("today", AT_MS // 1000 + 2),
        (12, AT_MS // 1000 + 2),
    ],
)
async def test_impossible_timestamps_become_the_nearest_possible_time(
    codex: CodexHome, timestamp: object, created_s: int
) -> None:
    codex.add(1, turn(2), timestamp=timestamp)
    async with opened(codex) as host:
        assert (await host.import_codex())["counts"]["imported"] == 1
        assert (await host.read())["createdAt"] == created_s


async def test_databases_of_codex_are_read_with_their_write_ahead_log_and_not_changed(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.state([{"id": FIRST, "name": "in the log beside it"}], wal=True)
    before = {path: _seen(path) for path in sorted(codex.folder.rglob("*"))}
    async with opened(codex) as host:
        assert (await host.import_codex())["left"] == []
        assert (await host.read())["name"] == "in the log beside it"
    assert {path: _seen(path) for path in sorted(codex.folder.rglob("*"))} == before


def _seen(path: Path) -> tuple[int, int, bytes]:
    seen = path.stat()
    return seen.st_mtime_ns, seen.st_size, b"" if stat.S_ISDIR(seen.st_mode) else path.read_bytes()


async def test_an_unfinished_write_in_a_database_of_codex_is_rolled_back_in_a_copy(
    codex: CodexHome, tmp_path: Path
) -> None:
    codex.add(1)
    state = codex.state([{"id": FIRST, "name": "as it was"}])
    with closing(sqlite3.connect(state, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("PRAGMA cache_spill = 1")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("UPDATE threads SET name = 'half of it'")
        database.execute("CREATE TABLE more (text)")
        for _ in range(50):
            database.execute("INSERT INTO more VALUES (?)", ("x" * 5_000,))
        assert b"half of it" in state.read_bytes()
        left = CodexHome(tmp_path / "left")
        shutil.copytree(codex.folder, left.folder, dirs_exist_ok=True)
    before = {path: path.read_bytes() for path in left.folder.rglob("state*")}
    assert len(before) == 2
    async with opened(left) as host:
        assert (await host.import_codex())["left"] == []
        assert (await host.read())["name"] == "as it was"
    assert {path: path.read_bytes() for path in left.folder.rglob("state*")} == before


async def test_a_view_in_the_place_of_a_table_is_not_read(codex: CodexHome) -> None:
    codex.add(1)
    with closing(sqlite3.connect(codex.folder / "state_5.sqlite")) as database:
        endless = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id FROM n) SELECT id FROM n"
        database.execute(f"CREATE VIEW threads AS {endless}")
        database.commit()
    async with opened(codex) as host:
        assert (await host.import_codex())["counts"]["imported"] == 1


async def test_a_file_that_is_no_database_costs_only_its_own_facts(codex: CodexHome) -> None:
    codex.add(1)
    (codex.folder / "state_5.sqlite").write_bytes(b"no database at all" * 100)
    (codex.folder / "state_4.sqlite").write_bytes(b"older")
    (codex.folder / "goals_1.sqlite").mkdir()
    async with opened(codex) as host:
        left = dict(await host.left_files())
        assert left[str(codex.folder / "state_5.sqlite")[-44:]] == "file is not a database"
        assert left[str(codex.folder / "goals_1.sqlite")[-44:]] == "it is a folder"
        assert len((await host.read())["turns"]) == 1


async def test_a_damaged_page_costs_neither_the_rows_before_it_nor_other_tables(
    codex: CodexHome,
) -> None:
    codex.add(1)
    codex.child(2, 1)
    rows = [{"id": thread_id(n), "name": f"thread {n}"} for n in range(1, 2_000)]
    state = codex.state(rows, edges=[(1, 2, "open")])
    with closing(sqlite3.connect(state)) as database:
        page, size = database.execute(
            "SELECT max(pageno), pgsize FROM dbstat WHERE name = 'threads' AND pagetype = 'leaf'"
        ).fetchone()
    with state.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    async with opened(codex) as host:
        left = dict(await host.left_files())
        assert left[str(state)[-44:]] == "database disk image is malformed"
        assert (await host.read())["name"] == "thread 1"
        children = {"parentThreadId": FIRST, "sourceKinds": []}
        listed = await host.client.call("thread/list", children)
        assert [one["id"] for one in listed["data"]] == [thread_id(2)]


BEING_WRITTEN = 0


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("state_5.sqlite", errno.EACCES),
        ("state_5.sqlite", errno.ENOSPC),
        ("state_5.sqlite", BEING_WRITTEN),
        ("session_index.jsonl", errno.EIO),
    ],
)
async def test_nothing_is_imported_while_a_database_of_codex_is_unreadable_for_the_moment(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch, name: str, fault: int
) -> None:
    codex.add(1)
    codex.state([{"id": FIRST, "name": "known there"}])
    codex.names(t1="known there")
    reading = CodexFolders.reading

    @contextmanager
    def failing(self: CodexFolders, place: RolloutPlace, *more: int) -> Iterator[int]:
        if fault and place.name == name:
            raise OSError(fault, os.strerror(fault), place.name)
        if place.name == f"{name}-wal":  # looked for once the database was begun to be read
            os.utime(codex.folder / name)
        with reading(self, place, *more) as descriptor:
            yield descriptor

    async with opened(codex) as host:
        with monkeypatch.context() as patch:
            patch.setattr(CodexFolders, "reading", failing)
            with pytest.raises(RpcError, match=f"{name} cannot be read: .* so none is imported"):
                await host.import_codex()
        assert (await host.import_codex())["counts"]["imported"] == 1
        assert (await host.read())["name"] == "known there"


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("relative", "`path` is not absolute"),
        ("/nowhere/at/all", "/nowhere/at/all cannot be opened: No such file"),
        ("/dev/null", "/dev/null cannot be opened: Not a directory"),
        ("EMPTY", "holds no sessions or archived_sessions; give the home of codex"),
        ("/tmp\0", "`path` is not absolute"),
        ("HOME", "`path` is the home of this host"),
    ],
)
async def test_a_folder_that_is_no_codex_home_is_refused(
    codex: CodexHome, path: str, fault: str
) -> None:
    empty = codex.folder.parent / "empty"
    empty.mkdir()
    named = {"EMPTY": str(empty), "HOME": str(codex.folder.parent / "home")}
    async with opened(codex) as host:
        with pytest.raises(RpcError, match=fault):
            await host.client.call(METHOD, {"path": named.get(path, path)})
