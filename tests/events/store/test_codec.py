"""Events as bytes: golden lines, upcasting, seals, and what is told of damage."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support import log_database
from tests.support.each import each
from tests.support.golden import golden_events, golden_lines
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    database_of,
    deleted,
    message,
    opened,
    renamed,
    started,
)
from threadhost.events.base import (
    KINDS,
    UPCASTERS,
    Damaged,
    Erased,
    Event,
    Upcaster,
    event,
    names_of,
)
from threadhost.events.store.codec import decode, encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.copies import Lifted, Place
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.seal import NONCE_BYTES
from threadhost.events.store.sqlite.rows import LogRows

LINES = list(golden_lines())


LEFT_BEHIND = {"from_position", "up_to_position"}
"""What only older versions said: places in one log, which say nothing in another."""


@each(("kind", "body"), LINES)
def test_every_event_ever_written_is_still_readable(kind: str, body: bytes) -> None:
    found = decode(1, kind, body)
    said = {name: value for name, value in json.loads(body).items() if name not in LEFT_BEHIND}
    assert holds(json.loads(encode([found])[0]), said)


def holds(written: object, before: object) -> bool:
    """Whether everything that stood there before is still there; new members may have come."""
    if isinstance(written, dict) and isinstance(before, dict):
        return all(holds(written.get(name), value) for name, value in before.items())
    if isinstance(written, list) and isinstance(before, list) and len(written) == len(before):
        return all(map(holds, written, before))
    return written == before


@each("fact", list(golden_events().values()), ids=lambda e: e.kind)
def test_an_event_is_the_same_after_a_round_trip(fact: Event) -> None:
    assert decode(1, fact.kind, encode([fact])[0]) == fact


def test_encoding_is_compact_and_keeps_every_character() -> None:
    assert encode([renamed("é\u2028\x00🔎")]) == ['{"name":"é\u2028\\u0000🔎"}'.encode()]


@pytest.fixture
def two_versions(monkeypatch: pytest.MonkeyPatch) -> type[Event]:
    monkeypatch.setattr("threadhost.events.base.KINDS", kinds := dict(KINDS))
    monkeypatch.setattr("threadhost.events.store.codec.KINDS", kinds)

    @event("thread.painted.v3", since="0.1", stream="thread", cause="asked")
    class ThreadPainted(Event):
        colour: str
        layers: int

    renamed_field = Upcaster("thread.painted.v2", lambda body: {"colour": body["color"]})
    counted = Upcaster("thread.painted.v3", lambda body: {**body, "layers": 1})
    monkeypatch.setitem(UPCASTERS, "thread.painted.v1", renamed_field)
    monkeypatch.setitem(UPCASTERS, "thread.painted.v2", counted)
    return ThreadPainted


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("thread.painted.v1", b'{"color":"red"}'),
        ("thread.painted.v2", b'{"colour":"red"}'),
        ("thread.painted.v3", b'{"colour":"red","layers":1}'),
    ],
)
def test_an_old_version_becomes_the_newest_step_by_step(
    two_versions: type[Event], kind: str, body: bytes
) -> None:
    assert decode(1, kind, body) == two_versions.model_validate({"colour": "red", "layers": 1})


def test_the_names_of_a_type_include_those_of_its_old_versions(
    two_versions: type[Event],
) -> None:
    names = ("thread.painted.v3", "thread.painted.v2", "thread.painted.v1")
    assert names_of([two_versions]) == names


def test_a_type_is_declared_only_once(two_versions: type[Event]) -> None:
    with pytest.raises(ValueError, match=r"thread\.painted\.v3 is declared twice"):
        event("thread.painted.v3", since="0.1", stream="thread", cause="asked")(two_versions)


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("thread.unheard_of.v1", b"{}", "its type thread.unheard_of.v1 is unknown"),
        ("thread.renamed.v1", b"{}", "its body is not a thread.renamed.v1"),
        ("thread.renamed.v1", b'{"name":', "its body is not a thread.renamed.v1"),
        ("thread.renamed.v1", b"\xff", "its body is not a thread.renamed.v1"),
    ],
)
def test_an_event_that_cannot_be_decoded_is_reported_with_its_position(
    kind: str, body: bytes, reason: str
) -> None:
    with pytest.raises(CorruptEvent, match=f"position 7 is damaged: {reason}"):
        decode(7, kind, body)


def test_a_damage_never_shows_the_content_of_the_body() -> None:
    with pytest.raises(CorruptEvent) as damaged:
        decode(7, "thread.renamed.v1", b'{"name":["the secret"]}')
    assert "the secret" not in str(damaged.value)
    assert damaged.value.__cause__ is None


MOVES = {
    "to another stream": "UPDATE events SET stream = 'thread-c' WHERE position = 2",
    "to another version": "UPDATE events SET version = 9 WHERE position = 2",
    "to another type": "UPDATE events SET type = 'turn.model_responded.v1' WHERE position = 2",
    "into another row": "UPDATE events SET payload ="
    " (SELECT payload FROM events WHERE position = 4) WHERE position = 2",
    "under another key": "UPDATE events SET key_id = 2 WHERE position = 2",
    "cut short": "UPDATE events SET payload = substr(payload, 1, 20) WHERE position = 2",
    "cut to nothing": "UPDATE events SET payload = x'' WHERE position = 2",
    "one byte changed": "UPDATE events SET payload ="
    " substr(payload, 1, 30) || CASE substr(payload, 31, 1) WHEN x'ff' THEN x'00' ELSE x'ff' END"
    " || substr(payload, 32) WHERE position = 2",
}


@pytest.mark.few(2)
@pytest.mark.parametrize("move", list(MOVES.values()), ids=list(MOVES))
async def test_a_ciphertext_moved_to_another_place_is_refused(home: Path, move: str) -> None:
    async with opened(home) as log:
        for stream in (STREAM, OTHER):
            await log.append(StreamAppend(stream, [started(), message()]), meta=META)
    change(home, move)
    async with opened(home) as log:
        assert await log.read(2, 10)
        [found] = await log.read_at([2])
        assert isinstance(found.event, Damaged)
        assert found.event.reason == "its seal is broken"


async def test_no_two_events_under_one_key_share_a_nonce_copied_or_not(
    home: Path,
) -> None:
    async with opened(home) as log:
        said = [started(), *(message(f"{n}") for n in range(4))]
        await log.append(StreamAppend(STREAM, said), meta=META)
        head = await log.stream_head(STREAM)
        assert head is not None
        place = Place(STREAM, head.version, head.key_id)
        copies = [Lifted(n, message().kind, body) for n, body in enumerate(encode(said[1:]), 2)]
        await log.append_copies(log.copies(place, copies, f"event:{STREAM}@", META))
        sealed = database_of(log).rows("SELECT payload FROM events WHERE key_id IS NOT NULL")
        assert len({payload[:NONCE_BYTES] for (payload,) in sealed}) == len(sealed) == 8
        facts = await log.read_stream(STREAM)
        assert [fact.event for fact in facts] == [*said, *said[1:]]
        assert [fact.meta.causation_id for fact in facts[5:]] == [
            f"event:{STREAM}@{n}" for n in range(2, 6)
        ]


async def test_a_row_with_an_invalid_text_hides_no_other_event(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [message("1"), message("2"), started()]), meta=META)
    change(home, "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = 2")
    async with opened(home) as log:
        gap = Damaged("turn.item_recorded.v2", "its seal is broken")
        assert [fact.event for fact in await log.read(0, 10)] == [message("1"), gap, started()]


async def test_a_changed_structural_event_is_refused(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
    change(home, "UPDATE events SET payload = replace(payload, 'other', 'ether')")
    async with opened(home) as log:
        gap = Damaged("thread.started.v1", "its bytes do not match its digest")
        assert (await log.read(0, 1))[0].event == gap


PLAIN = """UPDATE events SET key_id = NULL, payload = CAST('{"name":"FORGED"}' AS BLOB),
    digest = sha256(CAST('{"name":"FORGED"}' AS BLOB)) WHERE position = 2"""
OF_NO_WRITER = {
    "a sealed type without a key": (2, PLAIN, "is sealed, and this one has no key"),
    "a structural type with a key": (
        1,
        "UPDATE events SET key_id = 1 WHERE position = 1",
        "is not sealed, and this one has a key",
    ),
    "a key that is none": (
        2,
        "UPDATE events SET key_id = 'x' WHERE position = 2",
        "no writer writes such values into key_id",
    ),
    "a key of nobody": (
        2,
        "UPDATE events SET key_id = 999 WHERE position = 2",
        "key 999 is missing",
    ),
    "a version that is no whole number": (
        1,
        "UPDATE events SET version = 1.5 WHERE position = 1",
        "no writer writes such values into version",
    ),
    "a version in text": (
        1,
        "UPDATE events SET version = 'x' WHERE position = 1",
        "no writer writes such values into version",
    ),
    "a stream of bytes": (
        1,
        "UPDATE events SET stream = CAST(stream AS BLOB) WHERE position = 1",
        "no writer writes such values into stream",
    ),
    "a type of bytes": (
        1,
        "UPDATE events SET type = CAST(type AS BLOB) WHERE position = 1",
        "no writer writes such values into type",
    ),
    "a principal that is a number": (
        1,
        "UPDATE events SET principal = x'01' WHERE position = 1",
        "no writer writes such values into principal",
    ),
    "a time before all times": (
        1,
        "UPDATE events SET recorded_at_ms = -1 WHERE position = 1",
        "no writer writes such values into recorded_at_ms",
    ),
    "a time after all times": (
        1,
        "UPDATE events SET recorded_at_ms = 253402300800000 WHERE position = 1",
        "no writer writes such values into recorded_at_ms",
    ),
    "a link in text": (
        1,
        "UPDATE events SET blob = x'00' WHERE position = 1",
        "no writer writes such values into blob",
    ),
    "a type of no version": (
        1,
        "UPDATE events SET type = 'thread.sung.v1' WHERE position = 1",
        "its type is unknown to this version",
    ),
}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("position", "edit", "reason"), list(OF_NO_WRITER.values()), ids=list(OF_NO_WRITER)
)
async def test_a_row_that_no_writer_writes_is_read_as_damage(
    home: Path, position: int, edit: str, reason: str
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed(), started()]), meta=META)
    change(home, edit)
    async with opened(home) as log:
        [found] = await log.read_at([position])
        assert isinstance(found.event, Damaged)
        assert reason in found.event.reason
        if "FORGED" in edit or "key" in reason:
            [body] = log.json_of(await log.bodies_at([position]))
            assert isinstance(body, Damaged)
        assert len(await log.read_at([1, 2, 3][position:])) == 3 - position


BELOW = """INSERT INTO events SELECT {position}, 1, stream, version + 0.5, type, recorded_at_ms,
    principal, correlation_id, causation_id, NULL, payload, blob, digest, chain FROM events
    WHERE position = 1"""


@pytest.mark.few(2)
@pytest.mark.parametrize("position", [-1, 0, -(2**63)])
async def test_rows_before_the_first_position_are_never_read(home: Path, position: int) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed()]), meta=META)
    change(home, BELOW.format(position=position))
    async with opened(home) as log:
        assert [f.position for f in await log.read(position - 1 if position > -9 else -9, 10)] == [
            1,
            2,
        ]
        assert [f.position for f in await log.read_stream(STREAM)] == [1, 2]
        assert [f.version for f in await log.read_stream(STREAM, types=[type(started())])] == [1]
        assert await log.read_at([position]) == []
        assert await log.bodies_at([position]) == []
        rows = LogRows(database_of(log))
        assert rows.newest() == log.position == 2
        newest_first = rows.of_stream(STREAM, newest_first=True)
        assert [row.position for row in newest_first] == [2, 1]


KINDS_OF_TWO = ("thread.started.v1", "turn.item_recorded.v2")


async def test_a_purged_event_reads_as_erased_once_its_key_is_destroyed(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
        await log.append(StreamAppend(OTHER, [message(), deleted("b")]), meta=META)
    change(home, "UPDATE events SET payload = NULL WHERE position < 4")
    async with opened(home) as log:
        assert (await log.read_at([3]))[0].event == Erased("turn.item_recorded.v2")
        for fact, kind in zip(await log.read_at([1, 2]), KINDS_OF_TWO, strict=True):
            assert fact.event == Damaged(kind, "its payload is gone, though it was not erased")


def change(home: Path, statement: str) -> None:
    connection = log_database.connected(home / "threadhost.db", isolation_level=None)
    connection.create_function("sha256", 1, lambda value: sha256(value).digest())
    assert log_database.change(connection, statement) > 0
    connection.close()
