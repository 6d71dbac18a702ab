"""The host as a program: killed, started again, and asked to end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.talk import begin, script, start, talk
from tests.support.links import LinkClosed
from tests.support.server import Program

pytestmark = pytest.mark.slices


@pytest.fixture
async def program(home: Path) -> AsyncIterator[Program]:
    """A program that is not started yet; to a kill all transports are the same."""
    program = Program(home, "websocket")
    yield program
    await program.kill()


async def test_a_killed_host_ends_the_turn_as_interrupted_at_its_next_start(
    program: Program,
) -> None:
    client = await program.start()
    thread_id = await start(client)
    done = await talk(client, thread_id)
    turn_id = await begin(client, thread_id, script({"text": "so far", "hang": True}))
    await client.notice("item/agentMessage/delta", turnId=turn_id)
    seen = client.notices[-1]["position"]
    await program.kill()
    with pytest.raises(LinkClosed):
        await client.until(lambda _: False)
    client = await program.start()
    params = {"threadId": thread_id, "includeTurns": True}
    thread = (await client.ok("thread/read", params))["thread"]
    assert thread["status"] == {"type": "notLoaded"}
    turns = [(turn["id"], turn["status"]) for turn in thread["turns"]]
    assert turns == [(done["id"], "completed"), (turn_id, "interrupted")]
    await client.ok("host/events/subscribe", {"afterPosition": seen})
    ended = await client.notice("turn/completed", threadId=thread_id)
    assert (ended["params"]["turn"]["id"], ended["params"]["turn"]["status"]) == turns[1]
    assert (await talk(client, thread_id))["status"] == "completed"
    assert await program.stop() == 0
    await client.close()
