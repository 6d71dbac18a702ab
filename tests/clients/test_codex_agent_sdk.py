"""The strict SDK `codex-python-sdk-unofficial`, made for version 0.128, drives a real server."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.served import script
from tests.support.program import environment

sdk = pytest.importorskip("codex_agent_sdk", reason="`make test-clients` installs the SDK")

pytestmark = pytest.mark.clients

PROGRAM = Path(sys.executable).parent / "threadhost"
# Without a tier it sends null, is told `default` as by the reference, and knows no such tier.
TIER = {"service_tier": "flex"}


def config(home: Path) -> Any:
    env = environment(THREADHOST_HOME=str(home))
    return sdk.AppServerConfig(codex_bin=str(PROGRAM), env=env)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    """The low half of the SDK, which has a function for each method."""
    async with sdk.AppServerClient(config(tmp_path / "home")) as client:
        await client.initialize()
        yield client


async def test_one_question_is_asked_in_a_thread_that_is_not_kept(tmp_path: Path) -> None:
    asked = sdk.query(
        prompt="tell of owls",
        options=sdk.CodexOptions(**TIER),
        app_server=config(tmp_path / "home"),
    )
    heard = [event async for event in asked]
    [end] = [event for event in heard if isinstance(event, sdk.TurnCompletedEvent)]
    assert end.turn_status == "completed"
    assert "".join(e.text_delta for e in heard if isinstance(e, sdk.AgentTextDeltaEvent)) == (
        "tell of owls"
    )


async def test_a_conversation_is_resumed_after_a_restart_and_forked(tmp_path: Path) -> None:
    async with sdk.CodexSDKClient(sdk.CodexOptions(**TIER), config(tmp_path / "home")) as client:
        thread = await client.start_thread()
        result = await (await client.query("tell of owls")).wait()
        assert result.assistant_text == "tell of owls"
    async with sdk.CodexSDKClient(sdk.CodexOptions(**TIER), config(tmp_path / "home")) as client:
        assert await client.resume_thread(thread) == thread
        assert (await (await client.query("and of wrens")).wait()).assistant_text == "and of wrens"
        assert await client.fork_thread() != thread
        assert (await (await client.query("and of jays")).wait()).assistant_text == "and of jays"


async def test_a_hanging_turn_is_steered_and_interrupted(tmp_path: Path) -> None:
    async with sdk.CodexSDKClient(sdk.CodexOptions(**TIER), config(tmp_path / "home")) as client:
        await client.start_thread()
        turn = await client.query(script({"text": "so far", "hang": True}))
        assert await turn.steer("and of wrens") == turn.turn_id
        await turn.interrupt()
        assert (await turn.wait()).status == "interrupted"


async def test_threads_are_listed_read_named_and_archived(client: Any) -> None:
    thread = (await client.thread_start(**TIER)).thread.id
    turn = await client.turn_start(thread_id=thread, input="tell of owls")
    end = await client.wait_for_turn_completed(thread_id=thread, turn_id=turn.turn.id)
    assert end.status == "completed"
    await client.thread_set_name(thread_id=thread, name="birds")
    assert [t.name for t in (await client.thread_list()).data] == ["birds"]
    read = await client.thread_read(thread_id=thread, include_turns=True)
    assert len(read.thread.turns) == 1
    await client.thread_archive(thread_id=thread)
    assert (await client.thread_list()).data == []
    assert (await client.thread_unarchive(thread_id=thread)).thread.id == thread


def test_the_synchronous_half_does_the_same(tmp_path: Path) -> None:
    with sdk.SyncCodexSDKClient(sdk.CodexOptions(**TIER), config(tmp_path / "home")) as client:
        client.start_thread(options=sdk.CodexOptions(effort="low", developer_instructions="hush"))
        assert client.query("tell of owls").wait().assistant_text == "tell of owls"
