"""Answers of clients to what they were asked: malformed, strange, stray, and too many to wait."""

from typing import Any

import pytest

from tests.protocol.talk import begin, end, script
from tests.protocol.tool_talk import (
    CALL,
    DONE,
    LOOK,
    items,
    named,
    offering,
    open_requests,
    tool_answer,
    tool_item,
)
from tests.support.server import Host, limits

MALFORMED_ANSWERS: dict[str, tuple[bytes, str]] = {
    "the id alone": (b'{"id":%d}', "missing field `method`"),
    "an error that is a text": (b'{"id":%d,"error":"boom"}', "`error` of an answer must be an"),
    "an error that is null": (b'{"error":null,"id":%d}', "`error` of an answer must be an object"),
    "result and error": (b'{"id":%d,"result":1,"error":{"code":1}}', "not both"),
    "result twice": (b'{"id":%d,"result":1,"result":2}', "duplicate field `result`"),
    "an id that is a fraction": (b'{"id":%d.0,"result":1}', "`id` must be a string or an integer"),
    "an id that is a text": (b'{"id":"%d","result":{"contentItems":[],"success":true}}', "integer"),
    "an error under a text": (b'{"id":"%d","error":{"code":-1,"message":"no"}}', "not a string"),
    "a text that is malformed": (b'{"id":"%d","error":"boom"}', "`error` of an answer must be an"),
    "the text alone": (b'{"id":"%d"}', "missing field `method`"),
    "a text of a fraction": (b'{"id":"%d.0","result":1}', "not a string"),
    "a byte order mark": (b'\xef\xbb\xbf{"id":%d,"result":1}', "Parse error"),
    "half a letter": (b'{"id":%d,"result":{"contentItems":["\\ud83d"]}}', "lone surrogate"),
    "half an answer": (b'{"id":%d,"result":{"contentItems":[', "not valid JSON"),
    "too deep": (b'{"id":%d,"result":' + b"[" * 140 + b"]" * 140 + b"}", "nested deeper than"),
    "far too deep": (b'{"id":%d,"result":' + b"[" * 5000, "nested deeper than"),
    "a number too long": (b'{"id":%d,"result":' + b"9" * 5000 + b"}", "a number has more than"),
    "a number without end": (b'{"id":%d,"result":[1e999]}', "a number is out of range"),
    "too many lists": (b'{"id":%d,"result":[' + b"[]," * 500_000 + b"1]}", "objects and arrays"),
    "too large": (b'{"id":%d,"result":"' + b"x" * 2**24 + b'"}', "message is larger than"),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("malformed", MALFORMED_ANSWERS)
async def test_a_malformed_answer_fails_its_call_at_once_with_the_reason_for_the_model(
    malformed: str, each_host: Host
) -> None:
    client = await each_host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, {"text": "seen {output}"}))
    request = await client.request(CALL)
    answer, fault = MALFORMED_ANSWERS[malformed]
    await client.send_raw(answer.replace(b"%d", b"%d" % request["id"]))
    turn = await end(client, turn_id)
    assert turn["status"] == "completed"
    assert fault in turn["items"][-1]["text"]
    assert (await tool_item(client, thread_id))["success"] is False
    told = await client.until(lambda m: "error" in m and m["id"] is None)
    assert fault in told["error"]["message"]


@pytest.mark.slices
async def test_a_message_with_method_and_result_is_a_request_and_answers_no_call(
    host: Host,
) -> None:
    host.settings["tool_timeout_ms"] = 300
    await host.restart()
    client = await host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, {"text": "seen {output}"}))
    request = await client.request(CALL)
    both = {"id": request["id"], "method": "host/none", "result": tool_answer("x")}
    await client.send(both)
    assert "host/none" in (await client.answer(request["id"]))["error"]["message"]
    assert "not answered within 0.3 s" in (await end(client, turn_id))["items"][-1]["text"]


async def test_only_the_answer_of_the_asked_client_is_accepted_for_a_call(host: Host) -> None:
    client, stranger = await named(host, "asked"), await named(host, "stranger")
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, {"text": "seen {output}"}))
    request = await client.request(CALL)
    for number in range(60):
        await stranger.send({"id": number, "result": tool_answer("STOLEN")})
        await stranger.send_raw(b'{"id":%d,"error":"boom"}' % number)
    await stranger.level()
    await client.reply(request, tool_answer("mine"))
    assert "mine" in (await end(client, turn_id))["items"][-1]["text"]


async def test_answers_to_unknown_requests_are_ignored(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    turn_id = await begin(client, thread_id, script(LOOK, DONE))
    request = await client.request(CALL)
    for id_ in (999, "999", f"x{request['id']}", -1):
        await client.send({"id": id_, "result": tool_answer("stray")})
        await client.send({"id": id_, "result": tool_answer("x"), "error": {"code": 1}})
    await client.until(lambda m: "error" in m and m["id"] is None)
    for id_ in (999, -1):
        await client.send({"id": id_})
        assert "missing field `method`" in (await client.answer(id_))["error"]["message"]
    await client.level()
    assert open_requests(host) == 1
    await client.reply(request, tool_answer("the one"))
    await end(client, turn_id)
    assert (await tool_item(client, thread_id))["contentItems"][0]["text"] == "the one"


@pytest.mark.parametrize(
    ("bounds", "chars", "words"),
    [
        ({"server_requests_max": 2}, 1, "has 2 requests to answer already"),
        ({"outbox_bytes_max": 100_000}, 40_000, "bytes of requests to answer already"),
    ],
    ids=["number", "bytes"],
)
async def test_open_requests_to_a_client_are_limited_and_those_over_the_limit_fail(
    host: Host, bounds: dict[str, int], chars: int, words: str
) -> None:
    host.settings["limits"] = limits(**bounds)
    await host.restart()
    client = await host.client()
    thread_id = await offering(client)
    calls: dict[str, Any] = {
        "calls": [{"name": "look", "args": {"q": "x" * chars}, "id": f"c{n}"} for n in range(3)]
    }
    turn_id = await begin(client, thread_id, script(calls, DONE, DONE, DONE))
    one = await client.request(CALL)
    two = await client.request(CALL, client.received.index(one) + 1)
    for request in (two, one):
        await client.reply(request, tool_answer("here"))
    await end(client, turn_id)
    stored = [i for i in await items(client, thread_id) if i["type"] == "dynamicToolCall"]
    assert sorted(item["success"] for item in stored) == [False, True, True]
    assert words in str(stored)
    assert open_requests(host) == 0
