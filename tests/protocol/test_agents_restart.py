"""Agents over the end of a host: they are found without being loaded, and told of once."""

from pathlib import Path

import pytest
from pydantic_core import from_json

from tests.protocol.agent_talk import agent, answers, history, items, told_by
from tests.protocol.talk import HANG, begin, script, start, talk
from tests.support.agent_scripts import call, calls, spawn
from tests.support.server import Host, Program

WAIT = calls(call("wait_agent", targets=["$A1"]))
SAYS = {"text": "{output}"}
ENDED = "turn/completed"


async def test_after_a_restart_agents_are_known_without_being_loaded(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn({"text": "one"})), WAIT, SAYS))
    child = await agent(client)
    await host.restart()
    client = await host.client()
    await talk(client, root, script(WAIT, SAYS))
    assert from_json(answers(client, root)[0])["status"] == {child: {"completed": "one"}}
    assert (await client.ok("thread/loaded/list", {}))["data"] == [root]
    again = calls(call("send_input", target="$A1", message="again"))
    await talk(client, root, script(again, WAIT, SAYS))
    assert answers(client, child) == ["ok"]
    assert [item["tool"] for item in items(client)] == ["wait", "sendInput", "wait"]
    assert set((await client.ok("thread/loaded/list", {}))["data"]) == {root, child}


@pytest.mark.slices
async def test_an_agent_cut_off_by_the_end_of_a_host_is_reported_once(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    await talk(client, root, script(calls(spawn(HANG)), {"text": "spawned"}))
    child = await agent(client)
    await client.notice("turn/started", threadId=child)
    await host.restart()
    await told_by(host, child)
    told = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":\\"interrupted\\"}}'
    assert (await history(host, root)).count(told) == 1
    await host.restart()
    client = await host.client()
    await talk(client, root, "what is new?")
    assert (await history(host, root)).count(told) == 1


@pytest.mark.slices
async def test_an_agent_whose_host_was_killed_is_reported_and_its_wait_ends(home: Path) -> None:
    program = Program(home)
    client = await program.start()
    root = await start(client)
    await begin(client, root, script(calls(spawn(HANG)), WAIT, SAYS))
    child = await agent(client)
    await client.notice("turn/started", threadId=child)
    await program.kill()
    async with Host(home) as host:
        await told_by(host, child)
        client = await host.client()
        await talk(client, root, script(WAIT, SAYS))
        assert from_json(answers(client, root)[0])["status"] == {child: "interrupted"}
        told = f'{{\\"agent_path\\":\\"{child}\\",\\"status\\":\\"interrupted\\"}}'
        assert (await history(host, root)).count(told) == 1


async def test_a_client_that_resumes_a_root_after_a_restart_replays_its_unloaded_agents(
    home: Path,
) -> None:
    (home / "config.toml").write_text("[agents]\nmax_depth = 2\n")
    async with Host(home) as host:
        client = await host.client()
        root, other = await start(client), await start(client)
        await talk(client, other, script(calls(spawn({"text": "unheard"})), WAIT, SAYS))
        lead = spawn(calls(spawn({"text": "two"})), WAIT, {"text": "one"})
        await talk(client, root, script(calls(lead), WAIT, SAYS))
        turns = [m["params"]["threadId"] for m in client.notices if m["method"] == ENDED]
        unheard, _, two, one, _ = turns
        for agent_id in (unheard, two, one):
            await told_by(host, agent_id)
        await host.restart()
        client = await host.client()
        await client.ok("thread/resume", {"threadId": root})
        await client.ok("host/events/subscribe", {"afterPosition": 0, "followedOnly": True})
        await client.notice(ENDED, threadId=root)
        heard = [m["params"]["threadId"] for m in client.notices if m["method"] == ENDED]
        assert heard == [two, one, root]
        assert (await client.ok("thread/loaded/list", {}))["data"] == [root]


async def test_a_follower_of_a_root_gets_turns_of_an_agent_below_an_unloaded_one(
    home: Path,
) -> None:
    (home / "config.toml").write_text("[agents]\nmax_depth = 2\n")
    async with Host(home) as host:
        client = await host.client()
        root = await start(client)
        lead = spawn(calls(spawn({"text": "two"})), WAIT, {"text": "one"})
        await talk(client, root, script(calls(lead), WAIT, SAYS))
        two, one, _ = [m["params"]["threadId"] for m in client.notices if m["method"] == ENDED]
        for agent_id in (two, one):
            await told_by(host, agent_id)
        await host.restart()
        client = await host.client()
        again = calls(call("send_input", target=two, message="again"))
        await talk(client, root, script(again, calls(call("wait_agent", targets=[two])), SAYS))
        assert answers(client, two) == ["ok"]
        assert set((await client.ok("thread/loaded/list", {}))["data"]) == {root, two}
