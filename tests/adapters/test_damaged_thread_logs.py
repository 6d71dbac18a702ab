"""Program logs with edited rows: what can be read, and how many lines are missing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.edited_home import EditedHome, grown, started
from tests.support.program import run_here
from threadhost.adapters.client.client import Client

WAIT_S = 20
ANSWER_BYTES_MAX = 20_000
LINES = 7
"""Of two turns: begun, answered and ended, and the thread was let go once."""
NOTED = (
    "INSERT INTO thread_log (thread_id, seq, at_ms, level, event, turn_id, version, details)"
    " SELECT '{living}', {seq}, {at_ms}, {level}, {event}, {turn_id}, {version}, {details}"
)
LINE = {
    "seq": "50",
    "at_ms": "strftime('%s', 'now') * 1000",
    "level": "'info'",
    "event": "'refused'",
    "turn_id": "NULL",
    "version": "0",
    "details": "'{{}}'",
}
LONG = "hex(zeroblob(4000000))"
OF_IT = "WHERE stream = 'thread-{living}'"
NINES = "replace(hex(zeroblob(500)), '0', '9')"


def inserted_line(**odd: str) -> str:
    """The statement that inserts a line."""
    text = NOTED
    for name, value in (LINE | odd).items():
        text = text.replace(f"{{{name}}}", value)
    return text


UNREADABLE = {
    "no JSON": inserted_line(details="'no'"),
    "JSON that is no object": inserted_line(details="'[1]'"),
    "bytes": inserted_line(details="x'ff00'"),
    "deep": inserted_line(details="replace(hex(zeroblob(500)), '0', '[')"),
    "deep in an object": inserted_line(
        details="'{{\"a\":' || replace(hex(zeroblob(300)), '0', '[') || '}}'"
    ),
    "nested": inserted_line(details="""'{{"a":[1]}}'"""),
    "no number": inserted_line(details="""'{{"a":NaN}}'"""),
    "too many digits": inserted_line(details=f"""'{{{{"a":' || {NINES} || '}}}}'"""),
    "half a surrogate pair": inserted_line(details=r"""'{{"a":"\ud800"}}'"""),
    "the bytes of a JSON": inserted_line(details="CAST('{{}}' AS BLOB)"),
    "long details": inserted_line(details=f"""'{{{{"a":"' || {LONG} || '"}}}}'"""),
    "a long event": inserted_line(event=LONG),
    "a long turn": inserted_line(turn_id=LONG),
    "a long level": inserted_line(level=LONG),
    "an unknown level": inserted_line(level="'x'"),
    "a level of bytes": inserted_line(level="x'ff'"),
    "an event of bytes": inserted_line(event="x'ff'"),
    "a negative version": inserted_line(version="-1"),
    "a version in words": inserted_line(version="'zz'"),
}
"""Each is a line that cannot be read, and is counted."""
NOWHERE = {
    "a number in words": inserted_line(seq="'zz'"),
    "a number of bytes": inserted_line(seq="x'ff'"),
    "half a number": inserted_line(seq="5.5"),
    "a negative number": inserted_line(seq="-5"),
    "a time in words": inserted_line(at_ms="'zz'"),
    "a time of bytes": inserted_line(at_ms="x'ff'"),
    "a time that never comes": inserted_line(at_ms="9223372036854775807"),
}
"""Each stands nowhere, and hides nothing."""
EVENTS = {
    "unreadable payloads": f"UPDATE events SET payload = x'00' {OF_IT}",
    "times in words": f"UPDATE events SET recorded_at_ms = 'zz' {OF_IT}",
    "times below zero": f"UPDATE events SET recorded_at_ms = -9223372036854775808 {OF_IT}",
    "versions in words": f"UPDATE events SET version = 'v' || version {OF_IT}",
    "versions of bytes": f"UPDATE events SET version = CAST('v' || version AS BLOB) {OF_IT}",
    "half versions": f"UPDATE events SET version = version + 0.5 {OF_IT}",
    "negative versions": f"UPDATE events SET version = -version {OF_IT}",
    "no events": f"DELETE FROM events {OF_IT}",
    "some events missing": f"DELETE FROM events {OF_IT} AND type = 'turn.started.v1'",
    "no end": f"DELETE FROM events {OF_IT} AND version > 9",
}
"""After each of these something of the thread's own events is missing."""
HEADS = {
    "a head in words": f"UPDATE stream_state SET version = 'zz' {OF_IT}",
    "a head of bytes": f"UPDATE stream_state SET version = x'ff', incarnation = 'z' {OF_IT}",
    "a negative head": f"UPDATE stream_state SET version = -4 {OF_IT}",
    "an early head": f"UPDATE stream_state SET version = 2 {OF_IT}",
    "no head": f"DELETE FROM stream_state {OF_IT}",
}
"""Each hides nothing: events that are there are read."""
SWAPPED = (
    f"UPDATE events SET stream = 'aside' {OF_IT}",
    "UPDATE events SET stream = 'thread-{living}' WHERE stream = 'thread-{large}'",
    "UPDATE events SET stream = 'thread-{large}' WHERE stream = 'aside'",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("whole") / "grown")


@contextmanager
def copied(whole: EditedHome, folder: Path) -> Iterator[EditedHome]:
    copies = len(list(folder.iterdir()))
    yield whole.copied(folder / str(copies))


def count_printed(home: EditedHome) -> tuple[int, str]:
    """How many lines the command prints, and its standard error."""
    done = run_here("threads", "logs", home.living, "--home", str(home.home))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout) < ANSWER_BYTES_MAX
    return len(done.stdout.splitlines()), done.stderr


async def count_paged(client: Client, thread_id: str, limit: int) -> tuple[int, int]:
    """How many lines all pages have, and how many are missing from them."""
    lines = missing = pages = 0
    after = None
    while True:
        asked = {"threadId": thread_id, "cursor": after, "limit": limit}
        page = await client.call("host/thread/logs", asked)
        lines, missing, pages = lines + len(page["data"]), missing + page["missing"], pages + 1
        assert len(repr(page)) < ANSWER_BYTES_MAX
        assert pages < 3 * LINES, "the pages do not come to an end"
        if (after := page["nextCursor"]) is None:
            return lines, missing


async def counts_by_host(home: EditedHome, *edited: str) -> list[tuple[int, int]]:
    """The counts by a running host after an edit, for pages of several sizes."""
    async with asyncio.timeout(WAIT_S), started(home.home) as client:
        assert await count_paged(client, home.living, 100) == (LINES, 0)
        home.sql(*edited)
        return [await count_paged(client, home.living, limit) for limit in (1, 2, 3, 100)]


@pytest.mark.slices
@each("edited", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_lines_of_a_program_log_are_counted_and_hide_no_other_line(
    edited: str, whole: EditedHome, tmp_path: Path
) -> None:
    with copied(whole, tmp_path) as home:
        assert asyncio.run(counts_by_host(home, edited)) == [(LINES, 1)] * 4
        count, words = count_printed(home)
        assert (count, "missing or unreadable: 1 line;" in words) == (LINES, True)


@pytest.mark.slices
@each("edited", [*NOWHERE.values(), *HEADS.values()], ids=[*NOWHERE, *HEADS])
def test_misplaced_rows_and_wrong_heads_hide_no_line_of_a_program_log(
    edited: str, whole: EditedHome, tmp_path: Path
) -> None:
    with copied(whole, tmp_path) as home:
        assert asyncio.run(counts_by_host(home, edited)) == [(LINES, 0)] * 4
        assert count_printed(home) == (LINES, "")


@pytest.mark.slices
@each("edited", EVENTS.values(), ids=EVENTS)
def test_missing_and_unreadable_events_are_counted_in_a_program_log(
    edited: str, whole: EditedHome, tmp_path: Path
) -> None:
    with copied(whole, tmp_path) as home:
        for lines, missing in asyncio.run(counts_by_host(home, edited)):
            assert lines < LINES
            assert missing
        count, words = count_printed(home)
        assert (count < LINES, "missing or unreadable: " in words) == (True, True)


def test_swapped_streams_do_not_break_the_reading_of_a_program_log(
    whole: EditedHome, tmp_path: Path
) -> None:
    with copied(whole, tmp_path) as home:
        assert len(set(asyncio.run(counts_by_host(home, *SWAPPED)))) == 1
        count_printed(home)
