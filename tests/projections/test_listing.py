"""Pages of threads: filters, orders, cursors, search, and what a page costs."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple, cast

import pytest

from tests.support.store import at, database_of, deleted, message, now, renamed, started
from threadhost.events.base import Event
from threadhost.events.memory import MemoryModeSet
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.port import Reads
from threadhost.events.store.sqlite.schema import BODIES_OF
from threadhost.events.thread import ThreadConfigured, ThreadSettings
from threadhost.events.tree import EdgeClosed, EdgeReopened, ThreadSpawned
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import all_views, job_queries, listing, turn_queries
from threadhost.projections.listing import (
    ThreadQuery,
    ThreadRow,
    thread_page,
    thread_row,
    threads_with_prefix,
)
from threadhost.projections.tree import Edge, children_of
from threadhost.projections.turn_queries import (
    PageQuery,
    Span,
    counts,
    items_within,
    turn_page,
)
from threadhost.projections.turns import threads_with_running_turns

PAGED: tuple[turn_queries.Paged, ...] = ("turns", "items")
SORTS: tuple[listing.SortKey, ...] = ("created_at", "updated_at", "recency_at")


def settings(cwd: str = "/a", provider: str = "p", originator: str = "o") -> ThreadConfigured:
    return ThreadConfigured(
        settings=ThreadSettings(cwd=cwd, model="m", model_provider=provider, originator=originator)
    )


def asked(text: str, turn_id: str) -> ItemRecorded:
    item = {"type": "userMessage", "content": [{"type": "text", "text": text}]}
    return ItemRecorded(turn_id=turn_id, item_id="u", type="userMessage", item=item)


async def thread(
    log: Log,
    thread_id: str,
    *more: Event,
    at_ms: int = 1000,
    text: str = "hello",
    parent_id: str | None = None,
    source: str = "cli",
) -> None:
    """A thread that had a turn, so that lists show it."""
    start = started(thread_id, parent_id).model_copy(update={"source": source})
    turn = TurnStarted(turn_id=f"turn-{thread_id}", started_at_ms=at_ms)
    events = [start, *more, turn, asked(text, turn.turn_id)]
    await log.append(StreamAppend(f"thread-{thread_id}", events), meta=at(at_ms))


def ids(rows: Sequence[ThreadRow]) -> list[str]:
    return [row.id for row in rows]


def found(log: Log, query: ThreadQuery) -> list[str]:
    return ids(now(thread_page(log.reads, query)))


async def test_a_thread_is_read_with_all_that_lists_show(log: Log) -> None:
    await thread(log, "a", settings("/x", "echo", "sdk"), renamed("name"), text="first words")
    end = TurnCompleted(
        turn_id="turn-a", outcome="completed", started_at_ms=1000, completed_at_ms=1009
    )
    kept = MetadataUpdated(git={"sha": "0a", "branch": "b"}, daybreak=False)
    cleared = MetadataUpdated(git={"sha": None, "origin_url": "u"})
    events = [asked("later", "turn-a"), end, kept, cleared, MemoryModeSet(mode="disabled")]
    await log.append(StreamAppend("thread-a", events), meta=at(1009))
    assert await thread_row(log.reads, "a") == ThreadRow(
        id="a",
        session_id="a",
        parent_id=None,
        forked_from_id=None,
        depth=0,
        ephemeral=False,
        source="cli",
        history_mode="paginated",
        created_at_ms=1000,
        updated_at_ms=1009,
        recency_at_ms=1000,
        archived=False,
        listed=True,
        model="m",
        model_provider="echo",
        cwd="/x",
        originator="sdk",
        thread_source=None,
        agent_nickname=None,
        agent_role=None,
        effort=None,
        name="name",
        preview="first words",
        git_sha=None,
        git_branch="b",
        git_origin_url="u",
        daybreak=0,
        memory_mode="disabled",
    )
    assert await thread_row(log.reads, "b") is None


async def test_a_thread_without_a_turn_is_read_but_not_listed(log: Log) -> None:
    await log.append(StreamAppend("thread-a", [started()]), meta=at(1))
    assert await thread_row(log.reads, "a") is not None
    assert found(log, ThreadQuery()) == []


async def test_a_deleted_thread_leaves_every_view(log: Log) -> None:
    await thread(log, "a")
    await thread(log, "b")
    done = await log.append(StreamAppend("thread-a", [deleted()]), meta=at(2))
    assert done.removed_rows == {"threads": 1, "thread_texts": 1, "turns": 1, "items": 1}
    assert await thread_row(log.reads, "a") is None
    assert found(log, ThreadQuery()) == ["b"]
    assert (await turn_page(log.reads, ALL), await items_within(log.reads, "a", Span())) == ([], [])


async def test_pages_follow_each_other_without_gap_or_double(log: Log) -> None:
    """Many share a time, so the id decides; some are older than their neighbours by id."""
    for n in range(23):
        await thread(log, f"{n:02}", at_ms=1000 + (n * 7) % 5)
    everything = await thread_page(log.reads, ThreadQuery(limit=100))
    for sort, descending in product(SORTS, (True, False)):
        query, seen = ThreadQuery(sort=sort, descending=descending, limit=4), list[str]()
        while True:
            page = await thread_page(log.reads, query)
            seen += ids(page[: query.limit])
            if len(page) <= query.limit:
                break
            assert len(page) == query.limit + 1
            query = query._replace(after=page[query.limit - 1].key(sort))
        assert seen == ids(
            sorted(everything, key=partial(ThreadRow.key, sort=sort), reverse=descending)
        )
        assert len(seen) == 23


async def test_a_cursor_stays_good_when_its_thread_is_deleted(log: Log) -> None:
    for name in "abcde":
        await thread(log, name)
    query = ThreadQuery(descending=False, limit=2)
    last = (await thread_page(log.reads, query))[1]
    await log.append(StreamAppend(f"thread-{last.id}", [deleted(last.id)]), meta=at(2))
    assert found(log, query._replace(after=last.key("created_at"), limit=9)) == ["c", "d", "e"]


FILTERS: list[tuple[ThreadQuery, list[str]]] = [
    (ThreadQuery(), [*"abcdef"]),
    (ThreadQuery(archived=True), []),
    (ThreadQuery(providers=["echo"]), ["a", "b"]),
    (ThreadQuery(providers=["echo", "openai"]), ["a", "b", "c"]),
    (ThreadQuery(providers=[]), []),
    (ThreadQuery(sources=["cli"]), ["a", "c", "d"]),
    (ThreadQuery(sources=["vscode", "cli"]), ["a", "b", "c", "d"]),
    (ThreadQuery(sources=["job:"]), ["e"]),
    (ThreadQuery(sources=["job"]), []),
    (ThreadQuery(sources=["vscode", "job:", "other:"]), ["b", "e"]),
    (ThreadQuery(sources=[]), []),
    (ThreadQuery(cwds=["/x"]), ["a", "c"]),
    (ThreadQuery(cwds=["/"]), []),
    (ThreadQuery(originators=["sdk"]), ["c"]),
    (ThreadQuery(parent_id="a"), ["b", "c"]),
    (ThreadQuery(ancestor_id="a"), ["b", "c", "d"]),
    (ThreadQuery(excluded=["a", "d"]), ["b", "c", "e", "f"]),
    (ThreadQuery(excluded=[]), [*"abcdef"]),
    (ThreadQuery(included=["a", "d", "x"]), ["a", "d"]),
    (ThreadQuery(included=["a", "d"], excluded=["a"], providers=["p"]), []),
    (ThreadQuery(included=[]), []),
    (ThreadQuery(limit=3), [*"abcd"]),
]


async def test_each_filter_keeps_the_matching_threads(log: Log) -> None:
    await thread(log, "a", settings("/x", "echo"))
    await thread(log, "b", settings("/y", "echo"), parent_id="a", source="vscode")
    await thread(log, "c", settings("/x", "openai", "sdk"), parent_id="a", text="a needle")
    await thread(log, "d", parent_id="b")
    await thread(log, "e", source="job:1")
    await thread(log, "f", source="jobs")
    kept = [(query, found(log, query._replace(descending=False))) for query, _ in FILTERS]
    assert kept == FILTERS


ALL = PageQuery("a", 100, descending=False)


class Asked(NamedTuple):
    """Stands in front of an engine, and knows what it was asked."""

    reads: Reads
    statements: list[tuple[str, Any]]

    async def rows(self, statement: str, values: Any = ()) -> Any:
        """The rows."""
        self.statements.append((statement, values))
        return await self.reads.rows(statement, values)

    async def bodies_of(self, places: str, values: Any) -> Any:
        """The bodies."""
        self.statements.append((BODIES_OF.format(places), values))
        return await self.reads.bodies_of(places, values)


async def plans_of(log: Log, read: Callable[[Reads], Awaitable[object]]) -> list[list[str]]:
    """How SQLite goes about all that a function asks of an engine."""
    asked = Asked(log.reads, [])
    await read(cast(Reads, asked))
    explained = ((f"EXPLAIN QUERY PLAN {query}", values) for query, values in asked.statements)
    return [[str(row[3]) for row in database_of(log).rows(*each)] for each in explained]


COSTS: list[ThreadQuery] = [
    *(ThreadQuery(sort=sort, descending=down) for sort in SORTS for down in (True, False)),
    *(ThreadQuery(sort=sort, after=(5, "a")) for sort in SORTS),
    ThreadQuery(providers=["p"], cwds=["/"], sources=["cli"]),
    ThreadQuery(parent_id="a"),
]


async def test_no_page_reads_all_threads(log: Log) -> None:
    for query in COSTS:
        [plan] = await plans_of(log, partial(thread_page, query=query))
        assert not any(step.startswith("SCAN") for step in plan), query
        assert any(step.startswith("SEARCH threads USING") for step in plan), query
        if query.parent_id is None:
            assert not any("TEMP B-TREE" in step for step in plan), query


@pytest.mark.parametrize("query", [ThreadQuery(), ThreadQuery(after=(5, "a"), sources=["cli"])])
async def test_threads_given_by_id_are_read_by_their_key(log: Log, query: ThreadQuery) -> None:
    named = query._replace(included=["a", "b"])
    [plan] = await plans_of(log, lambda reads: thread_page(reads, named))
    assert plan[0] == "SEARCH threads USING PRIMARY KEY (id=?)"


@pytest.mark.parametrize(
    "read",
    [
        lambda reads: thread_row(reads, "a"),
        lambda reads: threads_with_prefix(reads, "a", 9),
        lambda reads: turn_queries.turn_row(reads, "a", "t"),
        lambda reads: turn_queries.counts(reads, "a"),
        lambda reads: turn_queries.turn_ends(reads, "a", turn_queries.Span(1, 9)),
        lambda reads: children_of(reads, "a"),
        lambda reads: job_queries.assignments_of(reads, ["a", "b"]),
        lambda reads: job_queries.jobs_run_by(reads, ["a", "b"]),
        lambda reads: job_queries.job_page(reads, "z", 9, "running"),
        lambda reads: job_queries.item_page(reads, "a", 1, 9, "running"),
    ],
    ids=[
        *("thread", "beginning", "turn", "counts", "ends", "children"),
        *("assigned rows", "jobs", "jobs in one state", "rows in one state"),
    ],
)
async def test_rows_of_one_thread_are_read_by_an_index(
    log: Log, read: Callable[[Reads], Awaitable[object]]
) -> None:
    plans = await plans_of(log, read)
    assert plans
    grouped = "USE TEMP B-TREE FOR GROUP BY"
    assert all(step.startswith("SEARCH") or step == grouped for [*steps] in plans for step in steps)


@pytest.mark.parametrize("descending", [True, False], ids=["down", "up"])
@pytest.mark.parametrize("table", PAGED, ids=str)
async def test_a_page_of_a_thread_is_walked_and_not_sorted(
    log: Log, table: turn_queries.Paged, *, descending: bool
) -> None:
    query = turn_queries.PageQuery("a", 9, descending=descending)
    page = {"turns": turn_queries.turn_page, "items": turn_queries.item_page}[table]
    [plan] = await plans_of(log, lambda reads: page(reads, query))
    assert len(plan) == 1, plan
    assert plan[0].startswith(f"SEARCH {table} USING PRIMARY KEY (thread_id=? AND position>?"), plan


@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
async def test_items_are_read_in_order_of_an_index_together_with_their_events(
    log: Log, *, descending: bool
) -> None:
    query = turn_queries.PageQuery("a", 9, descending=descending)
    places = turn_queries.places_of_items(query)
    [plan] = await plans_of(log, lambda reads: reads.bodies_of(*places))
    assert plan[1].startswith("SEARCH items USING PRIMARY KEY (thread_id=? AND position>?"), plan
    by_number = "USING INTEGER PRIMARY KEY (rowid=?)"
    assert plan[0] in {"MATERIALIZE chosen", "CO-ROUTINE chosen"}  # the latter in newer SQLite
    steps = [re.sub(r"\bmain\.| LEFT-JOIN$| \d+$", "", step) for step in plan[2:]]
    assert steps == ["SCAN chosen", *(f"SEARCH {table} {by_number}" for table in "est")]


async def test_running_turns_are_read_by_a_partial_index(log: Log) -> None:
    [[step]] = await plans_of(log, threads_with_running_turns)
    assert re.fullmatch("SCAN turns USING (COVERING )?INDEX turns_running", step)


async def test_an_edge_is_closed_and_opened_alone(log: Log) -> None:
    spawned = [ThreadSpawned(parent_id="a", child_id=child, depth=1) for child in "bc"]
    await log.append(StreamAppend("tree-a", [*spawned, EdgeClosed(child_id="b")]), meta=at(1))
    assert await children_of(log.reads, "a") == [Edge("b", "a", 1, False), Edge("c", "a", 1, True)]
    again = [EdgeClosed(child_id="c"), EdgeReopened(child_id="b")]
    await log.append(StreamAppend("tree-a", again), meta=at(2))
    assert [edge.is_open for edge in await children_of(log.reads, "a")] == [True, False]


async def test_turns_and_items_have_their_positions_in_the_log(log: Log) -> None:
    await thread(log, "a")
    await thread(log, "b")
    end = TurnCompleted(turn_id="turn-a", outcome="failed", started_at_ms=1, completed_at_ms=9)
    await log.append(StreamAppend("thread-a", [message(turn_id="turn-a"), end]), meta=at(9))
    (turn,) = await turn_page(log.reads, ALL)
    assert (turn.position, turn.end_position) == (2, 8)
    assert (turn.status, turn.completed_at_ms) == ("failed", 9)
    assert [row.position for row in await items_within(log.reads, "a", Span())] == [3, 7]
    assert await counts(log.reads, "a") == (1, 2)
    assert await counts(log.reads, "unknown") == (0, 0)
    assert await threads_with_running_turns(log.reads) == ["b"]
    assert await children_of(log.reads, "a") == []


async def test_views_of_a_log_in_memory_answer_the_same(log: Log) -> None:
    memory = Log.in_memory(all_views())
    for where in (log, memory):
        await thread(where, "a", renamed("x"))
    assert await thread_page(memory.reads, ThreadQuery()) == await thread_page(
        log.reads, ThreadQuery()
    )
    await memory.close()
