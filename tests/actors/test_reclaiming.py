"""A home shrinks once threads are deleted: nothing else of it changes, and nobody waits long."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.databases import changed
from tests.support.hosts import ORIGIN, SETTINGS, Rig, eventually, open_rig, settle, within
from tests.support.jobs import begun, job_rig
from tests.support.operator_lines import logged_line
from tests.support.reclaim import reclaim_all
from tests.support.store import database_of
from threadhost.actors.runtime import erasure, reclaiming
from threadhost.events.base import Erased
from threadhost.events.host import SpaceReclaimed
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.sqlite import purge
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.verify import verify
from threadhost.events.thread import ThreadConfigured, ThreadRenamed, ThreadStarted

WORDS = 5_000
"""More than is packed."""
SAID = 12
ROWS = "SELECT position, stream, version, type, key_id, payload, digest, chain FROM events"
FACTOR_MAX = 1.3
AT_ONCE = 20


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    monkeypatch.setattr(reclaiming, "DELAY_S", 0.01)
    monkeypatch.setattr(reclaiming, "REST", 0)
    monkeypatch.setattr(erasure, "AFTER_A_START_S", 0.01)
    monkeypatch.setattr(erasure, "DELAY_S", 0.01)


async def spoken(rig: Rig, count: int, said: int = SAID) -> list[str]:
    """Threads that have said something, one after the other as they would in a log."""
    threads = [rig.ids.new() for _ in range(count)]
    words = [ThreadRenamed(name=f"{n} ".ljust(WORDS, "x")) for n in range(said)]
    appends = [
        StreamAppend(
            thread_stream(thread_id),
            [
                ThreadStarted(thread_id=thread_id, session_id=thread_id, source="cli"),
                ThreadConfigured(settings=SETTINGS),
                *words,
            ],
            0,
        )
        for thread_id in threads
    ]
    for at in range(0, count, AT_ONCE):
        await rig.logs.durable.append(*appends[at : at + AT_ONCE], meta=ORIGIN.at(1))
    return threads


def bytes_on_disk(home: Path) -> int:
    """The size of all files of a home, in bytes."""
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def rows(home: Path, where: str) -> list[tuple[object, ...]]:
    with changed(home / "threadhost.db") as database:
        return database.execute(f"{ROWS} WHERE {where}").fetchall()


async def reclaimed(rig: Rig) -> None:
    """Wait until nothing is left to be given back."""
    await rig.published(SpaceReclaimed.kind)
    await reclaim_all(rig.logs.durable)


async def test_payloads_of_deleted_threads_are_purged_and_all_other_rows_stay_unchanged(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        threads = await spoken(rig, 12)
        gone, left = threads[::2], threads[1::2]
        names = ",".join(f"'{thread_stream(thread_id)}'" for thread_id in left)
        before, size = rows(tmp_path, f"stream IN ({names})"), bytes_on_disk(tmp_path)
        for thread_id in gone:
            await rig.host.trees.delete(thread_id, ORIGIN)
        await reclaimed(rig)
        assert bytes_on_disk(tmp_path) < size
        (freed, *_) = rig.published_events(SpaceReclaimed.kind)
        assert freed.payloads
        assert [type(event) for event in rig.events(gone[0])].count(Erased) == SAID + 1
        assert len(rig.events(left[0])) == SAID + 2
    assert rows(tmp_path, f"stream IN ({names})") == before
    assert rows(tmp_path, f"stream = '{thread_stream(gone[0])}' AND payload IS NOT NULL") == rows(
        tmp_path, f"stream = '{thread_stream(gone[0])}' AND key_id IS NULL"
    )
    with closing(ReadOnlyDatabase(tmp_path / "threadhost.db")) as database:
        seen = verify(database, None)
    assert (seen.is_sound, seen.purged) == (True, len(gone) * (SAID + 1))


async def test_payloads_of_a_deleted_job_are_purged(tmp_path: Path) -> None:
    async with job_rig(home=tmp_path) as rig:
        job = await begun(rig, 9, page_rows=4)
        await job.finished()
        await rig.host.jobs.delete(job.job_id, ORIGIN)
        await reclaimed(rig)
    of_job = f"stream LIKE 'job-{job.job_id}%' AND key_id IS NOT NULL"
    said = 1 + 3 + 9  # what the job is for, its pages, its results
    assert len(rows(tmp_path, f"{of_job} AND payload IS NULL")) == said
    assert not rows(tmp_path, f"{of_job} AND payload IS NOT NULL")
    with closing(ReadOnlyDatabase(tmp_path / "threadhost.db")) as database:
        seen = verify(database, None)
    assert (seen.is_sound, seen.purged) == (True, said)


async def test_a_deleted_thread_keeps_its_payloads_while_its_key_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        first, second = await spoken(rig, 2)

        async def nothing(_streams: object) -> int:
            return 0

        with monkeypatch.context() as patched:
            patched.setattr(rig.logs.durable, "destroy_keys", nothing)
            await rig.host.trees.delete(first, ORIGIN)
        await rig.host.trees.delete(second, ORIGIN)
        assert (await rig.logs.durable.purge()).is_done
        assert len(rows(tmp_path, "payload IS NULL")) == 0
        await rig.logs.durable.destroy_keys([thread_stream(first)])
        while not (await rig.logs.durable.purge()).is_done:
            continue
        assert len(rows(tmp_path, "payload IS NULL")) == 2 * (SAID + 1)


@pytest.mark.parametrize(
    ("limit", "most", "taken"), [("PURGED_ROWS", SAID, SAID + 1), ("PURGED_BYTES", WORDS, 2)]
)
async def test_a_purge_step_takes_no_more_than_its_limit_and_the_next_takes_the_rest(
    limit: str, most: int, taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Than that and what a stream had left: its last payload, or a small one ahead of a large."""
    monkeypatch.setattr(reclaiming, "DELAY_S", 100)
    monkeypatch.setattr(purge, limit, most)
    monkeypatch.setattr(purge, "SCANNED_ROWS", 5)
    steps: list[int] = []
    async with open_rig(tmp_path) as rig:
        for thread_id in await spoken(rig, 3):
            await rig.host.trees.delete(thread_id, ORIGIN)
        while not (step := await rig.logs.durable.purge()).is_done:
            steps.append(step.rows)
    assert (max(steps), sum(steps)) == (taken, 3 * (SAID + 1))


async def test_a_purge_that_a_dead_host_left_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reclaiming, "DELAY_S", 100)
    async with open_rig(tmp_path) as rig:
        for thread_id in await spoken(rig, 3):
            await rig.host.trees.delete(thread_id, ORIGIN)
        await rig.logs.durable.purge()
    assert len(rows(tmp_path, "payload IS NULL")) > 0
    monkeypatch.setattr(reclaiming, "DELAY_S", 0.01)
    async with open_rig(tmp_path) as rig:
        await rig.recover()
        await eventually(lambda: len(rows(tmp_path, "payload IS NULL")) == 3 * (SAID + 1))


@pytest.mark.parametrize("note", ["x", "-1", "4000000000", "9" * 5_000])
async def test_a_damaged_purge_position_does_not_stop_the_purge(tmp_path: Path, note: str) -> None:
    async with open_rig(tmp_path) as rig:
        (first,) = await spoken(rig, 1)
        with changed(tmp_path / "threadhost.db") as database:
            database.execute("INSERT OR REPLACE INTO store VALUES ('purged', ?)", (note,))
        await rig.host.trees.delete(first, ORIGIN)
        while not (await rig.logs.durable.purge()).is_done:
            continue
        assert len(rows(tmp_path, "payload IS NULL")) == SAID + 1


async def test_an_operator_gets_a_line_when_space_cannot_be_reclaimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_rig(tmp_path) as rig:
        (thread_id,) = await spoken(rig, 1)
        tried = asyncio.Event()

        async def full() -> None:
            tried.set()
            raise StoreUnavailable("no space is left")

        monkeypatch.setattr(rig.logs.durable, "purge", full)
        await rig.host.trees.delete(thread_id, ORIGIN)
        await within(tried.wait())
        await settle()
    assert logged_line(caplog, "erasure.space_kept")["fault"] == "no space is left"


async def test_a_host_without_purgeable_rows_writes_nothing(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        await spoken(rig, 2)
        await rig.logs.durable.checkpoint()
        await rig.recover()
        assert (await rig.logs.durable.purge()).is_done
        assert not await rig.logs.durable.compact_rows()
        assert not await rig.logs.durable.release_pages()
        assert (tmp_path / "threadhost.db-wal").stat().st_size == 0


@pytest.mark.slices
async def test_a_home_with_half_of_its_threads_deleted_is_little_larger_than_the_rest_alone(
    tmp_path: Path,
) -> None:
    mixed, only = tmp_path / "mixed", tmp_path / "only"
    for home in (mixed, only):
        home.mkdir()
    async with open_rig(only) as rig:
        await spoken(rig, 500)
    async with open_rig(mixed) as rig:
        threads = await spoken(rig, 1_000)
        before = bytes_on_disk(mixed)
        for thread_id in threads[::2]:
            await rig.host.trees.delete(thread_id, ORIGIN)
        await reclaimed(rig)
    assert before / bytes_on_disk(only) > 1.9
    assert bytes_on_disk(mixed) / bytes_on_disk(only) < FACTOR_MAX


@pytest.mark.slices
async def test_a_purge_interrupted_between_steps_ends_with_as_small_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    for dies in (False, True):
        monkeypatch.setattr(reclaiming, "DELAY_S", 100)
        home = tmp_path / str(dies)
        home.mkdir()
        async with open_rig(home) as rig:
            for thread_id in (await spoken(rig, 60))[::2]:
                await rig.host.trees.delete(thread_id, ORIGIN)
            await reclaimed_by_hand(rig, compacts=not dies)
        monkeypatch.setattr(reclaiming, "DELAY_S", 0.01)
        async with open_rig(home) as rig:
            await reclaimed_by_hand(rig)
            sizes.append(bytes_on_disk(home))
    assert sizes[1] < 1.05 * sizes[0]


async def reclaimed_by_hand(rig: Rig, *, compacts: bool = True) -> None:
    """Give back all there is; or die once the payloads are gone."""
    log = rig.logs.durable
    while not (await log.purge()).is_done:
        continue
    while compacts and await log.compact_rows():
        continue
    while compacts and await log.release_pages():
        continue
    await log.checkpoint()


async def test_a_stream_that_was_compacted_is_not_examined_by_a_later_host(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        for thread_id in (await spoken(rig, 8))[::2]:
            await rig.host.trees.delete(thread_id, ORIGIN)
        await reclaimed_by_hand(rig)
    async with open_rig(tmp_path) as rig:
        ran: list[str] = []
        writer = database_of(rig.logs.durable).writer
        writer.set_trace_callback(ran.append)
        await reclaimed_by_hand(rig)
        writer.set_trace_callback(None)
    looked = [sql for sql in ran if "FROM events WHERE stream =" in sql]
    assert looked == []
