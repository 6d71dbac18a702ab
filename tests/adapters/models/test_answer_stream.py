"""The stream of an answer: in order, to its end, a failure last."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.loop_turns import counted_turns
from threadhost.actors.models import ModelFailed, OutputDone, OutputStarted, ResponseDone, TextDelta
from threadhost.adapters.models import answer, answer_stream
from threadhost.adapters.models.answer_stream import AnswerStream
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.responses_events import ResponsesReader

LIMITS = TransportLimits(events_max=50, event_bytes_max=100_000)
KIND = "response.output_text.delta"
OVER = {"type": "response.completed", "response": {"id": "r"}}
FAILED = {"type": "response.failed", "response": {"error": {"message": "no more"}}}


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_stream, "SLICE_S", 60)


class Sent:
    """An answer in these pieces; an empty piece stands for a pause."""

    status, reason = 200, "OK"
    headers: Mapping[str, str] = {}

    def __init__(self, *pieces: bytes) -> None:
        self.left = [*pieces]

    async def read(self) -> bytes | None:
        piece = self.left.pop(0) if self.left else None
        assert piece != b"", "what was said is handed on before more is read"
        return piece

    async def finish(self) -> None: ...

    def abort(self) -> None: ...


def delta(text: str) -> dict[str, Any]:
    return {"type": KIND, "output_index": 0, "item_id": "m", "delta": text}


def encoded(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def stream_of(*pieces: bytes, is_whole: bool = False) -> AnswerStream:
    return AnswerStream(Sent(*pieces), ResponsesReader(), LIMITS, is_whole=is_whole)


async def collect_into(said: list[Any], stream: AnswerStream) -> None:
    while events := await stream.more():
        said += events


def text_in(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_events_that_arrived_together_are_yielded_together() -> None:
    stream = stream_of(encoded(delta("a"), delta("b")), encoded(delta("c")), encoded(OVER))

    assert text_in(await stream.more()) == "ab"
    assert text_in(await stream.more()) == "c"
    assert text_in(await stream_of(encoded(delta("a")), b"").more()) == "a"
    last = await stream.more()
    assert [type(event) for event in last] == [OutputDone, ResponseDone]
    assert await stream.more() == []


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([encoded(delta("so far"), FAILED)], "no more"),
        ([encoded(delta("so far"))], "stream closed before"),
        ([encoded(delta("so far")) + b"data: {}\n\n" * 25, b"data: {}\n\n" * 25], "more than 50"),
        ([encoded(delta("so far")) + b"data: " + b"x" * 100_000], "larger than 100000 bytes"),
    ],
)
async def test_a_failure_is_raised_after_the_text_that_arrived_before_it(
    pieces: list[bytes], words: str
) -> None:
    stream = stream_of(*pieces)
    said: list[Any] = []
    with pytest.raises(ModelFailed, match=words):
        await collect_into(said, stream)
    # One event that is too large is found with its piece, before anything of that is read.
    assert text_in(said) == ("" if "larger" in words else "so far")


async def test_other_tasks_have_their_turn_however_many_events_arrive_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_stream, "SLICE_S", -1)
    stream = stream_of(encoded(*[{"type": "odd"}] * 20, OVER))
    async with counted_turns() as turns:
        before = turns()
        assert isinstance((await stream.more())[-1], ResponseDone)
        assert turns() - before >= 19


async def test_pieces_of_long_arguments_that_arrive_together_are_read_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beside, hops = asyncio.to_thread, list[object]()

    async def noted(work: Callable[..., None], *args: Any) -> None:
        hops.append(work)
        await beside(work, *args)

    monkeypatch.setattr(asyncio, "to_thread", noted)
    monkeypatch.setattr(answer, "INLINE_ARGUMENTS_CHARS_MAX", 1)
    piece = {"type": "response.function_call_arguments.delta", "item_id": "c", "delta": "[]"}
    stream = stream_of(encoded(*[piece] * 40), encoded(OVER))
    assert [type(event) for event in await stream.more()] == [OutputStarted, TextDelta]
    assert len(hops) == 1
    assert isinstance((await stream.more())[-1], ResponseDone)


async def test_an_answer_in_one_piece_is_read_to_its_end() -> None:
    item = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "hi"}]}
    body = json.dumps({"id": "r", "output": [item]}).encode()
    stream = stream_of(body[:10], body[10:], is_whole=True)

    assert isinstance((await stream.more())[-1], ResponseDone)
    assert await stream.more() == []
