"""Streams that are a little off: what was said is understood all the same."""

import json

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage
from tests.support.responses_endpoint import Json, answer, encoded, event_stream

HELLO: list[Json] = [
    said.added(said.message(said.text(""))),
    said.delta("hello"),
    said.done(said.message()),
    said.DONE,
]
STREAM = b"".join(map(encoded, HELLO))


def framed(stream: bytes) -> bytes:
    """The same stream with another sign at the end of its lines."""
    return stream.replace(b"\n", b"\r\n")


def without(key: str, event: Json) -> Json:
    """The event without a member."""
    return {name: value for name, value in event.items() if name != key}


ODD: dict[str, bytes] = {
    "an event with empty data": b"data: \n\n" + STREAM + b"data:\n\n",
    "an empty event": b"event: ping\n\n" + STREAM,
    "a word": b"data: ping\n\n" + STREAM,
    "an empty object": b"data: {}\n\n" + STREAM,
    "null": b"data: null\n\n" + STREAM,
    "a list": b"data: [1, 2]\n\n" + STREAM,
    "broken JSON": b'data: {"type": "response.output\n\n' + STREAM,
    "a byte order mark": b"\xef\xbb\xbf" + STREAM,
    "comments": b": hi\n\n" + STREAM.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
    "lines that end otherwise": framed(STREAM),
    "ids and retries": STREAM.replace(b"event:", b"id: 7\nretry: 10\nevent:"),
    "types in the event lines alone": b"".join(said.bare(event, type_=False) for event in HELLO),
    "types in the data alone": b"".join(said.bare(event, name=False) for event in HELLO),
    "another name": STREAM.replace(b"event: response.", b"event: chunk.response."),
    "data in several lines": STREAM.replace(b'", "', b'",\ndata: "'),
    "no blank line at the end": STREAM.removesuffix(b"\n"),
    "no line end at the end": STREAM.removesuffix(b"\n\n"),
    "a last word without an id": b"".join(map(encoded, HELLO[:-1]))
    + b'data: {"type": "response.completed", "response": {}}\n\n',
    "a last word without a response": b"".join(map(encoded, HELLO[:-1]))
    + b'data: {"type": "response.completed"}\n\n',
    "a delta without its item": b"".join(
        encoded(without("item_id", without("output_index", event))) for event in HELLO
    ),
    "types that nobody knows": encoded({"type": "response.new_kind", "x": [1]}) + STREAM,
    "a sign of the end": STREAM + b"data: [DONE]\n\n",
    "more after the end": STREAM + encoded(said.done(said.message(said.text("more")), 1)),
}


@pytest.mark.few(8)
@pytest.mark.parametrize("oddity", ODD)
async def test_a_turn_completes_with_the_text_of_a_slightly_odd_stream(
    stage: Stage, oddity: str
) -> None:
    turn = await stage.turn(ODD[oddity])
    assert (turn["status"], turn["error"]) == ("completed", None)
    assert await stage.texts() == ["hello"]
    [item] = stage.told_items(turn["id"])
    assert [i["id"] for i in stage.told_items(turn["id"], "item/started")] == [item["id"]]
    await stage.good_turn()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/octet-stream", "TEXT/Event-Stream; charset=UTF-8"]
)
async def test_a_stream_is_read_whatever_its_content_type(stage: Stage, content_type: str) -> None:
    stage.will_answer(answer(200, STREAM, content_type))
    assert (await stage.turn())["status"] == "completed"
    assert await stage.texts() == ["hello"]


async def test_a_stream_without_a_content_type_is_read(stage: Stage) -> None:
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    stage.will_answer(head + STREAM)
    assert (await stage.turn())["status"] == "completed"
    assert await stage.texts() == ["hello"]


@pytest.mark.slices
async def test_an_answer_in_one_piece_is_read(stage: Stage) -> None:
    response = {"id": "r", "status": "completed", "output": [said.message()]}
    stage.will_answer(answer(200, json.dumps(response).encode()))
    assert (await stage.turn())["status"] == "completed"
    assert await stage.texts() == ["hello"]


SMILE = "hi \N{GRINNING FACE}"
HALVES: list[list[str]] = [
    ['"hi \\ud83d"', '"\\ude00"'],
    ['"hi "', '"\\ud83d"', '"\\ude00"'],
    ['"hi \\ud83d\\ude00"'],
]


@pytest.mark.few(1)
@pytest.mark.parametrize("pieces", HALVES)
async def test_a_letter_that_was_cut_in_two_is_whole_in_the_item(
    stage: Stage, pieces: list[str]
) -> None:
    place = '"item_id":"msg_x","output_index":0'
    deltas = [
        f'data: {{"type":"response.output_text.delta",{place},"delta":{piece}}}\n\n'.encode()
        for piece in pieces
    ]
    whole = said.done(said.message(said.text(SMILE)))
    turn = await stage.turn(HELLO[0], *deltas, whole, said.DONE)
    assert turn["status"] == "completed"
    assert await stage.texts() == [SMILE]
    told = "".join(p["delta"] for p in stage.told("item/agentMessage/delta"))
    assert told in (SMILE, "hi ")
    await stage.check_all()


@pytest.mark.slices
async def test_an_unpaired_surrogate_or_invalid_byte_is_removed_or_replaced(stage: Stage) -> None:
    raw = event_stream(*HELLO).replace(b"hello", b"hel\\ud83dlo")
    stage.will_answer(raw)
    assert (await stage.turn())["status"] == "completed"
    assert await stage.texts() == ["hello"]
    stage.will_answer(event_stream(*HELLO).replace(b"hello", b"hel\xfflo"))
    assert (await stage.turn())["status"] == "completed"
    assert (await stage.texts())[1] == "hel\N{REPLACEMENT CHARACTER}lo"
    await stage.check_all()


@pytest.mark.slices
async def test_unreadable_events_of_a_stream_are_counted_in_a_warning(stage: Stage) -> None:
    turn = await stage.turn(b'data: ping\n\ndata: {nope\n\ndata: {"x": 1}\n\n', *HELLO)
    assert turn["status"] == "completed"
    [warning] = stage.told("warning")
    assert warning["message"] == (
        "parts of the model's answer could not be used: an event without a type (1), no JSON (2)"
    )
