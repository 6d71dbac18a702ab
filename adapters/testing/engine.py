"""The contract of a log's database: an engine inherits these tests and implements `opened`."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from threadhost.events.base import StreamState
from threadhost.events.store.chain import digest_of, link
from threadhost.events.store.errors import StoreUnavailable, WrongExpectedVersion
from threadhost.events.store.port import Engine, KeptSnapshot, Known, Tx
from threadhost.events.store.rows import LogRow, Purged, StreamHead, StreamSize
from threadhost.events.store.rules import tombstones
from threadhost.events.store.seal import End
from threadhost.projections import all_views
from threadhost.projections.tree import AWAIT, CONFIRM, INSERT, SET_OPEN

A, B = "thread-a", "thread-b"
AT_MS = 1_763_798_400_000
KIND, KEY = LogRow._fields.index("kind"), LogRow._fields.index("key_id")


class EngineContract:
    """Tests of one log at a time, empty at first, with tables for views."""

    async def opened(self, folder: Any) -> Engine:
        """An engine with the tables of a log, made in an empty folder or without one."""
        raise NotImplementedError

    @pytest.fixture
    async def engine(self, tmp_path: Any) -> AsyncIterator[Engine]:
        engine = await self.opened(tmp_path)
        with engine.transaction() as tx:
            all_views().create(tx)
        yield engine
        engine.close()

    # -- transactions --

    async def test_writes_of_a_transaction_are_readable_after_it(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 3)
            tx.put_heads({A: StreamHead(3, 1, StreamState.OPEN, 7)})
        assert await engine.of_log() == rows
        assert stand(await engine.heads([A, B])) == stand(
            {A: StreamHead(3, 1, StreamState.OPEN, 7)}
        )

    async def test_nothing_stays_of_one_that_fails(self, engine: Engine) -> None:
        def half_done() -> None:
            with engine.transaction() as tx:
                fill(tx, A, 3)
                tx.write(AWAIT.text, [{"deletion_id": "d"}])
                _ = 1 // 0

        with pytest.raises(ZeroDivisionError):
            half_done()
        assert await engine.of_log() == []
        assert await engine.rows("SELECT * FROM pending_erasures") == []
        with engine.transaction() as tx:
            fill(tx, A, 1)
        assert len(await engine.of_log()) == 1

    async def test_a_failed_attempt_rolls_back_its_own_writes_only(self, engine: Engine) -> None:
        def fails(tx: Tx) -> None:
            fill(tx, B, 2, first=2)
            raise LookupError("this request is at fault")

        with engine.transaction() as tx:
            fill(tx, A, 1)
            failure = tx.attempt(lambda: fails(tx))
            assert isinstance(failure, LookupError)
            assert tx.attempt(lambda: len(fill(tx, B, 1, first=2))) == 1
        assert [(row.position, row.stream) for row in await engine.of_log()] == [(1, A), (2, B)]

    async def test_an_error_of_the_store_in_an_attempt_fails_the_transaction(
        self, engine: Engine
    ) -> None:
        def fails() -> None:
            raise MemoryError

        def half_done() -> None:
            with engine.transaction() as tx:
                fill(tx, A, 1)
                tx.attempt(fails)

        with pytest.raises(StoreUnavailable):
            half_done()
        assert await engine.of_log() == []

    async def test_a_version_is_taken_once(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            fill(tx, A, 2)
        duplicate = row_of(A, 2, 3, b"other")
        with pytest.raises(WrongExpectedVersion), engine.transaction() as tx:
            tx.add_events(duplicate)
        assert [row.version for row in await engine.of_stream(A)] == [1, 2]

    async def test_heads_are_replaced_one_by_one_or_all(self, engine: Engine) -> None:
        heads = {f"thread-{n}": StreamHead(n, 1) for n in range(1, 1200)}
        with engine.transaction() as tx:
            tx.put_heads(heads)
            tx.put_heads({"thread-1": StreamHead(2, 2, StreamState.FENCED)})
            assert tx.heads(["thread-1", "thread-9"])["thread-1"].state is StreamState.FENCED
            assert len(tx.heads(list(heads))) == len(heads)
            assert tx.heads([]) == {}
        with engine.transaction() as tx:
            tx.put_heads({B: StreamHead(1, 1)}, anew=True)
        assert stand(await engine.heads([*heads, B])) == stand({B: StreamHead(1, 1)})

    async def test_each_head_is_stored_as_it_is_though_only_some_changed_more_than_their_version(
        self, engine: Engine
    ) -> None:
        before = {A: StreamHead(1, 1), B: StreamHead(1, 1)}
        after = {A: StreamHead(2, 1), B: StreamHead(2, 1, StreamState.OPEN, 7)}
        closed = {A: StreamHead(3, 2), B: StreamHead(3, 1, StreamState.CLOSED, 7)}
        for heads in (before, after, closed):
            with engine.transaction() as tx:
                tx.put_heads(heads)
            assert stand(await engine.heads([A, B])) == stand(heads)

    async def test_requests_are_known_by_their_keys_for_as_long_as_asked(
        self, engine: Engine
    ) -> None:
        first, second = Known(b"\1" * 32, 1, 2), Known(b"\2" * 32, 3, 3)
        with engine.transaction() as tx:
            tx.know("one", first, AT_MS)
            tx.know("two", second, AT_MS + 5)
        with engine.transaction() as tx:
            assert tx.known(["one", "two", "three"], AT_MS) == {"one": first, "two": second}
            assert tx.known(["one", "two"], AT_MS + 1) == {"two": second}
            assert tx.known([], AT_MS) == {}
            tx.forget_known(AT_MS + 5)
            assert tx.known(["one", "two"], 0) == {"two": second}

    async def test_one_snapshot_of_a_stream_is_kept(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            for version in (1, 2):
                tx.keep_snapshot(A, KeptSnapshot(version, 7, b"state"))
        assert await engine.snapshot(A) == KeptSnapshot(2, 7, b"state")
        with engine.transaction() as tx:
            tx.drop_snapshots([A])
        assert await engine.snapshot(A) is None

    async def test_a_view_is_written_in_portable_words(self, engine: Engine) -> None:
        edges = [
            {"child_id": f"c{n}", "parent_id": "p", "depth": 1, "is_open": True} for n in range(120)
        ]
        with engine.transaction() as tx:
            assert tx.write(INSERT.text, edges) == 0
            assert tx.write(SET_OPEN.text, [{"child_id": "c7", "is_open": False}]) == 0
            tx.write(AWAIT.text, [{"deletion_id": "d1"}, {"deletion_id": "d2"}])
            assert tx.write(CONFIRM.text, [{"deletion_id": "d1"}, {"deletion_id": "d9"}]) == 1
            with pytest.raises(LookupError):
                tx.write(AWAIT.text, [{"deletion_id": "d3"}, {"deletion": "d4"}])
        query = "SELECT child_id FROM spawn_edges WHERE is_open = FALSE"
        assert [tuple(row) for row in await engine.rows(query)] == [("c7",)]
        count_query = "SELECT count(*) FROM spawn_edges WHERE parent_id = :of"
        assert (await engine.rows(count_query, {"of": "p"}))[0][0] == len(edges)

    async def test_a_transaction_reads_its_own_writes(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 5)
            assert tx.rows(0, 100) == rows
            assert tx.rows(2, 2) == rows[2:4]
            assert tx.rows(0, 100, bytes_max=1) == rows[:1]
            assert tx.has_table("spawn_edges")
            assert not tx.has_table("nowhere")
            assert tx.run("SELECT count(*) FROM spawn_edges")[0][0] == 0

    async def test_the_end_is_sealed_again_with_each_commit(self, engine: Engine) -> None:
        for position in (1, 2):
            with engine.transaction() as tx:
                tx.seal_end(End(position, bytes(32)), b"seal" * 8)

    # -- reads --

    async def test_rows_are_read_by_position_and_by_version(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = [*fill(tx, A, 3), *fill(tx, B, 3, first=4)]
        assert await engine.of_log(after=1, limit=2) == rows[1:3]
        assert await engine.of_log(after=1, stop=3) == rows[1:3]
        assert await engine.of_log(kinds=["odd.v1"]) == [r for r in rows if r.version % 2]
        assert await engine.of_log(bytes_max=1) == rows[:1]
        assert await engine.of_stream(B, 1, stop=2) == rows[4:5]
        assert await engine.of_stream(B, limit=1) == rows[3:4]
        assert await engine.of_stream(B, kinds=["odd.v1"]) == [rows[3], rows[5]]
        assert await engine.at([6, 1, 99, 0]) == [rows[0], rows[5]]
        assert await engine.at([]) == []
        assert await engine.link_at(2) == rows[1].chain
        assert await engine.link_at(99) is None
        assert not await engine.has_blobs(A)

    async def test_bodies_are_read_at_positions_and_at_those_a_view_gives(
        self, engine: Engine
    ) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 4)
            tx.run("INSERT INTO thread_queue VALUES ('s', 'a', 0, 2), ('t', 'a', 1, 4)")
        bodies = [body_of(row) for row in rows]
        assert [tuple(row) for row in await engine.bodies_at([4, 2])] == [bodies[1], bodies[3]]
        places = "SELECT position, submission_id AS tag FROM thread_queue WHERE thread_id = :of"
        bodies_read = sorted(tuple(row) for row in await engine.bodies_of(places, {"of": "a"}))
        assert bodies_read == [(*bodies[1], "s"), (*bodies[3], "t")]
        assert await engine.bodies_of(places, {"of": "b"}) == []
        read = await engine.bodies_of_stream(A, 1, 2, 9)
        assert [tuple(row) for row in read] == bodies[1:3]
        assert [tuple(row) for row in await engine.bodies_of_stream(A, 1, 9, 2)] == bodies[1:2]
        assert list(await engine.bodies_of_stream(B, 0, 9, 9)) == []

    async def test_whoever_reads_sees_no_half_of_a_transaction(self, engine: Engine) -> None:
        async def look() -> int:
            return len(await engine.of_log())

        looks = [asyncio.create_task(look()) for _ in range(8)]
        for n in range(3):
            with engine.transaction() as tx:
                fill(tx, f"thread-{n}", 2, first=1 + 2 * n)
            await asyncio.sleep(0)
            looks.append(asyncio.create_task(look()))
        assert {await task for task in looks} <= {0, 2, 4, 6}

    async def test_work_apart_reads_the_same(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 3)

        async def work() -> tuple[list[LogRow], bool]:
            return await engine.of_stream(A), await engine.has_table("spawn_edges")

        assert await engine.apart(work) == (rows, True)

    # -- erasing, and the end --

    async def test_an_erasure_is_whole_and_keeps_the_rows_of_its_tables(
        self, engine: Engine
    ) -> None:
        with engine.transaction() as tx:
            tx.write(AWAIT.text, [{"deletion_id": "d"}])
            tx.must_erase()
        assert engine.erase(["pending_erasures"]).is_whole
        assert [tuple(row) for row in await engine.rows("SELECT * FROM pending_erasures")] == [
            ("d",)
        ]

    async def test_an_erasure_is_due_until_it_was_done(self, engine: Engine) -> None:
        assert not engine.is_erasure_due
        with engine.transaction() as tx:
            tx.must_erase()
        assert engine.is_erasure_due
        engine.erase([])
        assert not engine.is_erasure_due

    async def test_a_moment_does_not_show_later_writes(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 2)
            tx.put_heads({A: StreamHead(2, 1)})
        if engine.in_memory:
            with pytest.raises(LookupError), engine.moment():
                pass
            return
        with engine.moment() as moment:
            assert moment.rows(0, 9) == rows
            with engine.transaction() as tx:
                fill(tx, A, 1, first=3, version=3)
                tx.put_heads({A: StreamHead(3, 1)})
            assert moment.rows(0, 9) == rows
            assert stand(moment.heads([A])) == stand({A: StreamHead(2, 1)})
            assert moment.run("SELECT count(*) FROM spawn_edges")[0][0] == 0
        with engine.moment() as moment:
            assert len(moment.rows(0, 9)) == 3

    async def test_writes_to_a_scratch_are_not_in_the_engine(self, engine: Engine) -> None:
        scratch = engine.scratch()
        with scratch.transaction() as tx:
            all_views().create(tx)
            tx.write(AWAIT.text, [{"deletion_id": "d"}])
        assert len(await scratch.rows("SELECT * FROM pending_erasures")) == 1
        assert await engine.rows("SELECT * FROM pending_erasures") == []
        with engine.transaction() as engine_tx, scratch.transaction() as scratch_tx:
            schema = scratch_tx.made_of()
            assert schema.items() <= engine_tx.made_of().items()
            assert ("table", "spawn_edges") in schema
        scratch.close()

    async def test_a_stream_is_weighed_by_rows_and_payloads(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            rows = fill(tx, A, 3)
            fill(tx, B, 2, first=4)
        size = sum(len(row.payload or b"") for row in rows)
        assert await engine.stream_sizes([A, "none"]) == {A: StreamSize(3, size)}
        assert (await engine.stream_sizes())[B].rows == 2

    async def test_the_extent_of_a_stream_counts_its_versions(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            fill(tx, A, 3)
            fill(tx, B, 2, first=4)
        assert await engine.extent(A, 0, 9) == (3, 3)
        assert await engine.extent(A, 1, 2) == (1, 2)
        assert await engine.extent(A, 3, 9) == await engine.extent("none", 0, 9) == (0, 0)

    async def test_payloads_of_a_closed_stream_are_purged_once_its_key_is_destroyed(
        self, engine: Engine
    ) -> None:
        tombstone = tombstones()[0]
        with engine.transaction() as tx:
            row = row_of(A, 1, 1)
            row[KEY] = 7
            closed = row_of(A, 2, 2)
            closed[KIND] = tombstone
            other = row_of(B, 1, 3)
            other[KEY] = 8
            tx.add_events([*row, *closed, *other])
            head = StreamHead(2, 1, StreamState.CLOSED, 7)
            tx.put_heads({A: head, B: StreamHead(1, 1, StreamState.OPEN, 8)})
        before = await engine.of_log()
        assert engine.purge(lambda _: False) == Purged(is_done=True)
        assert await engine.of_log() == before
        assert engine.purge(lambda key_id: key_id == 7) == Purged(1, len(before[0].payload or b""))
        assert engine.purge(lambda key_id: key_id == 7).is_done
        while engine.compact_rows():
            continue
        while engine.release_pages():
            continue
        assert await engine.of_log() == [before[0]._replace(payload=None), *before[1:]]

    async def test_a_stream_is_dropped_whole(self, engine: Engine) -> None:
        with engine.transaction() as tx:
            fill(tx, A, 2)
            kept = fill(tx, B, 1, first=3)
            tx.put_heads({A: StreamHead(2, 1), B: StreamHead(1, 1)})
            tx.forget_stream(A)
        assert await engine.of_log() == kept
        assert stand(await engine.heads([A, B])) == stand({B: StreamHead(1, 1)})

    async def test_a_closed_engine_refuses_reads(self, engine: Engine) -> None:
        engine.close()
        engine.close()
        with pytest.raises(StoreUnavailable):
            await engine.of_log()

    async def test_errors_mean_the_same_everywhere(self, engine: Engine) -> None:
        error = KeyError("a request's own")
        assert engine.meaning(error) is error
        assert isinstance(engine.meaning(MemoryError()), StoreUnavailable)


def stand(heads: Mapping[str, StreamHead]) -> dict[str, tuple[object, ...]]:
    """The heads of streams in a comparable form."""
    return {s: (h.version, h.incarnation, h.state, h.key_id) for s, h in heads.items()}


def row_of(stream: str, version: int, position: int, payload: bytes = b"") -> list[object]:
    """The columns of a row, as a writer writes them."""
    kind = "odd.v1" if version % 2 else "even.v1"
    payload = payload or f"{stream} {version}".encode()
    columns: list[object] = [position, position, stream, version, kind, AT_MS, "p", "c", "e", None]
    digest = digest_of(payload)
    return [*columns, payload, None, digest, link(bytes(32), columns, digest)]


def fill(tx: Tx, stream: str, count: int, first: int = 1, version: int = 1) -> list[LogRow]:
    """Rows of a stream from a position on, in the form that reads return."""
    rows = [row_of(stream, version + n, first + n) for n in range(count)]
    tx.add_events([value for row in rows for value in row])
    return [LogRow._make(row) for row in rows]


def body_of(row: LogRow) -> tuple[Any, ...]:
    """The values that are needed to open the body of a row."""
    place = row.position, row.stream, row.version, row.kind
    return (*place, row.key_id, row.payload, row.blob, row.digest)
