"""How many agents are at work is known without a look at every live thread."""

from pathlib import Path

import pytest

from tests.protocol.agent_talk import agent
from tests.protocol.talk import HANG, script, start, talk
from tests.support.agent_scripts import calls, spawn
from tests.support.hosts import eventually
from tests.support.server import Host
from threadhost.actors.runtime.agent_outbox_relay import AgentsAtWork
from threadhost.actors.runtime.thread_actor import ThreadActor
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.agent import AGENT, Agent
from threadhost.events.fold import Thread

NONE = Thread(id="a", session_id="s")
IDLE = AGENT.put(NONE, Agent(is_agent=True))
DUE = AGENT.put(NONE, Agent(is_agent=True, due=(3,)))


@pytest.fixture
def at_work() -> AgentsAtWork:
    return AgentsAtWork()


def test_an_agent_with_a_waiting_message_counts_as_at_work_once(at_work: AgentsAtWork) -> None:
    for _ in range(2):
        at_work.note_state(DUE, is_live=True)
    assert (len(at_work), at_work.of("s"), at_work.of("other")) == (1, 1, 0)


@pytest.mark.parametrize(("thread", "is_live"), [(IDLE, True), (DUE, False)])
def test_an_agent_without_work_or_without_an_actor_is_not_at_work(
    at_work: AgentsAtWork, thread: Thread, *, is_live: bool
) -> None:
    at_work.note_state(DUE, is_live=True)
    for _ in range(2):
        at_work.note_state(thread, is_live=is_live)
    assert (len(at_work), at_work.of("s")) == (0, 0)


def test_a_thread_that_is_no_agent_does_not_count(at_work: AgentsAtWork) -> None:
    at_work.note_state(AGENT.put(NONE, Agent(due=(3,))), is_live=True)
    assert len(at_work) == 0


async def test_agents_count_as_at_work_until_their_turn_is_over(tmp_path: Path) -> None:
    async with Host(tmp_path) as host:
        client = await host.client()
        root, at_work = await start(client), host.running.host.mail.at_work
        await talk(client, root, script(calls(spawn({"text": "x"}), spawn(HANG)), {"text": "done"}))
        await eventually(lambda: (len(at_work), at_work.of(root)) == (1, 1))
        await client.ok("turn/interrupt", {"threadId": await agent(client, 1), "turnId": ""})
        await eventually(lambda: len(at_work) == 0)
        await client.ok("thread/delete", {"threadId": root})
        assert (len(at_work), at_work.of(root)) == (0, 0)


async def test_starting_an_agent_does_not_scan_all_live_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, looked = Host(tmp_path), list[str]()
    await host.start()
    client = await host.client()
    root = await start(client)

    def actors(live: LiveThreads) -> tuple[ThreadActor, ...]:
        looked.append("at all of them")
        return tuple(map(live.get, live.ids()))  # type: ignore[arg-type]

    monkeypatch.setattr(LiveThreads, "actors", actors)
    await talk(client, root, script(calls(spawn({"text": "x"})), {"text": "done"}))
    assert looked == []
    await host.stop()
