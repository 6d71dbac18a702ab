"""Commands on a home without a host start no waiting work."""

import asyncio
import json
from collections.abc import Sequence
from uuid import uuid4

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.protocol.talk import HANG, script
from threadhost.adapters.client.client import Client

RULES = '[retention.rules.all]\nof = "trees"\narchived = false\n'


@pytest.fixture
def waiting(grown: Grown) -> Grown:
    """A root with an active goal, and another thread with two queued turns."""

    async def wait() -> None:
        async with threadhost.open(grown.home) as host, host.connect() as client:
            for thread_id in (grown.root, grown.alone):
                await client.call("thread/resume", {"threadId": thread_id})
            goal = {"threadId": grown.root, "objective": script(HANG)}
            await client.call("thread/goal/set", goal)
            text = [{"type": "text", "text": script(HANG)}]
            await client.call("turn/start", {"threadId": grown.alone, "input": text})
            for _ in range(2):
                later = {"clientUserMessageId": str(uuid4()), "input": text}
                await client.call("thread/queue/add", {"threadId": grown.alone, **later})

    asyncio.run(wait())
    return grown


def waiting_work(grown: Grown) -> tuple[int, str, Sequence[int]]:
    """The queue's length, the goal's status, and the number of turns of both threads."""

    async def look(client: Client) -> tuple[int, str, Sequence[int]]:
        of_both = [{"threadId": grown.alone}, {"threadId": grown.root}]
        queue = (await client.call("thread/queue/list", of_both[0]))["data"]
        goal = (await client.call("thread/goal/get", of_both[1]))["goal"]
        turns = [(await client.call("thread/turns/list", of))["data"] for of in of_both]
        return len(queue), goal["status"], [len(some) for some in turns]

    async def looked() -> tuple[int, str, Sequence[int]]:
        async with (
            threadhost.open(grown.home, takes_up=False) as host,
            host.connect() as client,
        ):
            return await look(client)

    return asyncio.run(looked())


@pytest.mark.slices
def test_commands_on_a_home_at_rest_start_no_waiting_turns_or_goals(
    waiting: Grown, command: Command
) -> None:
    (waiting.home / "config.toml").write_text(RULES)
    before = waiting_work(waiting)
    assert before[:2] == (2, "active")
    assert command("threads", "rename", waiting.child, "other").code == 0
    assert command("threads", "hold", waiting.child, "--reason", "case").code == 0
    assert command("gc", "--dry-run").code == 0
    assert waiting_work(waiting) == before


@pytest.mark.slices
def test_threads_run_starts_nothing_else_that_waits_in_the_thread(
    waiting: Grown, command: Command
) -> None:
    in_line, goal, (of_alone, of_root) = waiting_work(waiting)
    for thread_id in (waiting.alone, waiting.root):
        done = command("threads", "run", thread_id, "hello", "--json")
        assert (done.code, done.document["text"]) == (0, "hello")
    assert waiting_work(waiting) == (in_line, goal, [of_alone + 1, of_root + 1])


@pytest.mark.slices
def test_gc_keeps_threads_with_waiting_turns_or_an_active_goal_on_a_home_at_rest(
    waiting: Grown, command: Command
) -> None:
    (waiting.home / "config.toml").write_text(RULES)
    stays = {one["threadId"]: one["stays"] for one in command("gc", "--json").document["data"]}
    assert stays == {waiting.root: "busy", waiting.alone: "busy"}


@pytest.mark.parametrize("verb", [("resume",), ("queue", "later")])
def test_a_command_that_resumes_work_of_a_thread_needs_a_host(
    grown: Grown, command: Command, verb: tuple[str, ...]
) -> None:
    done = command("threads", verb[0], grown.alone, *verb[1:], "--json")
    assert done.code == 1
    assert json.loads(done.out or done.err)["error"]["message"].startswith("no host runs on ")
