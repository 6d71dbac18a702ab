"""A model on loopback for measuring: it answers at once, never, or by starting agents.

`python -m benchmarks.endpoint` prints its port. The newest text of a user decides: with `HANGS` in
it the answer never ends, with `SPAWN N TEXT` it starts N agents that are told TEXT.
"""

import asyncio
import json
import re
from collections.abc import Iterator

HANGS = "never end"
SPAWN = re.compile(rb"start (\d+) agents: ([^\"]*)")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
LAST = b"0\r\n\r\n"
HEAD_END = b"\r\n\r\n"
USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 10,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 30,
}
Json = dict[str, object]


def framed(*events: Json) -> bytes:
    """Events of a stream as one chunk."""
    told = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    return b"%x\r\n%b\r\n" % (len(told), told.encode())


def message(text: str) -> tuple[bytes, bytes]:
    """The beginning of a message, and the rest with the end of the response."""
    item: Json = {"id": "m", "type": "message", "role": "assistant", "status": "in_progress"}
    whole = {
        **item,
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    begun = framed(
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": text},
    )
    done: Json = {"type": "response.output_item.done", "output_index": 0, "item": whole}
    return begun, framed(done) + ENDED


def spawns(count: int, text: str) -> Iterator[bytes]:
    """Calls that start agents."""
    for number in range(count):
        item: Json = {
            "id": f"i{number}",
            "type": "function_call",
            "status": "completed",
            "namespace": "multi_agent_v1",
            "name": "spawn_agent",
            "call_id": f"c{number}",
            "arguments": json.dumps({"message": text}),
        }
        yield framed({"type": "response.output_item.added", "output_index": number, "item": item})
        yield framed({"type": "response.output_item.done", "output_index": number, "item": item})


COMPLETED: Json = {"id": "r", "status": "completed", "usage": USAGE}
ENDED = framed({"type": "response.completed", "response": COMPLETED}) + LAST
BEGUN, REST = message("done with it")


def answer(body: bytes) -> bytes:
    """What is said to a request."""
    if HANGS.encode() in body[body.rfind(b'"role":"user"') :]:
        return HEAD + BEGUN
    if (wanted := SPAWN.search(body)) and b"function_call_output" not in body:
        return HEAD + b"".join(spawns(int(wanted[1]), wanted[2].decode())) + ENDED
    return HEAD + BEGUN + REST


class Model(asyncio.Protocol):
    """One connection, which is kept."""

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._read += data
        end = self._read.find(HEAD_END)
        if end < 0:
            return
        length = LENGTH.search(self._read, 0, end)
        size = end + len(HEAD_END) + int(length[1] if length else 0)
        if len(self._read) >= size:
            body, self._read = self._read[end:size], self._read[size:]
            self._transport.write(answer(body))


async def serve() -> None:
    """Until the process ends."""
    server = await asyncio.get_running_loop().create_server(Model, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
