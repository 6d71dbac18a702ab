"""Threads that are found by a part of their id, by their name, or below others."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.support.store import META, renamed, started
from threadhost.events.base import Event
from threadhost.events.fork import ThreadCopyBegun
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadConfigured, ThreadSettings
from threadhost.events.turn import TurnStarted
from threadhost.events.words import AGENT_SOURCE
from threadhost.projections import all_views, listing
from threadhost.projections.listing import (
    TEXT_CHARS_MAX,
    agents_above,
    thread_row,
    thread_rows,
    threads_below,
    threads_named,
    threads_with_prefix,
)


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    log = Log.in_memory(all_views())
    yield log
    await log.close()


async def add(log: Log, parents: dict[str, str | None], *more: Event, source: str = "cli") -> None:
    """Threads begin."""
    for thread_id, parent_id in parents.items():
        first = started(thread_id, parent_id).model_copy(update={"source": source})
        await log.append(StreamAppend(f"thread-{thread_id}", [first, *more]), meta=META)


async def test_a_thread_is_found_by_the_beginning_of_its_id(log: Log) -> None:
    await add(log, dict.fromkeys(("ab2", "ab1", "abff", "ac", "0")))
    copying = ThreadCopyBegun(thread_id="ab0", source_id="0")
    await add(log, {"ab0": None}, copying)
    assert await threads_with_prefix(log.reads, "ab", 9) == ["ab1", "ab2", "abff"]
    assert await threads_with_prefix(log.reads, "ab", 2) == ["ab1", "ab2"]
    assert await threads_with_prefix(log.reads, "ab2", 9) == ["ab2"]
    assert await threads_with_prefix(log.reads, "ad", 9) == []


async def test_threads_are_found_by_their_whole_name(log: Log) -> None:
    await add(log, dict.fromkeys(("b", "a", "c")), renamed("x"))
    await add(log, {"d": None}, renamed("xy"))
    assert await threads_named(log.reads, "x", 9) == ["a", "b", "c"]
    assert await threads_named(log.reads, "x", 2) == ["a", "b"]


async def test_the_threads_below_a_thread_exclude_its_siblings(log: Log) -> None:
    await add(log, {"r": None, "c": "r", "b": "r", "a": "b", "x": "y", "y": "x"})
    assert await threads_below(log.reads, "r") == ["a", "b", "c"]
    assert await threads_below(log.reads, "b") == ["a"]
    assert await threads_below(log.reads, "a") == []
    assert await threads_below(log.reads, "x") == ["x", "y"]  # a damaged view may hold a cycle


async def test_the_ancestors_of_agents_are_read_up_to_the_first_that_is_no_agent(log: Log) -> None:
    await add(log, {"r": None, "m": "r"})
    await add(log, {"a": "m", "b": "a", "x": "y", "y": "x"}, source=AGENT_SOURCE)
    assert await agents_above(log.reads, ["b"]) == {"b": "a", "a": "m"}
    assert await agents_above(log.reads, ["m", "x"]) == {"x": "y", "y": "x"}


async def test_many_threads_are_read_in_few_reads(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "AT_ONCE_MAX", 2)
    await add(log, dict.fromkeys("abc"))
    rows = await thread_rows(log.reads, ["a", "x", "c", "b"])
    assert sorted(row.id for row in rows) == ["a", "b", "c"]


@pytest.mark.parametrize(("chars", "text"), [(0, ""), (1, "…"), (2, "…")])
async def test_a_long_text_is_cut_and_a_row_is_no_larger_than_its_limit(
    log: Log, chars: int, text: str
) -> None:
    cwd = "/" + "\x01" * (TEXT_CHARS_MAX + chars - 1)
    settings = ThreadSettings(cwd=cwd, model="m", model_provider="p")
    await add(log, {"a": None}, ThreadConfigured(settings=settings))
    row = await thread_row(log.reads, "a")
    assert row is not None
    assert row.cwd == cwd[: TEXT_CHARS_MAX - len(text)] + text
    assert len(json.dumps([row, row.cwd, row.cwd])) <= row.bytes_max
    assert row.bytes_max <= 6 * 3 * TEXT_CHARS_MAX + 10_000


async def test_a_thread_counts_as_begun_with_its_first_turn_or_as_a_fork(log: Log) -> None:
    await add(log, {"new": None, "old": None})
    fork = started("copy").model_copy(update={"forked_from_id": "old"})
    await log.append(StreamAppend("thread-copy", [fork]), meta=META)
    turn = TurnStarted(turn_id="t", started_at_ms=1)
    await log.append(StreamAppend("thread-old", [turn]), meta=META)
    rows = await thread_rows(log.reads, ["new", "copy", "old"])
    assert {row.id: row.begun for row in rows} == {"new": False, "copy": True, "old": True}
