"""Several programs on one home: one host for all, whatever becomes of it."""

import asyncio
from pathlib import Path

import pytest

from tests.support.joined import Joined, shared_home

pytestmark = pytest.mark.slices


async def test_programs_on_one_home_share_its_host(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        one, other = await home.client(), await home.client()
        thread_id = await one.thread()
        await one.turn(thread_id, "to be read by the other")
        listed = await other.client.ok("thread/list")
        assert [thread["id"] for thread in listed["data"]] == [thread_id]
        owner = home.owner
        assert owner not in {one.process.pid, other.process.pid}
        assert await one.leave() == 0
        await other.turn(await other.thread())
        assert home.owner == owner
        assert await other.leave() == 0
        assert not home.is_owned


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.timeout(120))])
async def test_a_host_that_is_killed_is_replaced_and_nothing_is_lost(
    tmp_path: Path, count: int
) -> None:
    async with shared_home(tmp_path) as home:
        programs = [await home.client() for _ in range(count)]
        threads = [await program.thread() for program in programs]
        await _a_turn_each(programs, threads, "one")
        killed = home.owner
        busy = asyncio.gather(*(p.turn(t, "two") for p, t in zip(programs, threads, strict=True)))
        home.kill_owner()
        await busy
        await _a_turn_each(programs, threads, "three")
        assert home.owner != killed
        for program, thread_id in zip(programs, threads, strict=True):
            await _told_once(program, thread_id)


async def _a_turn_each(programs: list[Joined], threads: list[str], text: str) -> None:
    turns = (p.turn(t, text) for p, t in zip(programs, threads, strict=True))
    for end in await asyncio.gather(*turns):
        assert end["params"]["turn"]["status"] == "completed"


async def _told_once(program: Joined, thread_id: str) -> None:
    """The end of each turn of the thread, and of no other, once and in order."""
    asked = {"threadId": thread_id, "includeTurns": True}
    stored = (await program.client.ok("thread/read", asked))["thread"]["turns"]
    ends = [m["params"] for m in program.client.notices if m["method"] == "turn/completed"]
    assert [end["turn"]["id"] for end in ends] == [turn["id"] for turn in stored]
    assert {end["threadId"] for end in ends} == {thread_id}
    assert len(stored) == 3
