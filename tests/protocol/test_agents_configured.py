"""How far models may go with agents, as the configuration file says."""

import asyncio
from pathlib import Path

import pytest
from pydantic_core import from_json

from tests.protocol.agent_talk import agent, answers, history, items
from tests.protocol.talk import HANG, script, start, talk
from tests.support.agent_scripts import call, calls, spawn
from tests.support.client import Client
from tests.support.server import Host
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.tree import EdgeClosed

WAIT = calls(call("wait_agent", targets=["$A1"]))
SAYS = {"text": "{output}"}
ROLES = """
[agents.scout]
description = "Looks around."
nickname_candidates = ["Kit"]
config_file = "scout.toml"
"""


async def configured(home: Path, text: str) -> tuple[Host, Client]:
    """A host on a home with this configuration, and a client of it."""
    await asyncio.to_thread((home / "config.toml").write_text, text)
    host = Host(home)
    await host.start()
    return host, await host.client()


@pytest.mark.slices
async def test_agents_may_start_agents_of_their_own_where_the_depth_allows_it(home: Path) -> None:
    host, client = await configured(home, "[agents]\nmax_depth = 2\n")
    root = await start(client)
    below = spawn({"text": "at the bottom"})
    await talk(client, root, script(calls(spawn(calls(below), WAIT, SAYS)), WAIT, SAYS))
    ended = from_json(answers(client, root)[-1])["status"]
    [said] = ended.values()
    [bottom] = from_json(said["completed"])["status"].values()
    assert bottom == {"completed": "at the bottom"}
    read = await client.ok("thread/list", {"sourceKinds": ["subAgentThreadSpawn"]})
    assert {one["sessionId"] for one in read["data"]} == {root}
    await host.stop()


@pytest.mark.slices
async def test_an_agent_cannot_close_its_ancestors_and_closing_one_closes_those_below_deepest_first(
    home: Path,
) -> None:
    host, client = await configured(home, "[agents]\nmax_depth = 2\n")
    root = await start(client)
    upwards = calls(call("close_agent", target=root))
    child = spawn(upwards, calls(spawn({"text": "at the bottom"})), WAIT, SAYS)
    await talk(client, root, script(calls(child), WAIT, SAYS))
    closes = next(i for i in items(client) if i["tool"] == "closeAgent")
    assert closes["agentsStates"] == {root: {"status": "running", "message": None}}
    assert "an agent that it works for; end your turn instead" in await history(
        host, closes["senderThreadId"]
    )
    await talk(client, root, script(calls(call("close_agent", target="$A1")), SAYS))
    log = host.running.logs.durable
    closed = (await log.read_stream(tree_stream(root), types=[EdgeClosed]))[-1]
    streams = [thread_stream(await agent(client, number)) for number in (0, 1)]
    middle, bottom = [(await log.read_stream(stream))[-1] for stream in streams]
    assert bottom.position < middle.position
    causes = {bottom.meta.causation_id, middle.meta.causation_id}
    assert causes == {by_event(closed.stream, closed.version)}
    await host.stop()


@pytest.mark.slices
async def test_no_agent_tools_are_offered_where_the_depth_limit_is_zero(home: Path) -> None:
    host, client = await configured(home, "[agents]\nmax_depth = 0\n")
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "no"})), SAYS))
    assert answers(client, root) == ["unsupported call: multi_agent_v1spawn_agent"]
    await host.stop()


@pytest.mark.slices
async def test_a_role_gives_an_agent_its_name_and_its_settings(home: Path) -> None:
    text = 'model = "keen"\nmodel_reasoning_effort = "high"\n'
    await asyncio.to_thread((home / "scout.toml").write_text, text)
    host, client = await configured(home, ROLES)
    root = await start(client)
    steps = (calls(spawn({"text": "seen"}, agent_type="scout")), WAIT, SAYS)
    await talk(client, root, script(*steps))
    read = await client.ok("thread/read", {"threadId": await agent(client)})
    found = read["thread"]
    assert (found["agentNickname"], found["agentRole"], found["model"]) == ("Kit", "scout", "keen")
    assert items(client)[0]["reasoningEffort"] == "high"
    await host.stop()


async def test_agents_beyond_the_limit_of_working_threads_are_refused_with_advice(
    home: Path,
) -> None:
    most = "max_working_threads_per_session = 2\nmax_concurrent_threads_per_session = 50\n"
    host, client = await configured(home, f"[agents]\n{most}")
    root = await start(client)
    await talk(client, root, script(*([calls(spawn(HANG))] * 3), SAYS))
    [said] = answers(client, root)
    assert said == (
        "collab spawn failed: agent thread limit reached "
        "(2 agents are at work in this session, which is the limit; wait for one)"
    )
    loaded = (await client.ok("thread/loaded/list", {}))["data"]
    assert len(loaded) == 3
    await host.stop()
