"""Events as bytes: golden lines, upcasting, seals, and what is told of damage."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.golden import golden_events, golden_lines
from tests.support.store import META, OTHER, STREAM, message, opened, renamed, started
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
from threadhost.events.store.errors import CorruptEvent

LINES = [pytest.param(*line, id=f"{n}-{line[0]}") for n, line in enumerate(golden_lines(), 1)]


@pytest.mark.parametrize(("kind", "body"), LINES)
def test_every_event_ever_written_is_still_readable(kind: str, body: bytes) -> None:
    found = decode(1, kind, body)
    assert holds(json.loads(encode([found])[0]), json.loads(body))


def holds(written: object, before: object) -> bool:
    """Whether everything that stood there before is still there; new members may have come."""
    if isinstance(written, dict) and isinstance(before, dict):
        return all(holds(written.get(name), value) for name, value in before.items())
    if isinstance(written, list) and isinstance(before, list) and len(written) == len(before):
        return all(map(holds, written, before))
    return written == before


def test_every_event_type_has_a_golden_line() -> None:
    assert {kind for kind, _ in golden_lines()} >= set(KINDS)


@pytest.mark.parametrize("fact", list(golden_events().values()), ids=lambda e: e.kind)
def test_an_event_is_the_same_after_a_round_trip(fact: Event) -> None:
    assert decode(1, fact.kind, encode([fact])[0]) == fact


def test_encoding_is_compact_and_keeps_every_character() -> None:
    assert encode([renamed("é\u2028\x00🔎")]) == ['{"name":"é\u2028\\u0000🔎"}'.encode()]


@pytest.fixture
def two_versions(monkeypatch: pytest.MonkeyPatch) -> type[Event]:
    monkeypatch.setattr("threadhost.events.base.KINDS", kinds := dict(KINDS))
    monkeypatch.setattr("threadhost.events.store.codec.KINDS", kinds)

    @event("thread.painted.v3")
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


def test_a_type_is_found_under_the_names_of_its_old_versions_too(
    two_versions: type[Event],
) -> None:
    names = ("thread.painted.v3", "thread.painted.v2", "thread.painted.v1")
    assert names_of([two_versions]) == names


def test_a_type_is_declared_only_once(two_versions: type[Event]) -> None:
    with pytest.raises(ValueError, match=r"thread\.painted\.v3 is declared twice"):
        event("thread.painted.v3")(two_versions)


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("thread.unheard_of.v1", b"{}", "its type thread.unheard_of.v1 is unknown"),
        ("thread.renamed.v1", b"{}", "its body is not a thread.renamed.v1"),
        ("thread.renamed.v1", b'{"name":', "its body is not a thread.renamed.v1"),
        ("thread.renamed.v1", b"\xff", "its body is not a thread.renamed.v1"),
    ],
)
def test_what_cannot_be_decoded_is_named_with_its_position(
    kind: str, body: bytes, reason: str
) -> None:
    with pytest.raises(CorruptEvent, match=f"position 7 is damaged: {reason}"):
        decode(7, kind, body)


def test_damage_never_shows_what_the_body_said() -> None:
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
    " substr(payload, 1, 30) || x'ff' || substr(payload, 32) WHERE position = 2",
}


@pytest.mark.parametrize("move", list(MOVES.values()), ids=list(MOVES))
async def test_a_ciphertext_that_is_not_where_it_was_written_is_refused(
    home: Path, move: str
) -> None:
    async with opened(home) as log:
        for stream in (STREAM, OTHER):
            await log.append(StreamAppend(stream, [started(), message()]), meta=META)
    change(home, move)
    async with opened(home) as log:
        assert log.read(2, 10)
        [found] = log.read_at([2])
        assert isinstance(found.event, Damaged)
        assert found.event.reason == "its seal is broken"


async def test_a_row_that_holds_no_text_hides_no_other(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [message("1"), message("2"), started()]), meta=META)
    change(home, "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = 2")
    async with opened(home) as log:
        gap = Damaged("turn.item_recorded.v2", "its seal is broken")
        assert [fact.event for fact in log.read(0, 10)] == [message("1"), gap, started()]


async def test_a_changed_structural_event_is_refused(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
    change(home, "UPDATE events SET payload = replace(payload, 'other', 'ether')")
    async with opened(home) as log:
        gap = Damaged("thread.started.v1", "its bytes do not match its digest")
        assert log.read(0, 1)[0].event == gap


async def test_a_purged_event_reads_as_erased(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
    change(home, "UPDATE events SET payload = NULL")
    async with opened(home) as log:
        assert [fact.event for fact in log.read(0, 10)] == [
            Erased("thread.started.v1"),
            Erased("turn.item_recorded.v2"),
        ]


def change(home: Path, statement: str) -> None:
    connection = sqlite3.connect(home / "threadhost.db", isolation_level=None)
    assert connection.execute(statement).rowcount > 0
    connection.close()
