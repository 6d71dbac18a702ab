"""What was appended at once says so for ever, and time does not go back in a log."""

import asyncio
import json
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from tests.support.each import each
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    at,
    database_of,
    message,
    now,
    opened,
    renamed,
    started,
)
from threadhost.events.base import Meta
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.decisions import Decisions
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.verify import verify
from threadhost.projections import all_views

BOTH = [StreamAppend(STREAM, [started(), renamed()]), StreamAppend(OTHER, [started("b")])]
ODD = '\x00\x08\t\n\x0b\x0c\r\x1f\x7f "\\/ é\u2028\U0001f600 </script>'
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


async def test_all_events_of_an_append_are_of_its_first_position(home: Path) -> None:
    async with opened(home) as log:
        appended = await log.append(*BOTH, meta=META)
        more = await log.append(StreamAppend(STREAM, [message()]), meta=META)
        assert [fact.decision for fact in appended.recorded] == [1, 1, 1]
        assert [fact.decision for fact in more.recorded] == [4]
        assert await log.read(0, 10) == [*appended.recorded, *more.recorded]
    with closing(ReadOnlyLog.open(home)) as looked_at:
        assert [fact.decision for fact in now(looked_at.read(0, 10))] == [1, 1, 1, 4]


async def test_appends_that_share_a_commit_are_decisions_of_their_own(home: Path) -> None:
    async with opened(home) as log:
        streams = [f"thread-{n}" for n in range(20)]
        appends = [StreamAppend(stream, [started(), renamed()]) for stream in streams]
        refused = StreamAppend(STREAM, [renamed()], expected_version=7)
        tasks = [log.append(one, meta=META) for one in (*appends[:9], refused, *appends[9:])]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(answers[9], WrongExpectedVersion)
        facts = await log.read(0, 100)
    assert [fact.decision for fact in facts] == [n - (n - 1) % 2 for n in range(1, 41)]


async def test_a_log_in_memory_keeps_decisions_too() -> None:
    log = Log.in_memory(all_views())
    await log.append(*BOTH, meta=META)
    assert [fact.decision for fact in await log.read(0, 10)] == [1, 1, 1]
    await log.close()


async def test_a_repeated_request_gets_the_decision_it_had_made(home: Path) -> None:
    async with opened(home) as log:
        once = Idempotency.of("key", b"request")
        await log.append(StreamAppend(OTHER, [started("b")]), meta=META)
        first = await log.append(*BOTH[:1], meta=META, idempotency=once)
        again = await log.append(*BOTH[:1], meta=META, idempotency=once)
    assert again.replayed
    assert again.recorded == first.recorded
    assert [fact.decision for fact in again.recorded] == [2, 2]


async def test_the_chain_returned_by_a_commit_is_the_chain_of_the_log(home: Path) -> None:
    async with opened(home) as log:
        appended = await log.append(*BOTH, meta=META)
        found = verify(database_of(log), positions=[1, 2, 3])
    assert found.chains == {fact.position: fact.chain for fact in appended.recorded}


def canonical(value: str | int | None) -> str:
    """One value as RFC 8785 writes it: section 3.2.2.2 for strings, 3.2.2.3 for whole numbers."""
    if value is None:
        return "null"
    if isinstance(value, int):
        assert abs(value) < 2**53
        return str(value)
    letters = (SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value)
    return f'"{"".join(letters)}"'


async def test_the_chain_is_made_of_canonical_json_as_rfc_8785_says(home: Path) -> None:
    async with opened(home) as log:
        about = Meta(f"client:{ODD}", ODD, ODD, META.recorded_at_ms)
        await log.append(StreamAppend(f"thread-{ODD}", [started(), renamed()]), meta=about)
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        rows = await log.reads.of_log()
        chain = sha256(b"threadhost log " + log.log_id.encode()).digest()
    assert json.loads(canonical(ODD)) == ODD
    for row in rows:
        assert row.digest == sha256(row.payload or b"").digest()
        text = f"[{','.join(map(canonical, row[:10]))}]"
        chain = sha256(chain + row.digest + text.encode()).digest()
        assert row.chain == chain


async def test_time_does_not_go_back_in_a_log(home: Path) -> None:
    early, late = META.recorded_at_ms - 60_000, META.recorded_at_ms
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        back = await log.append(StreamAppend(STREAM, [renamed()]), meta=at(early))
    async with opened(home) as log:
        again = await log.append(StreamAppend(STREAM, [renamed()]), meta=at(early))
        later = await log.append(StreamAppend(STREAM, [renamed()]), meta=at(late + 1))
        facts = await log.read(0, 10)
    assert [fact.meta.recorded_at_ms for fact in facts] == [late, late, late, late + 1]
    assert [*back.recorded, *again.recorded, *later.recorded] == facts[1:]


ROWS: dict[str, tuple[list[tuple[int, int, int]], str | None]] = {
    "three, and one": ([(1, 1, 5), (2, 1, 5), (3, 1, 5), (4, 4, 5)], None),
    "one that begins too late": (
        [(1, 1, 5), (2, 3, 5)],
        "it has decision 3: it begins one here, or continues decision 1",
    ),
    "one that goes on after another": (
        [(1, 1, 5), (2, 2, 6), (3, 1, 7)],
        "it has decision 1: it begins one here, or continues decision 2",
    ),
    "one that begins before the log": (
        [(1, 0, 5)],
        "it has decision 0: it begins one here, or continues none",
    ),
    "one of two times": (
        [(1, 1, 5), (2, 1, 6)],
        "it is of decision 1, and was recorded at another time, 6",
    ),
    "a time that goes back": (
        [(1, 1, 5), (2, 2, 4)],
        "it was recorded at 4, before the event that it follows, at 5",
    ),
    "no time": ([(1, 1, -4)], "it was recorded at -4, which is not a valid time"),
}


@each(("rows", "fault"), list(ROWS.values()), ids=list(ROWS))
def test_the_verification_names_an_invalid_decision(
    rows: list[tuple[int, int, int]], fault: str | None
) -> None:
    decisions = Decisions()
    *before, last = [decisions.fault(*row) for row in rows]
    assert before == [None] * len(before)
    assert last == fault


def test_an_invalid_decision_is_reported_once_and_one_behind_a_hole_is_not() -> None:
    decisions = Decisions()
    assert decisions.fault(1, 9, 5) is not None
    assert decisions.fault(2, 1, 5) is None
    decisions.forget()
    assert decisions.fault(7, 5, 6) is None
    assert decisions.fault(8, 5, 6) is None
    assert decisions.fault(9, 6, 6) is not None
