"""Hostile endpoints: none blocks the loop, none runs for ever, each fails with a reason."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.bystander import HELD_MS_MAX, bystander
from tests.support.model_calls import client_of, failure
from tests.support.raw_server import Behaviour, raw_server, repeating, saying
from tests.support.slowness import require_below
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import TransportName

pytestmark = pytest.mark.slices
MIB = 1024 * 1024
LIMITS = TransportLimits(idle_timeout_ms=1_000, response_bytes_max=4 * MIB, events_max=20_000)
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = STREAM + b"transfer-encoding: chunked\r\n\r\n"
OPEN = STREAM + b"connection: close\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
REFUSED = b"HTTP/1.1 500 No\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
LISTS = b'data: {"x":[' + b"[]," * (2 * MIB) + b"0]}\n\n"
ANY = r".+"


MANY = 190_000
"""Nearly as many as one event may hold."""


def done(**item: Any) -> dict[str, Any]:
    """The event by which an item ends."""
    return {"type": "response.output_item.done", "item": item}


def pieces_of_a_call() -> bytes:
    """Arguments of many small values in many small pieces."""
    kind = "response.function_call_arguments.delta"
    piece = {"type": kind, "item_id": "c", "delta": "[]," * 5_000}
    said = [{**piece, "delta": '{"a":['}, *[piece] * 200, {**piece, "delta": "0]}"}]
    ended = [done(type="function_call", id="c", name="a"), {"type": "response.failed"}]
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in [*said, *ended])


ODD: dict[str, dict[str, Any]] = {
    "odd parts": done(type="message", content=[1] * MANY),
    "refused parts": done(type="message", content=[{"refusal": 1}] * (MANY // 2)),
    "deep parts": done(type="message", content=[{"text": [[[1]]]}] * (MANY // 5)),
    "thoughts": done(type="reasoning", summary=["a"] * MANY),
    "arguments": done(type="function_call", name="a", arguments=dict.fromkeys(range(MANY), 1)),
    "members": done(type="message", **{f"k{n}": 1 for n in range(MANY)}),
    "odd items": {"type": "response.completed", "response": {"output": [1] * MANY}},
}
ODD_ANSWER = ODD["odd items"]["response"]


ENDPOINTS: dict[str, tuple[Behaviour, str]] = {
    "chunks of one byte": (repeating(CHUNKED, b"1\r\nx\r\n"), "20000 pieces"),
    "chunks of one byte that make comments": (
        repeating(CHUNKED, b"1\r\n:\r\n1\r\n\n\r\n"),
        "20000 pieces",
    ),
    "heads without end": (repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "did not answer in"),
    "a head without end": (repeating(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"), "did not answer in"),
    "a line of a head without end": (repeating(b"HTTP/1.1 200 OK\r\n", b"x"), "did not answer in"),
    "a size of a chunk without end": (repeating(CHUNKED, b"0"), "closed before"),
    "an extension of a chunk without end": (repeating(CHUNKED + b"1;x=", b"y"), "closed before"),
    "trailers without end": (repeating(CHUNKED + b"0\r\n", b"x: y\r\n"), "closed before"),
    "blank lines": (repeating(OPEN, b"\n"), "larger than"),
    "lines of one byte": (repeating(OPEN, b":\n"), "larger than"),
    "fields of one event": (repeating(OPEN, b"data:\n"), "larger than"),
    "events of one byte": (repeating(OPEN, b"data:1\n\n"), "20000 events"),
    "events of brackets": (repeating(OPEN, b"data:[]\n\n"), "20000 events"),
    "one event of lists": (saying(OPEN + LISTS), ANY),
    "one event of depth": (saying(OPEN + b"data: " + b"[" * (2 * MIB) + b"\n\n"), ANY),
    **{
        f"one event of {name}": (saying(OPEN + b"data: %b\n\n" % json.dumps(event).encode()), ANY)
        for name, event in ODD.items()
    },
    "pieces of one call": (saying(OPEN + pieces_of_a_call()), ANY),
    "an answer of odd values": (saying(WHOLE + json.dumps(ODD_ANSWER).encode()), "can be used"),
    "a line without end": (repeating(OPEN, b"x"), "larger than"),
    "an answer of lists": (saying(WHOLE + b"[" + b"[]," * MIB + b"0]"), "no JSON"),
    "an answer without end": (repeating(WHOLE, b" "), "larger than"),
    "halves of letters": (saying(OPEN + b'data: {"x":"' + b"\\ud83d" * 300_000 + b'"}\n\n'), ANY),
    "bytes that are no letters": (saying(OPEN + b'data: {"x":"' + b"\xff" * MIB + b'"}\n\n'), ANY),
    "a page of tags": (repeating(REFUSED, b"<", MIB), "answered 500"),
    "a page of titles": (repeating(REFUSED, b"<title", MIB), "answered 500"),
    "a page of scripts": (repeating(REFUSED, b"<script>", MIB), "answered 500"),
    "an error of many words": (
        saying(OPEN + b'data: {"error":{"message":"' + b"exceeds the " * 200_000 + b'"}}\n\n'),
        "exceeds the",
    ),
}


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_no_hostile_endpoint_blocks_the_loop_or_runs_for_ever(
    name: str, library: TransportName
) -> None:
    behaviour, words = ENDPOINTS[name]
    with raw_server(behaviour) as server:
        client = client_of(server.base_url, limits=LIMITS, transport=library)
        await client.warm_up()
        async with bystander() as other:
            failed = await failure(client)
        await client.close()

        assert await asyncio.to_thread(server.gone.wait, 10)
    assert failed.message
    assert len(failed.message) <= 1_000
    require_below(other.longest_ms, HELD_MS_MAX)
    assert words in failed.message or words == ANY
