"""Server-sent events, however the bytes are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from threadhost.adapters.models.sse import EventStreamParser, EventTooLarge, ServerSentEvent

STREAM = (
    b"\xef\xbb\xbfevent: first\ndata: one\n\n"
    b": a comment\r\ndata:two\r\ndata: lines\r\nid: 7\r\n\r\n"
    b"event: dropped\n\ndata\rdata:  spaced\r\rretry: 5\nevent: last\ndata: \xc3\xa4\n\ndata: cut"
)
EVENTS = [
    ServerSentEvent(b"first", b"one"),
    ServerSentEvent(b"", b"two\nlines"),
    ServerSentEvent(b"", b"\n spaced"),
    ServerSentEvent(b"last", b"\xc3\xa4"),
]


def parsed(*chunks: bytes) -> list[ServerSentEvent]:
    parser = EventStreamParser(event_bytes_max=1000)
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_a_stream_in_one_piece_is_read() -> None:
    assert parsed(STREAM) == EVENTS


@each("size", [1, 2, 3, 5, 7, 11])
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    assert parsed(*(STREAM[at : at + size] for at in range(0, len(STREAM), size))) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_cuts_anywhere_give_the_same_events(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(bounds)]
    assert parsed(*pieces) == EVENTS


@given(st.binary(max_size=200))
def test_no_bytes_before_an_event_keep_it_from_being_read(noise: bytes) -> None:
    whole = parsed(noise + b"\n\ndata: after\n\n")
    assert whole[-1].data.endswith(b"after")


def test_an_event_is_complete_at_its_bare_carriage_return() -> None:
    assert parsed(b"data: a\r\r") == [ServerSentEvent(b"", b"a")]


@pytest.mark.parametrize("chunk", [b"data:123456789\n", b"1234567890"])
def test_an_event_without_end_is_refused(chunk: bytes) -> None:
    parser = EventStreamParser(event_bytes_max=100)
    for _ in range(10):
        assert parser.feed(chunk) == []
    with pytest.raises(EventTooLarge):
        parser.feed(chunk)


def test_many_events_in_one_chunk_may_be_larger_than_the_limit_of_one() -> None:
    assert len(parsed(b"data: x\n\n" * 1000)) == 1000


BOM = b"\xef\xbb\xbf"
ODD_LINES = (
    b"",
    b"id: 1",
    b": c",
    b"data",
    b"data:  two",
    b"event:",
    b"event: z",
    b"x",
    BOM + b"data: q",
)
PLAIN_LINES = (b"event: a\ndata: b\n", b"data:c\n", b"data: \n")


@given(
    st.lists(st.sampled_from(PLAIN_LINES + ODD_LINES), max_size=12),
    st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(0, 200), max_size=3),
)
def test_plain_events_among_odd_ones_are_read_as_if_byte_by_byte(
    lines: list[bytes], end: bytes, cuts: list[int]
) -> None:
    stream = b"".join(line + b"\n" for line in lines).replace(b"\n", end)
    at = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    by_byte = parsed(*(stream[n : n + 1] for n in range(len(stream))))

    assert parsed(*(stream[start:stop] for start, stop in pairwise(at))) == by_byte


@pytest.mark.parametrize(
    ("chunks", "events"),
    [
        ([b"data: a\n", b"data: b\n\n"], [ServerSentEvent(b"", b"a\nb")]),
        ([b"event: x\n", b"data: b\n\n"], [ServerSentEvent(b"x", b"b")]),
        ([b"data: a", b"data: b\n\n"], [ServerSentEvent(b"", b"adata: b")]),
        ([b"data: a\n\n", BOM + b"data: b\n\n"], [ServerSentEvent(b"", b"a")]),
    ],
)
def test_the_fast_path_reads_an_event_only_at_the_beginning_of_one(
    chunks: list[bytes], events: list[ServerSentEvent]
) -> None:
    assert parsed(*chunks) == events
