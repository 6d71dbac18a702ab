"""What is lifted out of a stream to be copied: as it was written, wherever it can be."""

from typing import Any, cast

import pytest

from tests.events.test_bounds import nested, output
from tests.support.store import META, STREAM, message, started
from threadhost.events.base import Damaged, Erased, Recorded
from threadhost.events.bounds import DEPTH_MAX
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.chain import digest_of
from threadhost.events.store.codec import EventCodec, decode, encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.copies import Lifted, Place, lift
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.turn import ItemRecorded, OutputRecorded, TurnStarted

STARTED = b'{ "turn_id":"t","started_at_ms":1}'
OLD_ITEM = b'{"turn_id":"t","item_id":"i","type":"userMessage","item":{}}'
DIGEST = b"d" * 32


class Open:
    """Stands in for a codec whose rows are open."""

    def bodies(self, rows: Any, _bytes_max: int) -> Any:
        """What stands in each for its payload."""
        return [row[5] for row in rows]


def row(version: int, kind: str, body: object) -> Any:
    """A row that is open."""
    return version + 10, "thread-x", version, kind, 1, body, None, DIGEST


def lifted(*rows: Any) -> list[Lifted | Recorded]:
    """What comes of rows where starts of turns and outputs are read."""
    readers = dict.fromkeys((TurnStarted.kind, OutputRecorded.kind), decode)
    return lift(cast("EventCodec", Open()), rows, readers, 2**20)


def test_sound_events_are_copied_unread_and_decoded_where_that_is_needed() -> None:
    bare, read = lifted(row(1, ItemRecorded.kind, b"unread"), row(2, TurnStarted.kind, STARTED))
    assert bare == Lifted(1, ItemRecorded.kind, b"unread", None, DIGEST)
    event = TurnStarted(turn_id="t", started_at_ms=1)
    assert read == Lifted(2, TurnStarted.kind, STARTED, event, DIGEST)


def test_an_event_of_an_older_version_is_upgraded_in_its_copy() -> None:
    (anew,) = lifted(row(7, "turn.item_recorded.v1", OLD_ITEM))
    assert isinstance(anew, Lifted)
    assert (anew.version, anew.kind) == (7, ItemRecorded.kind)
    assert b'"clientId":null' in anew.body
    assert anew.event == decode(1, ItemRecorded.kind, anew.body)


def test_an_event_that_cannot_be_read_or_recorded_again_is_a_gap_in_the_copy() -> None:
    deep = output(nested(DEPTH_MAX)).model_dump_json().encode()
    gaps = lifted(
        row(1, OutputRecorded.kind, deep),
        row(2, TurnStarted.kind, b"{}"),
        row(3, "turn.hologram.v1", b"{}"),
        row(4, ItemRecorded.kind, Erased(ItemRecorded.kind)),
        row(5, TurnStarted.kind, STARTED),
    )
    assert isinstance(gaps.pop(), Lifted)
    events = (
        (Damaged, OutputRecorded.kind),
        (Damaged, TurnStarted.kind),
        (Damaged, "turn.hologram.v1"),
        (Erased, ItemRecorded.kind),
    )
    for version, (gap, event) in enumerate(zip(gaps, events, strict=True), 1):
        assert isinstance(gap, Recorded)
        assert (type(gap.event), gap.kind) == event
        assert (gap.position, gap.stream, gap.version) == (version + 10, "thread-x", version)


def test_no_more_than_the_given_bytes_and_at_least_one_event_are_copied_at_once() -> None:
    place = (TurnStarted.kind, None, STARTED, None, digest_of(STARTED))
    rows = [(version, "thread-x", version, *place) for version in range(1, 6)]
    codec = EventCodec(cast("Any", None), Blobs(None))
    for bytes_max, count in ((2 * len(STARTED) + 5, 3), (0, 1)):
        assert len(lift(codec, rows, {}, bytes_max)) == count


class Destroyed:
    """Stands in for keys that are all destroyed."""

    def cipher(self, _key_id: int) -> None:
        """Of none."""


def test_a_gap_has_the_type_of_its_event_and_does_not_end_the_reading() -> None:
    rows: Any = [
        (1, "thread-x", 1, TurnStarted.kind, None, STARTED, None, DIGEST),
        (2, "thread-x", 2, ItemRecorded.kind, 1, b"sealed", None, DIGEST),
        (3, "thread-x", 3, TurnStarted.kind, None, STARTED, None, digest_of(STARTED)),
    ]
    assert EventCodec(cast("Any", Destroyed()), Blobs(None)).bodies(rows, 0) == [
        Damaged(TurnStarted.kind, "its bytes do not match its digest"),
        Erased(ItemRecorded.kind),
        STARTED,
    ]


@pytest.mark.parametrize("off", [-1, 1], ids=["before", "behind"])
async def test_copies_for_another_version_than_that_of_their_stream_are_refused(
    log: Log, off: int
) -> None:
    await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
    head = await log.stream_head(STREAM)
    assert head is not None
    place = Place(STREAM, head.version + off, head.key_id)
    (body,) = encode([message()])
    request = log.copies(place, [Lifted(2, message().kind, body)], "event:of@", META)
    with pytest.raises(WrongExpectedVersion, match=STREAM):
        await log.append_copies(request)
    assert len(await log.read_stream(STREAM)) == 2
