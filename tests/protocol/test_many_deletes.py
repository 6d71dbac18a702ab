"""Many deletions of one tree in the same moment: each is done, or refused in words."""

import asyncio

import pytest

from tests.protocol.talk import deleted, start
from tests.support.client import Client

pytestmark = pytest.mark.slices

CHILDREN = 300
FULL = {
    "code": -32001,
    "message": "Server overloaded; retry later. (the tree has too many requests waiting)",
    "data": {"reason": "overloaded"},
}


async def test_concurrent_deletions_within_one_tree_are_done_or_refused_as_overloaded(
    client: Client,
) -> None:
    root = await start(client)
    children = [
        (await client.ok("thread/start", {"parentThreadId": root}))["thread"]["id"]
        for _ in range(CHILDREN)
    ]
    asked = [client.ask("thread/delete", {"threadId": child}) for child in children]
    answers = await asyncio.gather(*asked)
    refused = [answer["error"] for answer in answers if "error" in answer]
    assert [error for error in refused if error != FULL] == []
    await client.level()
    done = [child for child, answer in zip(children, answers, strict=True) if "result" in answer]
    assert sorted(deleted(client)) == sorted(done)
    left = (await client.ok("host/thread/previewDelete", {"threadId": root}))["counts"]["threads"]
    assert left == 1 + len(children) - len(done)


async def test_a_request_with_half_a_letter_is_answered_under_its_id(client: Client) -> None:
    text = b'{"type":"text","text":"cut \\ud83d"}'
    params = b'{"threadId":"t","input":[%b]}' % text
    await client.send_raw(b'{"id":701,"method":"turn/start","params":%b}' % params)
    error = (await client.answer(701))["error"]
    assert error["code"] in (-32600, -32602, -32700)
    assert "surrogate" in error["message"] or "letter" in error["message"]
