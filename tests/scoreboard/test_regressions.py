"""What the rows of the scoreboard found, each in the smallest form."""

import asyncio
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.scoreboard.clocks import Wall, WallIds, living_by
from tests.scoreboard.host import crashed_copy, hosting, open_host, talk
from tests.scoreboard.truth import stored
from tests.support.steps import step
from threadhost.actors.origin import policy
from threadhost.actors.runtime.deletion import Deletion
from threadhost.events.failpoints import arm, disarm
from threadhost.events.ids import thread_stream

HANGING = '@echo {"steps":[{"hang":true}]}'
TEST = policy("test", "test", "test")


async def test_a_thread_in_memory_refuses_turns_while_it_is_deleted(tmp_path: Path) -> None:
    remove = step(Deletion, "_prepare")
    async with hosting(tmp_path / "home") as app:
        client = await talk(app)
        root = await client.start()
        fleeting = await client.start(root, ephemeral=True)

        async def meanwhile(self: Deletion) -> Any:
            said.append(await client.refusal("turn/start", threadId=fleeting, input=[]))
            return await remove(self)

        said: list[str] = []
        with patch.object(Deletion, "_prepare", meanwhile):
            await client.ask("thread/delete", threadId=root)
        assert said == [f"thread is being deleted: {fleeting}"]
        assert app.host.live.ids() == ()


async def test_an_unloaded_thread_in_memory_is_not_in_the_plan_of_its_tree(tmp_path: Path) -> None:
    async with hosting(tmp_path / "home") as app:
        client = await talk(app)
        root = await client.start()
        fleeting = [await client.start(root, ephemeral=True) for _ in range(2)]
        await app.host.life.unload(fleeting[:1], "test", TEST)
        app.host.trees.actors.close()  # as when they have not been used for long
        plan = await client.ask("host/thread/previewDelete", threadId=root)
        assert plan["deleteOrder"] == [fleeting[1], root]


async def test_an_unloaded_thread_in_memory_leaves_no_rows(tmp_path: Path) -> None:
    async with hosting(tmp_path / "home") as app:
        client = await talk(app)
        thread_id = await client.start(ephemeral=True)
        await client.ended(await client.turn(thread_id, "hello"))
        await app.host.life.unload([thread_id], "test", TEST)
        assert stored(app.logs.ephemeral) == []


async def test_no_turn_has_a_negative_duration_when_the_clock_is_set_back(tmp_path: Path) -> None:
    wall = Wall()
    with living_by(wall, WallIds(wall)):
        async with hosting(tmp_path / "home") as app:
            client = await talk(app)
            thread_id = await client.start()
            turn_id = await client.turn(thread_id, HANGING)
            wall.jump("-1 day")
            await client.ask("turn/interrupt", threadId=thread_id, turnId=turn_id)
            await client.ended(turn_id)
            ended = next(n for n in client.notices if n["method"] == "turn/completed")
            assert ended["params"]["turn"]["durationMs"] >= 0


async def test_a_deletion_that_the_next_start_ends_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reached = asyncio.Event()
    arm("deletion.planned", reached.set)
    app = await open_host(tmp_path / "home")
    try:
        client = await talk(app)
        thread_id = await client.start()
        await client.turn(thread_id, HANGING)
        client.send("thread/delete", threadId=thread_id)
        async with asyncio.timeout(10):
            await reached.wait()
        copy = crashed_copy(app, tmp_path / "copy")
    finally:
        disarm()
        await app.close()
    async with hosting(copy):
        pass
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == []


async def test_a_rename_of_a_thread_in_memory_during_its_deletion_writes_nothing_to_disk(
    tmp_path: Path,
) -> None:
    remove = step(Deletion, "_prepare")
    async with hosting(tmp_path / "home") as app:
        client = await talk(app)
        root = await client.start()
        fleeting = await client.start(root, ephemeral=True)

        async def meanwhile(self: Deletion) -> Any:
            said.append(await client.refusal("thread/name/set", threadId=fleeting, name="secret"))
            return await remove(self)

        said: list[str] = []
        with patch.object(Deletion, "_prepare", meanwhile):
            await client.ask("thread/delete", threadId=root)
        assert await app.logs.durable.stream_head(thread_stream(fleeting)) is None
        assert said == [f"thread is being deleted: {fleeting}"]
        asked = {"threadId": fleeting, "input": []}
        assert await client.refusal("turn/start", **asked) == f"thread not found: {fleeting}"
