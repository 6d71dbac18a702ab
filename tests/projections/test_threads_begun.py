"""The rows of threads that begin, as their first events say them, beside what the view has."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.searching import tries
from tests.support.store import at, now, renamed, started
from threadhost.events.base import Event, Recorded
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadActivated, ThreadConfigured, ThreadSettings
from threadhost.projections import all_views
from threadhost.projections.listing import TEXT_CHARS_MAX, ThreadRow, thread_rows
from threadhost.projections.threads import CHOSEN, rows_of_new_threads

PLAIN = ThreadConfigured(settings=ThreadSettings(cwd="/", model="m", model_provider="p"))
ACTIVATED = ThreadActivated(incarnation=1)
ODD = ["x" * TEXT_CHARS_MAX, "x" * (TEXT_CHARS_MAX + 1), "é" * TEXT_CHARS_MAX, "be\0fore"]
WORDS = st.fixed_dictionaries({name: st.text("aé…\n", max_size=6) for name in CHOSEN})


async def begun(log: Log, *events: Event, thread_id: str = "a") -> Sequence[Recorded]:
    appended = await log.append(StreamAppend(thread_stream(thread_id), events, 0), meta=at(1234))
    return appended.recorded


def viewed(log: Log, rows: dict[str, ThreadRow]) -> dict[str, ThreadRow]:
    return {row.id: row for row in now(thread_rows(log.reads, list(rows)))}


@pytest.mark.slices
@tries(200)
@given(
    WORDS,
    st.sampled_from(CHOSEN),
    st.none() | st.sampled_from(ODD),
    st.booleans(),
    st.sampled_from(["cli", "vscode"]),
    st.none() | st.just("p"),
)
async def test_the_predicted_row_of_a_new_thread_equals_the_row_of_the_view(
    words: dict[str, str],
    name: str,
    odd: str | None,
    ephemeral: bool,  # noqa: FBT001
    source: str,
    parent_id: str | None,
) -> None:
    settings = ThreadSettings(**{**words, **({name: odd} if odd else {})})  # type: ignore[arg-type]
    start = started("a", parent_id).model_copy(update={"ephemeral": ephemeral, "source": source})
    log = Log.in_memory(all_views())
    rows = rows_of_new_threads(
        await begun(log, start, ThreadConfigured(settings=settings), ACTIVATED)
    )
    assert rows == viewed(log, rows)
    assert bool(rows) == (odd is None or len(odd) <= TEXT_CHARS_MAX)
    await log.close()


async def test_of_threads_that_begin_together_each_has_its_row(log: Log) -> None:
    recorded = [
        fact
        for thread_id in ("a", "b", "c")
        for fact in await begun(log, started(thread_id), PLAIN, ACTIVATED, thread_id=thread_id)
    ]
    rows = rows_of_new_threads(recorded)
    assert sorted(rows) == ["a", "b", "c"]
    assert rows == viewed(log, rows)


async def test_an_activation_without_its_start_gives_no_predicted_row(log: Log) -> None:
    await begun(log, started("a"), PLAIN)
    other = await begun(log, started("b"), PLAIN, thread_id="b")
    later = await log.append(StreamAppend(thread_stream("a"), [ACTIVATED], 2), meta=at(1234))
    assert rows_of_new_threads([*other, *later.recorded]) == {}


@pytest.mark.parametrize(
    "events",
    [
        (started(), PLAIN, renamed(), ACTIVATED),
        (started(), PLAIN),
        (started(), renamed(), ACTIVATED),
        (PLAIN, started(), ACTIVATED),
    ],
)
async def test_a_thread_with_other_first_events_gets_no_predicted_row(
    events: Sequence[Event], log: Log
) -> None:
    assert rows_of_new_threads(await begun(log, *events)) == {}
