"""Positions, versions and transactions: what an append does, and all of it or nothing."""

import asyncio
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.store import META, OTHER, STREAM, Fussy, opened, renamed, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreMismatch, WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.recorder import SqlRecorder


async def test_positions_and_versions_grow_by_one(log: Log) -> None:
    first = await log.append(StreamAppend(STREAM, [started(), renamed()]), meta=META)
    second = await log.append(
        StreamAppend(OTHER, [started("b")]), StreamAppend(STREAM, [renamed()]), meta=META
    )
    placed = [(r.position, r.stream, r.version) for r in [*first.recorded, *second.recorded]]
    assert placed == [(1, STREAM, 1), (2, STREAM, 2), (3, OTHER, 1), (4, STREAM, 3)]
    assert await log.read(0, 10) == [*first.recorded, *second.recorded]
    assert log.position == 4


async def test_appended_events_are_read_after_a_restart(home: Path) -> None:
    async with opened(home) as log:
        done = await log.append(StreamAppend(STREAM, [started(), renamed("x")]), meta=META)
    async with opened(home) as log:
        assert await log.read_stream(STREAM) == list(done.recorded)
        assert log.position == 2


async def test_one_stream_named_twice_in_an_append_goes_on_where_it_stood(log: Log) -> None:
    done = await log.append(
        StreamAppend(STREAM, [started()], 0), StreamAppend(STREAM, [renamed()], 1), meta=META
    )
    assert [fact.version for fact in done.recorded] == [1, 2]


@pytest.mark.few(2)
@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_an_append_with_another_expected_version_is_refused(log: Log, expected: int) -> None:
    await log.append(StreamAppend(STREAM, [started()], 0), meta=META)
    with pytest.raises(WrongExpectedVersion) as refused:
        await log.append(StreamAppend(STREAM, [renamed()], expected), meta=META)
    assert (refused.value.expected, refused.value.actual) == (expected, 1)
    assert len(await log.read(0, 10)) == 1


async def test_an_append_to_several_streams_is_all_or_nothing(log: Log) -> None:
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    with pytest.raises(WrongExpectedVersion):
        await log.append(
            StreamAppend(OTHER, [started("b")]), StreamAppend(STREAM, [renamed()], 9), meta=META
        )
    assert await log.stream_head(OTHER) is None
    done = await log.append(StreamAppend(OTHER, [started("b")], 0), meta=META)
    assert [fact.position for fact in done.recorded] == [2]


async def test_an_append_of_nothing_leaves_no_stream(log: Log) -> None:
    done = await log.append(StreamAppend(STREAM, []), meta=META)
    assert done.recorded == []
    assert await log.stream_head(STREAM) is None


async def test_a_failing_append_in_a_group_takes_nothing_with_it(log: Log) -> None:
    appends = [
        log.append(StreamAppend(f"thread-{n}", [started(str(n)), renamed()], n % 2), meta=META)
        for n in range(40)
    ]
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    refused = [o for o in outcomes if isinstance(o, WrongExpectedVersion)]
    assert len(refused) == 20
    recorded = await log.read(0, 100)
    assert [fact.position for fact in recorded] == list(range(1, 41))
    assert {fact.stream for fact in recorded} == {f"thread-{n}" for n in range(0, 40, 2)}


async def test_a_failing_append_in_a_group_keeps_what_the_stream_had_before_it(log: Log) -> None:
    outcomes = await asyncio.gather(
        log.append(StreamAppend(STREAM, [started()], 0), meta=META),
        log.append(StreamAppend(STREAM, [renamed()], 0), meta=META),
        log.append(StreamAppend(STREAM, [renamed()], 1), meta=META),
        return_exceptions=True,
    )
    assert [isinstance(o, WrongExpectedVersion) for o in outcomes] == [False, True, False]
    assert [fact.version for fact in await log.read_stream(STREAM)] == [1, 2]


@pytest.mark.parametrize("neighbours", [0, 3])
async def test_a_failing_view_fails_that_append_alone(home: Path, neighbours: int) -> None:
    async with opened(home, Fussy()) as log:
        others = [
            log.append(StreamAppend(f"thread-{n}", [renamed("good")]), meta=META)
            for n in range(neighbours)
        ]
        bad = log.append(StreamAppend(STREAM, [started(), renamed("bad")]), meta=META)
        outcomes = await asyncio.gather(*others, bad, return_exceptions=True)
        assert [type(o).__name__ for o in outcomes[:-1]] == ["Appended"] * neighbours
        assert isinstance(outcomes[-1], ArithmeticError)
        done = await log.append(StreamAppend(STREAM, [started(), renamed("good")], 0), meta=META)
        assert [fact.position for fact in done.recorded] == [neighbours + 1, neighbours + 2]


async def test_positions_of_rows_deleted_by_hand_are_not_given_out_again(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed(), renamed()]), meta=META)
    connection = connected(home / "threadhost.db", isolation_level=None)
    connection.execute("DELETE FROM events WHERE position > 1")
    connection.execute("VACUUM")
    connection.close()
    database = Database(home / "threadhost.db")
    assert SqlRecorder(database, "").position == 3
    database.close()
    with pytest.raises(StoreMismatch, match="a program without the host key changed its end"):
        async with opened(home):
            pass


async def test_positions_go_on_without_a_gap_after_a_rollback_and_a_restart(home: Path) -> None:
    async with opened(home, Fussy()) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        with pytest.raises(ArithmeticError):
            await log.append(StreamAppend(STREAM, [renamed("bad")]), meta=META)
    async with opened(home, Fussy()) as log:
        done = await log.append(StreamAppend(STREAM, [renamed("good")], 1), meta=META)
        assert [fact.position for fact in done.recorded] == [2]


async def test_events_are_read_back_by_position_in_log_order(log: Log) -> None:
    done = await log.append(StreamAppend(STREAM, [renamed(str(n)) for n in range(600)]), meta=META)
    wanted = [600, *range(2, 599, 2), 7, 7]
    found = await log.read_at(wanted)
    assert found == [done.recorded[p - 1] for p in sorted(set(wanted))]


async def test_a_stream_is_read_in_pages(log: Log) -> None:
    await log.append(StreamAppend(STREAM, [renamed(str(n)) for n in range(5)]), meta=META)
    assert [fact.version for fact in await log.read_stream(STREAM, 1, 3)] == [2, 3, 4]
    assert [fact.version for fact in await log.read_stream(STREAM, 3)] == [4, 5]


async def test_the_log_works_in_a_folder_with_an_odd_name(tmp_path: Path) -> None:
    home = tmp_path / "a home? 100% #1"
    home.mkdir()
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [renamed()]), meta=META)
    assert sorted(p.name for p in home.iterdir() if p.suffix == ".db") == [
        "keys.db",
        "threadhost.db",
    ]
