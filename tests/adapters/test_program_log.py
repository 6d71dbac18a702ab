"""The program log of threads: bounded, without the words of anyone, deleted with its thread."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.actors.test_fork import answered, forked
from tests.support import premade
from tests.support.deletions import family
from tests.support.hosts import ORIGIN, Rig, call_of, eventually, message, open_rig, within
from tests.support.store import META, now, opened, started
from threadhost.actors.errors import DeletionHalted
from threadhost.adapters import program_log, thread_lines
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.program_log import BATCH_MAX, NOTED, WAITING_MAX, ProgramLog
from threadhost.adapters.thread_lines import FORMS, newest
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import KINDS
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import prepare_home
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import TurnCompleted
from threadhost.projections import all_views
from threadhost.projections.program_log import (
    BEGIN,
    DETAILS_CHARS_MAX,
    KEPT_MS,
    LINES,
    LINES_A_THREAD_MAX,
    KeptLine,
    Line,
    LinePlace,
    expire,
    keep,
    log_page,
)
from threadhost.projections.rebuild import rebuild

NOW_MS = 1_763_798_400_000
REFUSED = ("turn/steer", -32600)


@pytest.fixture(params=["home", pytest.param("memory", marks=pytest.mark.slices)])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    home = premade.fill(tmp_path / "home") if request.param == "home" else None
    async with open_rig(home) as rig:
        yield rig


def program_log_of(rig: Rig) -> ProgramLog:
    """A program log that listens to the events of a rig."""
    noting = rig.logs.program = ProgramLog(rig.logs, SystemClock())
    for log in (rig.logs.durable, rig.logs.ephemeral):
        log.feed.listen(noting.published)
    return noting


async def lines_of(rig: Rig, thread_id: str) -> Sequence[Line]:
    return (await newest(rig.logs.of(thread_id), thread_id, 5000, SystemClock().now_ms())).lines


def ends_of(rig: Rig, thread_id: str) -> int:
    return [type(event) for event in rig.events(thread_id)].count(TurnCompleted)


def line(thread_id: str, number: int = 0, at_ms: int = NOW_MS) -> Line:
    return Line(thread_id, at_ms, "info", "test", None, number, {"number": number})


async def test_a_turn_leaves_lines_for_its_steps_without_any_words_of_user_or_model(
    rig: Rig,
) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    await rig.turn(thread_id, "a canary")
    call = await rig.model.asked()
    call.say(*call_of("canary_tool", arguments='{"canary": 1}')).end()
    call = await rig.model.asked()
    call.say(*message("the canary sings")).end()
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    await noting.flush()
    lines = await lines_of(rig, thread_id)
    kinds = [line.event for line in lines]
    assert kinds[0] == "turnStarted"
    assert kinds[-1] == "turnEnded"
    assert kinds.count("modelResponded") == 2
    answered = lines[kinds.index("modelResponded")].details
    assert answered.keys() >= {"request", "attempts", "durationMs"}
    assert lines[-1].details["outcome"] == "completed"
    assert [line.at_ms for line in lines] == sorted(line.at_ms for line in lines)
    assert "canary" not in repr(lines)


async def test_each_line_names_the_version_of_its_event(rig: Rig) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*message("ok")).end()
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    await noting.flush()
    facts = await rig.logs.durable.read_stream(thread_stream(thread_id))
    types = {name: type_ for type_, (_, name, _) in FORMS.items()}
    for noted in await lines_of(rig, thread_id):
        assert type(facts[noted.version - 1].event) is types[noted.event]


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_the_newest_lines_are_returned_however_many_the_thread_has(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(thread_lines, "LOOKED_BACK", 2)
    thread_id = await rig.start()
    for count in (1, 2, 3):
        await rig.turn(thread_id)
        (await rig.model.asked()).say(*message("ok")).end()
        await eventually(lambda: ends_of(rig, thread_id) == count)  # noqa: B023  (awaited here)
    log, now_ms = rig.logs.of(thread_id), SystemClock().now_ms()
    lines = (await newest(log, thread_id, limit, now_ms)).lines
    whole = 3 * ["turnStarted", "modelResponded", "turnEnded"]
    assert [line.event for line in lines] == whole[-limit:]


def test_every_type_of_event_with_a_line_is_a_known_type() -> None:
    assert NOTED.keys() <= KINDS.keys()


async def test_lines_beyond_the_buffer_are_dropped_and_counted_in_the_log(rig: Rig) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    for _ in range(WAITING_MAX + 7):
        noting.refused(thread_id, *REFUSED)
    assert noting.dropped == 7
    await noting.flush()
    lines = await lines_of(rig, thread_id)
    assert len(lines) == WAITING_MAX + 1
    assert (lines[-1].event, lines[-1].details) == ("linesDropped", {"count": 7})


async def test_lines_are_written_in_batches(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    batches: list[int] = []
    transact = rig.logs.durable.transact

    async def counted(work: Callable[..., Any]) -> Any:
        batches.append(len(work.keywords["lines"]))  # type: ignore[attr-defined]
        return await transact(work)

    monkeypatch.setattr(rig.logs.durable, "transact", counted)
    for _ in range(BATCH_MAX * 2 + 1):
        noting.refused(thread_id, *REFUSED)
    await noting.flush()
    assert batches == [BATCH_MAX, BATCH_MAX, 1]


@pytest.mark.parametrize(("flush_s", "count"), [(3600.0, BATCH_MAX + 1), (0.0, 1)])
async def test_many_waiting_lines_are_written_at_once_and_few_after_a_pause(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, flush_s: float, count: int
) -> None:
    monkeypatch.setattr(program_log, "FLUSH_S", flush_s)
    noting, thread_id = program_log_of(rig), await rig.start()
    running = asyncio.create_task(noting.run())
    for _ in range(count):
        noting.refused(thread_id, *REFUSED)
    await eventually(lambda: len(now(lines_of(rig, thread_id))) == count)
    noting.close()
    await within(running)


async def test_a_line_that_arrives_during_a_write_is_written_next(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_log, "FLUSH_S", 0.0)
    noting, thread_id = program_log_of(rig), await rig.start()
    transact, count = rig.logs.durable.transact, BATCH_MAX + 5

    async def meanwhile(work: Callable[..., Any]) -> Any:
        monkeypatch.setattr(rig.logs.durable, "transact", transact)
        noting.refused(thread_id, *REFUSED)
        return await transact(work)

    monkeypatch.setattr(rig.logs.durable, "transact", meanwhile)
    for _ in range(count):
        noting.refused(thread_id, *REFUSED)
    running = asyncio.create_task(noting.run())
    await eventually(lambda: len(now(lines_of(rig, thread_id))) == count + 1)
    noting.close()
    await within(running)


async def test_a_thread_keeps_its_newest_thousand_lines(rig: Rig) -> None:
    thread_id, other = await rig.start(), await rig.start()
    for start in range(0, LINES_A_THREAD_MAX + 300, 100):
        some = [line(thread_id, number) for number in range(start, start + 100)]
        await rig.logs.durable.transact(partial(keep, lines=some))
    await rig.logs.durable.transact(lambda tx: keep(tx, [line(other)]))
    reads = rig.logs.durable.reads
    kept = await log_page(reads, thread_id, BEGIN, 5000, NOW_MS)
    assert [found.version for found in kept] == list(range(300, LINES_A_THREAD_MAX + 300))
    assert len(await log_page(reads, other, BEGIN, 5000, NOW_MS)) == 1


def test_a_full_log_of_a_thread_takes_less_than_ten_mib() -> None:
    longest_name_bytes, ids_bytes = 64, 2 * 128
    assert LINES_A_THREAD_MAX * (DETAILS_CHARS_MAX + longest_name_bytes + ids_bytes) < 10 * 2**20


async def test_details_that_are_too_long_are_left_out_and_the_line_is_kept(rig: Rig) -> None:
    thread_id = await rig.start()
    long = line(thread_id)._replace(details={"words": "x" * DETAILS_CHARS_MAX})
    assert await rig.logs.durable.transact(lambda tx: keep(tx, [long])) == 1
    (kept,) = await log_page(rig.logs.durable.reads, thread_id, BEGIN, 5, NOW_MS)
    assert kept.details == "{}"


async def test_lines_older_than_ten_days_are_not_shown_and_are_deleted(rig: Rig) -> None:
    thread_id, log = await rig.start(), rig.logs.durable
    old, new = line(thread_id, 1, NOW_MS - KEPT_MS - 1), line(thread_id, 2)
    await log.transact(lambda tx: keep(tx, [old, new]))
    page = await log_page(log.reads, thread_id, BEGIN, 5, NOW_MS)
    assert [found.version for found in page] == [2]
    await log.transact(lambda tx: expire(tx, NOW_MS))
    assert [row[0] for row in await log.reads.rows("SELECT version FROM thread_log")] == [2]


def place(last: KeptLine) -> LinePlace:
    return LinePlace(seq=last.seq, at_ms=last.at_ms)


async def test_pages_of_a_program_log_follow_each_other_without_gap_or_repetition(rig: Rig) -> None:
    thread_id, log = await rig.start(), rig.logs.durable
    await log.transact(lambda tx: keep(tx, [line(thread_id, n) for n in range(5)]))
    first = await log_page(log.reads, thread_id, BEGIN, 3, NOW_MS)
    rest = await log_page(log.reads, thread_id, place(first[-1]), 3, NOW_MS)
    assert [found.version for found in (*first, *rest)] == [0, 1, 2, 3, 4]
    assert await log_page(log.reads, thread_id, place(rest[-1]), 3, NOW_MS) == []


@pytest.mark.parametrize("count", [1, 3, 5])
async def test_a_program_log_that_was_emptied_and_begun_again_is_read_from_its_beginning(
    rig: Rig, count: int
) -> None:
    thread_id, log = await rig.start(), rig.logs.durable
    await log.transact(lambda tx: keep(tx, [line(thread_id, n) for n in range(3)]))
    last = (await log_page(log.reads, thread_id, BEGIN, 5, NOW_MS))[-1]
    later_ms = NOW_MS + KEPT_MS + 1
    await log.transact(lambda tx: expire(tx, later_ms))
    some = [line(thread_id, 10 + n, later_ms) for n in range(count)]
    await log.transact(lambda tx: keep(tx, some))
    again = await log_page(log.reads, thread_id, place(last), 9, later_ms)
    assert [found.version for found in again] == [found.version for found in some]


async def test_a_page_whose_last_line_was_removed_is_followed_by_the_oldest_remaining_line(
    rig: Rig,
) -> None:
    thread_id, log = await rig.start(), rig.logs.durable
    await log.transact(lambda tx: keep(tx, [line(thread_id, n) for n in range(5)]))
    last = (await log_page(log.reads, thread_id, BEGIN, 3, NOW_MS))[-1]
    more = [line(thread_id, n) for n in range(5, LINES_A_THREAD_MAX + 4)]
    await log.transact(lambda tx: keep(tx, more))
    (following,) = await log_page(log.reads, thread_id, place(last), 1, NOW_MS)
    assert following.version == 4


async def test_the_lines_of_a_thread_are_written_before_its_tombstone_and_deleted_with_the_thread(
    rig: Rig,
) -> None:
    noting, them = program_log_of(rig), await family(rig)
    for thread_id in them.everyone:
        noting.refused(thread_id, *REFUSED)
    receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    assert receipt.rows["thread_log"] == len(them.everyone)
    assert await rig.logs.durable.reads.rows("SELECT * FROM thread_log") == []


async def test_no_line_is_written_for_deleted_or_unknown_threads(rig: Rig) -> None:
    noting, them = program_log_of(rig), await family(rig)
    await within(rig.host.trees.delete(them.root, ORIGIN))
    for thread_id in (them.root, "nobody"):
        noting.refused(thread_id, *REFUSED)
    await noting.flush()
    assert await rig.logs.durable.reads.rows("SELECT * FROM thread_log") == []


async def test_a_waiting_line_is_not_written_after_a_tombstone(rig: Rig) -> None:
    """The writer checks for the tombstone in the transaction of the lines."""
    thread_id, log = await rig.start(), rig.logs.durable
    gone = ThreadDeleted(thread_id=thread_id, deletion_id="d", root_id=thread_id)
    await log.append(StreamAppend(thread_stream(thread_id), [gone]), meta=META)
    assert await log.transact(lambda tx: keep(tx, [line(thread_id)])) == 0


async def test_a_deletion_that_stops_halfway_leaves_the_lines_of_the_remaining_threads(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting, root = program_log_of(rig), await rig.start()
    noting.refused(root, *REFUSED)

    def refusing(thread_id: str) -> int:
        raise PermissionError(1, "Operation not permitted", thread_id)

    monkeypatch.setattr(rig.logs.durable.files, "remove", refusing)
    with pytest.raises(DeletionHalted):
        await within(rig.host.trees.delete(root, ORIGIN))
    await noting.flush()
    assert "refused" in [found.event for found in await lines_of(rig, root)]


async def test_an_ephemeral_thread_has_its_program_log_in_memory(rig: Rig) -> None:
    noting, fleeting = program_log_of(rig), await rig.start(ephemeral=True)
    noting.refused(fleeting, *REFUSED)
    await noting.flush()
    assert len(await lines_of(rig, fleeting)) == 1
    assert await rig.logs.durable.reads.rows("SELECT * FROM thread_log") == []
    await rig.host.life.unload([fleeting], "test", ORIGIN)
    assert await rig.logs.ephemeral.reads.rows("SELECT * FROM thread_log") == []


async def test_a_store_that_refuses_writes_costs_lines_and_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    noting.refused(thread_id, *REFUSED)

    async def refusing(work: object) -> None:
        raise StoreUnavailable("no space is left")

    with monkeypatch.context() as patch:
        patch.setattr(rig.logs.durable, "transact", refusing)
        await noting.flush()
        await noting.flush()
    assert noting.dropped == 1
    assert "no space is left" in caplog.text
    noting.refused(thread_id, *REFUSED)
    await noting.flush()
    (refused, dropped) = await lines_of(rig, thread_id)
    assert refused.event == "refused"
    assert (dropped.event, dropped.details) == ("linesDropped", {"count": 1})


async def test_a_read_of_the_program_log_waits_for_lines_that_are_being_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting, thread_id = program_log_of(rig), await rig.start()
    transact, begun, goes_on = rig.logs.durable.transact, asyncio.Event(), asyncio.Event()

    async def slow(work: Callable[..., Any]) -> Any:
        begun.set()
        await goes_on.wait()
        return await transact(work)

    monkeypatch.setattr(rig.logs.durable, "transact", slow)
    noting.refused(thread_id, *REFUSED)
    writing = asyncio.create_task(noting.flush())
    await within(begun.wait())
    reading = asyncio.create_task(noting.flush([thread_id]))
    done, _ = await asyncio.wait({reading}, timeout=0)
    assert not done
    goes_on.set()
    await within(asyncio.gather(writing, reading))
    assert len(await lines_of(rig, thread_id)) == 1


@pytest.mark.slices
async def test_a_rebuild_or_a_new_version_of_the_views_leaves_the_lines(tmp_path: Path) -> None:
    views = all_views()
    async with opened(prepare_home(tmp_path), views) as log:
        await log.append(StreamAppend("thread-a", [started()]), meta=META)
        await log.transact(lambda tx: keep(tx, [line("a")]))
        await rebuild(log, views)
        assert len(await log_page(log.reads, "a", BEGIN, 5, NOW_MS)) == 1
        await log.transact(views.recreate)
        assert len(await log_page(log.reads, "a", BEGIN, 5, NOW_MS)) == 1
        assert await log.reads.rows("SELECT * FROM threads") == []
        await log.transact(lambda tx: tx.run("ALTER TABLE thread_log DROP COLUMN details"))
        await log.transact(views.recreate)
        assert await log_page(log.reads, "a", BEGIN, 5, NOW_MS) == []


def test_the_table_of_lines_is_no_view_of_the_log() -> None:
    assert LINES.name not in all_views().tables


async def test_a_fork_does_not_inherit_the_lines_of_its_source(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        noting, source = program_log_of(rig), await answered(rig)
        fork = await forked(rig, source)
        await noting.flush()
        assert await lines_of(rig, source)
        assert await lines_of(rig, fork) == []
