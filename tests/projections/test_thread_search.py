"""Searching lists: what is the same text, in any script; and a walk that ends when time is over."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projections.test_listing import SORTS, settings, thread
from tests.support.each import each
from tests.support.steps import step
from tests.support.store import at, database_of, deleted, now, renamed
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.projections import thread_search
from threadhost.projections.case_folding import SEARCHED_CHARS_MAX, folded, place_of
from threadhost.projections.listing import ThreadQuery
from threadhost.projections.thread_search import search_page

ALL = ThreadQuery()
SAME = [
    ("CAFÉ", "café"),
    ("cafe\u0301", "CAFÉ"),
    ("cafe", "Café"),
    ("STRASSE", "straße"),
    ("ÜBER", "über"),
    ("Änderung", "ANDERUNG"),
    ("\u038c\u039b\u0391", "\u03cc\u03bb\u03b1"),
    ("\u03a3\u03a4\u039f\u03a3", "\u03c3\u03c4\u03bf\u03c2"),
    ("\u0401\u043b\u043a\u0430", "\u0415\u041b\u041a\u0410"),
    ("\u0130stanbul", "istanbul"),
    ("\ufb01n", "FIN"),
    ("\ud55c", "\u1112\u1161\u11ab"),
]
OTHERS = [("\u304b", "\u304c"), ("\uac01", "\uac00"), ("\u0915\u0941", "\u0915"), ("l", "\u0142")]


@each(("one", "other"), SAME)
def test_texts_that_readers_consider_equal_are_equal_to_the_search(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_different_letters_are_different_to_the_search(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_the_place_of_a_hit_is_given_in_the_original_text() -> None:
    assert place_of("needle", "a Needle") == (2, 8)
    assert place_of("strasse", "Die Straße, dort") == (4, 10)
    assert place_of("cafe", "ein CAFE\u0301!") == (4, 8)
    assert place_of("s", "ß") == (0, 1)
    assert place_of("x", "über") is None
    assert place_of("x", "uber") is None


@given(st.text(), st.text(max_size=3))
def test_the_place_of_a_hit_contains_the_term(text: str, term: str) -> None:
    if place := place_of(folded(term), text):
        assert folded(term) in "".join(map(folded, text[slice(*place)]))


SEARCHES = [
    ("50%", ["a"]),
    ("%", ["a"]),
    ("_", ["b"]),
    ("snake_case", ["b"]),
    ("snakexcase", []),
    ("\\", ["c"]),
    ("C:\\dir", ["c"]),
    ("GRÜSSE", ["d"]),
    ("Grüße", ["d"]),
    ("grusse", ["d"]),
    ("日本", ["d"]),
    ("'; DROP TABLE threads; --", []),
    ("HELLO", ["e"]),
    ("renamed", ["e"]),
    ("d\nh", []),
    ("zzz", []),
]


def found(log: Log, text: str, query: ThreadQuery = ALL) -> list[str]:
    return [row.id for row in now(search_page(log.reads, query, text)).rows]


@pytest.mark.few(2)
@pytest.mark.parametrize(("term", "expected"), SEARCHES)
async def test_a_search_has_no_wildcard_characters(
    log: Log, term: str, expected: list[str]
) -> None:
    texts = {"a": "50% of it", "b": "snake_case", "c": "C:\\dir", "d": "Grüße aus 日本"}
    for thread_id, text in texts.items():
        await thread(log, thread_id, text=text)
    await thread(log, "e", renamed("Renamed"), text="hello")
    assert found(log, term) == expected


async def test_a_search_is_among_the_threads_of_its_query(log: Log) -> None:
    await thread(log, "a", settings("/x", "echo"), text="a needle")
    await thread(log, "b", settings("/x", "openai"), text="a needle")
    await thread(log, "c", settings("/y", "echo"), text="a needle")
    assert found(log, "needle", ThreadQuery(providers=["echo"], cwds=["/x"])) == ["a"]


async def test_a_new_name_is_found_and_the_old_one_is_not(log: Log) -> None:
    await thread(log, "a", renamed("before"), renamed("After"))
    assert (found(log, "before"), found(log, "AFTER")) == ([], ["a"])


@pytest.mark.few(5)
@pytest.mark.parametrize("rows_a_look", [1, 3, 1000])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [True, False])
async def test_pages_of_a_search_lead_through_all_hits_in_order(
    log: Log, monkeypatch: pytest.MonkeyPatch, rows_a_look: int, sort: Any, *, descending: bool
) -> None:
    monkeypatch.setattr(thread_search, "ROWS_A_LOOK", rows_a_look)
    for n in range(12):
        text = "needle" if n % 2 else "hay"
        await thread(log, f"{n:02}", at_ms=1000 + n % 3, text=text)
    query = ThreadQuery(sort=sort, descending=descending, limit=4)
    first = await search_page(log.reads, query, "NEEDLE")
    assert first.stopped_at == first.rows[4].key(query.sort)
    rest = await search_page(
        log.reads, query._replace(after=first.rows[3].key(query.sort)), "NEEDLE"
    )
    assert rest.stopped_at is None
    pages = [*first.rows[:4], *rest.rows]
    wanted = [
        row
        for row in (await search_page(log.reads, query._replace(limit=99), "")).rows
        if row.id in HAVE
    ]
    assert [row.id for row in pages] == [row.id for row in wanted]
    assert len(pages) == len(HAVE)


HAVE = {"01", "03", "05", "07", "09", "11"}


async def test_a_search_that_runs_out_of_time_returns_where_it_stopped_and_goes_on_there(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_search, "ROWS_A_LOOK", 2)
    for n in range(7):
        await thread(log, f"{n}", at_ms=n, text="needle" if n in (1, 6) else "hay")
    query, seen, answers = ThreadQuery(descending=False, limit=9), list[str](), 0
    while True:
        part = await search_page(log.reads, query, "needle", lambda: True)
        seen += [row.id for row in part.rows]
        answers += 1
        if part.stopped_at is None:
            break
        query = query._replace(after=part.stopped_at)
    assert (seen, answers) == (["1", "6"], 4)


async def test_a_hit_that_is_deleted_meanwhile_does_not_end_the_list(log: Log) -> None:
    for name in "abc":
        await thread(log, name, text="needle")
    look = step(thread_search, "_look")

    async def then_gone(*given: Any) -> Any:
        seen = await look(*given)
        database_of(log).writer.execute("DELETE FROM threads WHERE id = 'b'")
        return seen

    with patch.object(thread_search, "_look", then_gone):
        part = await search_page(log.reads, ThreadQuery(descending=False, limit=1), "needle")
    assert [row.id for row in part.rows] == ["a"]
    assert part.stopped_at is not None
    assert part.stopped_at[1] == "b"


async def test_a_deleted_thread_is_not_in_any_search_result(log: Log) -> None:
    await thread(log, "a", text="needle")
    await log.append(StreamAppend("thread-a", [deleted("a")]), meta=at(2))
    assert found(log, "needle") == []
    assert not database_of(log).rows("SELECT 1 FROM thread_texts")


async def test_of_a_long_name_only_the_beginning_is_searched(log: Log) -> None:
    await thread(log, "a", renamed("a" * 4_000_000 + "b"))
    assert found(log, "a" * 999 + "b") == []
    assert found(log, "a" * 1000) == ["a"]
    stored = database_of(log).rows("SELECT length(name_folded) FROM thread_texts")
    assert stored[0][0] == SEARCHED_CHARS_MAX


async def test_a_search_reads_in_list_order_without_sorting(log: Log) -> None:
    statements: list[str] = []
    connection = database_of(log).reader
    connection.set_trace_callback(statements.append)
    found(log, "x")
    connection.set_trace_callback(None)
    plan = [str(row[3]) for row in database_of(log).rows(f"EXPLAIN QUERY PLAN {statements[0]}")]
    assert plan[0].startswith("SEARCH threads USING COVERING INDEX threads_by_created")
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in plan)
