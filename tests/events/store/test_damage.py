"""One event that cannot be read: it is named, and all others are read as if it were not there."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.support.log_database import change, connected
from tests.support.store import META, OTHER, STREAM, message, now, opened, renamed, started
from threadhost.events.base import Damaged, Event
from threadhost.events.damage import Damage, DamageReport
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.home import DATABASE, KEYS
from threadhost.events.store.log import Log
from threadhost.events.turn import ItemRecorded

FACTS: list[Event] = [started(), message("x" * 100_000), renamed(), message("small")]
STRUCTURAL, LARGE, SEALED = 1, 2, 3
EDITS = {
    "a payload": "UPDATE events SET payload = x'00'",
    "a payload that is text": "UPDATE events SET payload = 'words'",
    "a payload that is a number": "UPDATE events SET payload = 7",
    "a stream that is no text": "UPDATE events SET stream = x'ff'",
    "a stream of odd letters": "UPDATE events SET stream = CAST(x'1b5b' AS TEXT)",
    "a version that is a fraction": "UPDATE events SET version = version + 0.5",
    "a version that is text": "UPDATE events SET version = 'two'",
    "a version below all": "UPDATE events SET version = -1",
    "an unknown type": "UPDATE events SET type = 'thread.unheard_of.v9'",
    "a type that is no text": "UPDATE events SET type = x'00'",
    "a type that is empty": "UPDATE events SET type = ''",
    "a time that is text": "UPDATE events SET recorded_at_ms = 'noon'",
    "a principal that is bytes": "UPDATE events SET principal = x'ff'",
    "a key that is text": "UPDATE events SET key_id = 'gone'",
    "a key of another": "UPDATE events SET key_id = 2",
    "a blob that is not there": "UPDATE events SET blob = 'nowhere'",
    "a blob elsewhere": "UPDATE events SET blob = '../../keys.db'",
    "a blob that is a number": "UPDATE events SET blob = 12",
    "a digest": "UPDATE events SET digest = x''",
}
HARMLESS = {  # what cannot be told from what was written without the chain
    STRUCTURAL: {"a version below all", "a stream of odd letters", "a blob that is not there"}
    | {"a blob elsewhere", "a blob that is a number"},
    LARGE: {"a payload", "a payload that is text", "a payload that is a number", "a digest"},
    SEALED: {"a digest"},
}


def edit(home: Path, statement: str, file: str = DATABASE) -> None:
    """Change a row of a home that nobody uses."""
    with closing(connected(home / file, isolation_level=None)) as database:
        assert change(database, statement) == 1


async def seed(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, FACTS), meta=META)
        await log.append(StreamAppend(OTHER, [started("b"), renamed("b")]), meta=META)


def others(log: Log, position: int) -> list[object]:
    """All events but the one at a position."""
    return [fact.event for fact in now(log.read(0, 100)) if fact.position != position]


@pytest.mark.few(2)
@pytest.mark.parametrize("position", [STRUCTURAL, LARGE, SEALED])
@pytest.mark.parametrize("what", list(EDITS))
async def test_one_event_that_is_damaged_hides_no_other(
    home: Path, what: str, position: int
) -> None:
    await seed(home)
    edit(home, f"{EDITS[what]} WHERE position = {position}")
    async with opened(home) as log:
        [found] = await log.read_at([position])
        assert others(log, position) == [
            *FACTS[: position - 1],
            *FACTS[position:],
            started("b"),
            renamed("b"),
        ]
        assert len(await log.read(0, 100)) == 6
        streams = [fact.position for fact in await log.read_stream(OTHER)]
        assert streams == [5, 6]
        assert len(list(log.json_of(await log.bodies_at(range(1, 7))))) == 6
    assert isinstance(found.event, Damaged) is (what not in HARMLESS[position])
    assert str(Damage.of(found, "why")).isprintable()


async def test_a_missing_event_is_not_confused_with_the_one_after_it(home: Path) -> None:
    await seed(home)
    edit(home, "UPDATE events SET stream = 'thread-of-nobody' WHERE position = 2")
    async with opened(home) as log:
        assert await log.fact_at(STREAM, 2) is None
        assert await log.fact_at(STREAM, 9) is None
        third = await log.fact_at(STREAM, 3)
    assert third is not None
    assert third.event == renamed()


async def test_events_of_a_type_are_returned_without_the_unreadable_ones(home: Path) -> None:
    await seed(home)
    edit(home, "UPDATE events SET payload = x'00' WHERE position = 4")
    async with opened(home) as log:
        assert await log.events_of(STREAM, ItemRecorded) == [FACTS[1]]


async def test_a_damaged_key_hides_only_the_events_sealed_under_it(home: Path) -> None:
    await seed(home)
    with closing(connected(home / DATABASE)) as database:
        [(key_id,)] = database.execute(
            "SELECT key_id FROM stream_state WHERE stream = ?", (STREAM,)
        ).fetchall()
    for wrapped in ("x'00'", "'text'", "7"):
        edit(home, f"UPDATE keys SET wrapped = {wrapped} WHERE id = {key_id}", KEYS)
        async with opened(home) as log:
            events = [fact.event for fact in await log.read(0, 100)]
        assert [isinstance(event, Damaged) for event in events] == [0, 1, 1, 1, 0, 0]
        assert f"its key {key_id} was not wrapped by this host key" in str(events[1])


async def test_a_closed_log_is_reported_as_unavailable_and_not_as_damaged(home: Path) -> None:
    await seed(home)
    async with opened(home) as log:
        pass
    with pytest.raises(StoreUnavailable):
        await log.read(0, 10)


async def test_a_repeated_request_gets_the_readable_rest_of_its_answer(home: Path) -> None:
    key = Idempotency.of("once", b"request")
    append = StreamAppend(STREAM, [started(), renamed()])
    async with opened(home) as log:
        await log.append(append, meta=META, idempotency=key)
    edit(home, "UPDATE events SET payload = x'00' WHERE position = 2")
    async with opened(home) as log:
        again = await log.append(append, meta=META, idempotency=key)
    assert again.replayed
    assert [type(fact.event) for fact in again.recorded] == [type(started()), Damaged]


async def test_a_page_limited_by_bytes_ends_at_the_limit(home: Path, log: Log) -> None:
    large, small = message("x" * 100_000), message("y" * 5_000)  # larger than what is packed
    await log.append(StreamAppend(STREAM, [large, large, *[small] * 5, large]), meta=META)

    def positions(after: int, bytes_max: int) -> list[int]:
        return [fact.position for fact in now(log.read(after, 100, bytes_max))]

    assert positions(0, 1) == [1]
    assert positions(0, 150_000) == [1]
    assert positions(0, 250_000) == [1, 2, 3, 4, 5, 6, 7]
    assert positions(2, 20_000) == [3, 4, 5]
    assert positions(2, 10**9) == [3, 4, 5, 6, 7, 8]
    assert positions(8, 1) == []
    assert (await log.checkpoint()).is_whole  # a page that was not read to its end holds nothing up


async def test_a_stream_is_walked_up_to_a_version(log: Log) -> None:
    names = [renamed(str(n)) for n in range(600)]
    await log.append(StreamAppend(STREAM, names), meta=META)
    walked = [fact async for page in log.walk_stream(STREAM, 10, 590) for fact in page]
    assert [fact.event for fact in walked] == names[10:590]
    assert [page async for page in log.walk_stream(STREAM, 600, 600)] == []


def test_many_damages_are_summed_up_in_one_sentence() -> None:
    damages = DamageReport()
    assert not damages
    for position in range(1, 11):
        damages.add(Damage(position, "thread-a", "thread.renamed.v1", f"why {position}"))
    words = str(damages)
    assert words.startswith("position 1 (thread.renamed.v1 in thread-a): why 1; position 2")
    assert words.endswith("; and 7 more up to position 10")


def test_column_values_are_shown_without_control_characters() -> None:
    odd = Damage(1, "thread-\x1b[2J", "k" * 1_000, "\u202e\n")
    assert str(odd).isprintable()
    assert len(str(odd)) < 300
