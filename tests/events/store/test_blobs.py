"""Large payloads: sealed in a file before the event, swept if a crash left them without one."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.support.log_database import editable
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    database_of,
    deleted,
    message,
    now,
    opened,
    started,
)
from threadhost.events import failpoints
from threadhost.events.base import Damaged, Erased
from threadhost.events.ids import tree_stream
from threadhost.events.store.blobs import INLINE_BYTES_MAX, BlobFiles, Blobs
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreFailed, StreamFenced
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.rows import LogRows
from threadhost.events.tree import DeletionTarget, TreeDeletionPlanned

LARGE = message("x" * INLINE_BYTES_MAX)


def blobs(home: Path) -> list[Path]:
    return sorted(path for path in (home / "blobs").rglob("*") if path.is_file())


async def test_a_large_payload_is_in_a_file_of_its_stream(home: Path, log: Log) -> None:
    done = await log.append(StreamAppend(STREAM, [started(), LARGE, message("small")]), meta=META)
    (blob,) = blobs(home)
    assert blob.parent.name == STREAM
    assert blob.stat().st_size > INLINE_BYTES_MAX
    assert stat.S_IMODE(blob.stat().st_mode) == 0o600
    assert await log.read_stream(STREAM) == list(done.recorded)
    assert [*log.files.list("a")] == [blob.name]


async def test_a_payload_at_the_inline_limit_stays_in_the_log(home: Path, log: Log) -> None:
    overhead = len(message("").model_dump_json()) + 28
    await log.append(
        StreamAppend(STREAM, [message("x" * (INLINE_BYTES_MAX - overhead))]), meta=META
    )
    assert blobs(home) == []
    await log.append(
        StreamAppend(STREAM, [message("x" * (INLINE_BYTES_MAX - overhead + 1))]), meta=META
    )
    assert len(blobs(home)) == 1


async def test_a_structural_event_stays_in_the_log_however_large(home: Path, log: Log) -> None:
    every = [DeletionTarget(thread_id=f"t{n}", parent_id="a", depth=1) for n in range(2_000)]
    plan = TreeDeletionPlanned(deletion_id="d", root_id="a", targets=every)
    assert len(plan.model_dump_json()) > INLINE_BYTES_MAX
    await log.append(StreamAppend(tree_stream("a"), [plan]), meta=META)
    assert blobs(home) == []
    assert [fact.event for fact in await log.read_stream(tree_stream("a"))] == [plan]


async def test_a_blob_file_exists_before_its_event(home: Path, log: Log) -> None:
    seen: list[tuple[int, int | None]] = []
    failpoints.arm("blob.written", lambda: seen.append((len(blobs(home)), newest(log))))
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    assert seen == [(1, None)]
    assert newest(log) == 1


def newest(log: Log) -> int | None:
    return LogRows(database_of(log)).newest()


async def test_a_missing_blob_is_named(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    blob.unlink()
    assert damage(log) == f"its blob {blob.name} cannot be read: No such file or directory"


async def test_a_link_in_place_of_a_folder_of_blobs_leads_nowhere(
    home: Path, log: Log, tmp_path: Path
) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    shutil.move(blob.parent, tmp_path / "elsewhere")
    blob.parent.symlink_to(tmp_path / "elsewhere")
    assert log.files.list("a") == ()
    assert damage(log).startswith(f"its blob {blob.name} cannot be read: ")
    with pytest.raises(StoreFailed, match="a file of the store could not be written"):
        await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


async def test_a_changed_blob_is_refused(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    sealed = blob.read_bytes()
    blob.write_bytes(sealed[:-1] + bytes((sealed[-1] ^ 1,)))
    assert damage(log) == "its seal is broken"


async def test_a_link_in_place_of_a_blob_is_not_followed(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    blob.rename(home / "elsewhere")
    blob.symlink_to(home / "elsewhere")
    assert "cannot be read" in damage(log)


async def test_a_pipe_or_folder_in_place_of_a_blob_is_reported_without_waiting(
    home: Path, log: Log
) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    blob.unlink()
    os.mkfifo(blob)
    assert damage(log) == f"its blob {blob.name} cannot be read: it is a pipe"
    blob.unlink()
    blob.mkdir()
    assert "cannot be read" in damage(log)


async def test_a_blob_larger_than_any_event_is_not_read(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    os.truncate(blob, 2**40)
    assert damage(log) == f"its blob {blob.name} cannot be read: it has {2**40} bytes"


async def test_a_row_that_is_damaged_does_not_cost_its_blob(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
        editable(database_of(log).writer).execute("UPDATE events SET stream = x'ff'")
        kept = blobs(home)
    async with opened(home):
        assert blobs(home) == kept


async def test_a_blob_is_looked_for_in_the_folder_of_its_stream_alone(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
    (blob,) = blobs(home)
    editable(database_of(log).writer).execute(
        "UPDATE events SET blob = ?", (f"../{STREAM}/{blob.name}",)
    )
    assert "it has the name of no file" in damage(log)
    editable(database_of(log).writer).execute("UPDATE events SET blob = x'ff'")
    assert damage(log) == "no writer writes such values into blob"


def damage(log: Log) -> str:
    """Why the first event cannot be read."""
    [fact] = now(log.read(0, 1))
    assert isinstance(fact.event, Damaged)
    return fact.event.reason


async def test_a_blob_without_an_event_is_deleted_at_the_next_start(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [LARGE]), meta=META)
        (kept,) = blobs(home)
    orphan = home / "blobs" / OTHER / ("0" * 64)
    orphan.parent.mkdir()
    orphan.write_bytes(b"left over")
    (kept.parent / ("1" * 64)).write_bytes(b"left over")
    async with opened(home) as log:
        assert blobs(home) == [kept]
        assert (await log.read(0, 1))[0].event == LARGE


async def test_a_refused_append_writes_no_blob(home: Path, log: Log) -> None:
    await log.append(StreamAppend(STREAM, [started(), deleted()]), meta=META)
    with pytest.raises(StreamFenced):
        await log.append(StreamAppend(OTHER, [LARGE]), StreamAppend(STREAM, [LARGE]), meta=META)
    assert not (home / "blobs").exists()


async def test_the_blobs_of_a_thread_go_together(home: Path, log: Log) -> None:
    for stream in (STREAM, OTHER):
        await log.append(StreamAppend(stream, [LARGE, LARGE]), meta=META)
    assert log.files.remove("a") == 2
    assert log.files.remove("a") == 0
    assert log.files.list("a") == ()
    assert len(log.files.list("b")) == 2
    await log.destroy_keys([STREAM])
    assert (await log.read(0, 1))[0].event == Erased(LARGE.kind)


def test_a_folder_that_is_a_link_is_not_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    root = tmp_path / "blobs"
    root.mkdir()
    (root / STREAM).symlink_to(outside)
    with pytest.raises(OSError, match="is not a folder of this store"):
        BlobFiles(root).remove("a")
    assert (outside / "precious").exists()


@pytest.mark.parametrize("thread_id", ["../a", "a/b", "/etc"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, thread_id: str) -> None:
    with pytest.raises(ValueError, match="cannot name a folder"):
        BlobFiles(tmp_path).remove(thread_id)


async def test_a_stream_whose_name_cannot_name_a_folder_gets_no_blob(home: Path, log: Log) -> None:
    with pytest.raises(ValueError, match="cannot name a folder"):
        await log.append(StreamAppend("../a", [LARGE]), meta=META)
    assert log.position == 0


def test_a_sweep_of_blobs_follows_no_link_and_ignores_other_files(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "blobs"
    for folder in (outside, root / "thread-a" / "folder", root / "lost+found"):
        folder.mkdir(parents=True)
    (root / "lost+found" / "#1").touch()
    (outside / "canary").touch()
    (root / "thread-b").symlink_to(outside)
    (root / "file").touch()
    (root / "thread-a" / "orphan").touch()
    assert Blobs(root).sweep(()) == 1
    assert (outside / "canary").exists()
    assert not (root / "thread-a" / "orphan").exists()
    assert (root / "lost+found" / "#1").exists()
