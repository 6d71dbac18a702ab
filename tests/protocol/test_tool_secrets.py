"""What tools and users say is theirs: it is in no log of the host, and gone with the thread."""

import logging
from typing import Any

import pytest

from tests.protocol.talk import begin, end, script
from tests.protocol.tool_talk import CALL, QUESTIONS, RESOLVED, USER_INPUT, offering, tool_answer
from tests.support.client import Message
from tests.support.server import Host

LOGGERS = ("threadhost", "threadhost.session", "threadhost.actors", "threadhost.models")
SECRET = "canary-5b1f"


def is_request(message: Message) -> bool:
    return "id" in message and message.get("method") in (CALL, USER_INPUT)


async def test_texts_of_tools_and_users_are_in_no_program_log_and_are_deleted_with_the_thread(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, name)
    client = await host.client()
    thread_id = await offering(client)
    look: dict[str, Any] = {"calls": [{"name": "look", "args": {"q": SECRET}, "id": SECRET}]}
    steps = script(look, look, look, QUESTIONS, QUESTIONS, {"text": "done"})
    turn_id = await begin(client, thread_id, steps)
    seen = 0
    answers: list[Any] = [
        tool_answer(SECRET),
        {"contentItems": SECRET},
        None,
        {"answers": SECRET},
        None,
    ]
    for answer in answers:
        request = await client.until(is_request, seen)
        seen = client.received.index(request) + 1
        if answer is None:
            await client.refuse(request, -32000, SECRET)
        else:
            await client.reply(request, answer)
        await client.notice(RESOLVED, requestId=request["id"])
        await client.reply(request, tool_answer(SECRET))
    await client.send({"id": SECRET, "result": SECRET})
    await client.send({"method": SECRET})
    await end(client, turn_id)
    assert "which is not open" in caplog.text
    assert SECRET not in caplog.text
    await client.ok("thread/delete", {"threadId": thread_id})
    await host.stop()
    files = [path for path in host.home.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
