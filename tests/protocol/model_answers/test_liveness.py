"""A turn ends, whatever keeps a connection alive, and nobody else waits for it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage, staged
from tests.protocol.talk import begin, end, start
from tests.protocol.test_causes import causes_of, rows_of
from tests.support.responses_endpoint import STREAM_HEAD, Json, Raw, encoded, event_stream

pytestmark = pytest.mark.slices

HEAD = STREAM_HEAD + b"connection: close\r\n\r\n"
BEGUN = [said.added(said.message(said.text(""))), said.delta("half a sen")]
IDLE_MS = 150
KEPT_ALIVE: dict[str, Raw] = {
    "silence": Raw(HEAD, hang=True),
    "no head": Raw(b"", hang=True),
    "half a head": Raw(b"HTTP/1.1 200 OK\r\ncontent-ty", hang=True),
    "comments": Raw(HEAD, again=b": keep-alive\n\n", every_ms=5),
    "empty events": Raw(HEAD, again=b"data: \n\n", every_ms=5),
    "words": Raw(HEAD, again=b"event: ping\ndata: {}\n\n", every_ms=5),
    "events without content": Raw(
        HEAD, again=encoded({"type": "response.in_progress", "response": {}}), every_ms=5
    ),
    "deltas of nothing": Raw(HEAD + b"".join(map(encoded, BEGUN)), again=encoded(said.delta(""))),
    "comments after the beginning": Raw(
        HEAD + b"".join(map(encoded, BEGUN)), again=b": keep-alive\n\n", every_ms=5
    ),
    "half an event": Raw(HEAD + b'data: {"type', again=b" ", every_ms=5),
}


@pytest.mark.few(4)
@pytest.mark.parametrize("kept_alive_by", KEPT_ALIVE)
async def test_only_output_of_a_model_counts_as_progress(home: Path, kept_alive_by: str) -> None:
    async with staged(home, config={"stream_idle_timeout_ms": IDLE_MS}) as stage:
        stage.endpoint.misbehaviour.append(KEPT_ALIVE[kept_alive_by])
        turn = await stage.turn()
        assert turn["status"] == "failed"
        assert turn["error"]["message"] == (
            f"the model made no progress for {IDLE_MS} ms (stream_idle_timeout_ms)"
        )
        await stage.endpoint.open_connections_are(0)
        stage.endpoint.misbehaviour.clear()  # on a busy machine the request came too late for it
        stage.check_actor()
        patient = await start(stage.client)
        turn_id = await begin(stage.client, patient)
        assert (await stage.end(turn_id))["status"] == "completed"


PIECE = {"output_index": 0, "item_id": "fc_x", "delta": "x"}
WRITTEN: dict[str, Json] = {
    "function_call_arguments": said.call(""),
    "custom_tool_call_input": said.call("", type="custom_tool_call"),
}


@pytest.mark.parametrize("what", WRITTEN)
async def test_arguments_streamed_by_a_model_count_as_progress(home: Path, what: str) -> None:
    config = {"stream_idle_timeout_ms": 500, "response_timeout_ms": 1_500, "slow_after_ms": 500}
    async with staged(home, config=config) as stage:
        begun = HEAD + encoded(said.added(WRITTEN[what]))
        piece = encoded({**PIECE, "type": f"response.{what}.delta"})
        stage.endpoint.misbehaviour.append(Raw(begun, again=piece, every_ms=5))
        turn = await stage.turn()
        assert "did not end within 1500 ms (response_timeout_ms)" in turn["error"]["message"]
        assert stage.told("warning") == []


async def test_an_endless_answer_is_ended_by_the_limit_of_an_answer(
    home: Path,
) -> None:
    async with staged(home, config={"response_timeout_ms": 150}) as stage:
        endless = Raw(HEAD + encoded(BEGUN[0]), again=encoded(said.delta("word ")), every_ms=1)
        stage.endpoint.misbehaviour.append(endless)
        turn = await stage.turn()
        assert turn["status"] == "failed"
        assert "did not end within 150 ms (response_timeout_ms)" in turn["error"]["message"]
        [item] = await stage.items()
        assert item["text"].startswith("word word")
        assert item["incomplete"] is True


async def test_an_endless_turn_is_ended_by_its_time_limit(home: Path) -> None:
    async with staged(home, config={"turn_timeout_ms": 150}) as stage:
        stage.endpoint.answer_to = lambda _: Raw(event_stream(said.done(said.call()), said.DONE))
        turn = await stage.turn()
        assert turn["status"] == "failed"
        assert "did not end within 150 ms (turn_timeout_ms)" in turn["error"]["message"]
        stage.check_requests()
    rows = rows_of(home)
    of_the_thread = [row for row in rows.values() if row.stream.startswith("thread-")]
    [passed] = [row for row in of_the_thread if row.type == "turn.deadline_passed.v1"]
    [started] = [row for row in of_the_thread if row.type == "turn.started.v1"]
    due_ms = int(passed.cause.removeprefix("timer:deadline@"))
    assert started.at_ms <= due_ms <= passed.at_ms
    [ended] = [row for row in of_the_thread if row.type == "turn.completed.v1"]
    assert causes_of(ended, rows) == ["turn.error_recorded.v1", "turn.deadline_passed.v1"]


async def test_a_slow_model_is_reported_by_a_warning(home: Path) -> None:
    limits = {"slow_after_ms": 30, "stream_idle_timeout_ms": 0}
    async with staged(home, config=limits) as stage:
        stage.will_say(*BEGUN, hang=True)
        turn_id = await stage.begin()
        warning = await stage.client.notice("warning")
        assert warning["params"]["message"] == "the model has made no progress for 0.03 s"
        assert (await stage.interrupted(turn_id))["status"] == "interrupted"


async def test_heads_without_end_fail_the_turn(stage: Stage) -> None:
    heads = Raw(b"", again=b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
    stage.endpoint.misbehaviour.append(heads)
    turn = await stage.turn()
    assert turn["status"] == "failed"
    assert "did not answer in HTTP/1.1" in turn["error"]["message"]
    await stage.good_turn()


MANY = b"[]," * 2_400_000
HEAVY: dict[str, Raw] = {
    "lists": Raw(
        event_stream(
            b'data: {"type":"response.output_item.done","item":{"type":"x","x":['
            + MANY
            + b"0]}}\n\n",
            said.done(said.message()),
            said.DONE,
        )
    ),
    "heads": Raw(b"", again=b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "a text": Raw(event_stream(said.done(said.message(said.text("word " * 1_400_000))), said.DONE)),
    "tiny deltas": Raw(
        event_stream(*[said.delta("x")] * 2_000, said.done(said.message()), said.DONE)
    ),
    "comments": Raw(event_stream(b": hi\n\n" * 500_000, said.done(said.message()), said.DONE)),
}


@pytest.mark.slices
@pytest.mark.parametrize("heavy", HEAVY)
async def test_other_clients_are_answered_while_a_heavy_answer_is_read(
    stage: Stage, heavy: str
) -> None:
    other = await stage.host.client()
    await start(other)
    stage.endpoint.misbehaviour.append(HEAVY[heavy])
    ending = asyncio.create_task(stage.end(await stage.begin()))
    while not ending.done():
        await other.ok("thread/loaded/list", {"limit": 1})
    assert (await ending)["status"] == ("failed" if heavy == "heads" else "completed")
    await stage.good_turn()


async def test_an_event_with_too_many_values_is_skipped_with_a_warning(stage: Stage) -> None:
    stage.endpoint.misbehaviour.append(HEAVY["lists"])
    turn = await stage.turn()
    assert (turn["status"], await stage.texts()) == ("completed", ["hello"])
    [warning] = stage.told("warning")
    assert "values in one event" in warning["message"]


async def test_a_hanging_turn_does_not_delay_other_threads(home: Path) -> None:
    async with staged(home) as stage:
        for _ in range(3):
            stage.endpoint.misbehaviour.append(Raw(HEAD, again=b": keep-alive\n\n", every_ms=1))
        hanging = [await start(stage.client) for _ in range(3)]
        turns: list[Any] = [await begin(stage.client, thread_id) for thread_id in hanging]
        await stage.endpoint.requests_are(3)
        await stage.good_turn()
        for thread_id, turn_id in zip(hanging, turns, strict=True):
            params = {"threadId": thread_id, "turnId": turn_id}
            await stage.client.ok("turn/interrupt", params)
            assert (await end(stage.client, turn_id))["status"] == "interrupted"
