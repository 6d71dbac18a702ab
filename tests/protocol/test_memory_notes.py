"""What is remembered of threads, as clients set it up, look at it, and have it forgotten."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from threadhost.events.memory import Consolidated, JobFailed, NoteTaken

ON = "[features]\nmemories = true\n[memories]\nmin_rollout_idle_hours = 0\n"
NOTHING: dict[str, object] = {"enabled": False, "text": None, "note": None, "states": {}}


async def configured(home: Path, text: str) -> Host:
    """A host on a home with this configuration."""
    await asyncio.to_thread((home / "config.toml").write_text, text)
    host = Host(home)
    await host.start()
    return host


@pytest.fixture
async def remembering(home: Path) -> AsyncIterator[Host]:
    """A host that makes notes as soon as a turn is over."""
    host = await configured(home, ON)
    yield host
    await host.stop()


async def until(host: Host, kind: str, thread_id: str = "") -> None:
    """Wait until this is in the log, of this thread or of any."""
    async with asyncio.timeout(10):
        async for fact in host.running.logs.durable.feed.follow(0):
            if fact.kind == kind and getattr(fact.event, "thread_id", "") == thread_id:
                return


async def read(client: Client, thread_id: str | None = None) -> dict[str, Any]:
    result: dict[str, Any] = await client.ok("host/memory/read", {"threadId": thread_id})
    return result


async def test_a_host_without_memories_configured_makes_none(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    assert await client.ok("memory/reset") == {}
    assert await client.ok("memory/status", {}) == {"v2ConsolidatedThreads": 0, "v2Ready": False}
    assert await read(client, thread_id) == NOTHING
    assert not await host.running.logs.remember()


@pytest.mark.slices
async def test_a_note_and_a_summary_are_made_read_and_erased_by_a_reset(remembering: Host) -> None:
    client = await remembering.client()
    thread_id = await start(client)
    await talk(client, thread_id, "I like owls")
    await until(remembering, NoteTaken.kind, thread_id)
    await until(remembering, Consolidated.kind)
    said = "The user said: I like owls"
    found = {"enabled": True, "text": said, "note": said, "states": {"noted": 1}}
    assert await read(client, thread_id.upper()) == found
    one = {"minConsolidatedThreads": 1}
    assert await client.ok("memory/status", one) == {"v2ConsolidatedThreads": 1, "v2Ready": True}
    assert (await client.ok("memory/status", {}))["v2Ready"] is False
    assert await client.ok("memory/reset") == {}
    assert await read(client, thread_id) == {**NOTHING, "enabled": True}


async def test_setting_the_mode_to_disabled_erases_the_note_and_summary(remembering: Host) -> None:
    client = await remembering.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await until(remembering, Consolidated.kind)
    await client.ok("thread/memoryMode/set", {"threadId": thread_id, "mode": "disabled"})
    assert await read(client, thread_id) == {**NOTHING, "enabled": True}


async def test_existing_memories_are_read_and_erased_by_a_host_that_makes_none(home: Path) -> None:
    host = await configured(home, ON)
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await until(host, Consolidated.kind)
    await host.stop()
    host = await configured(home, "")
    client = await host.client()
    assert (await read(client, thread_id))["note"] == "The user said: hello"
    await client.ok("thread/delete", {"threadId": thread_id})
    assert await read(client, thread_id) == NOTHING
    await host.stop()


async def test_a_death_between_a_reset_and_its_keys_is_finished_by_the_next_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await configured(home, ON)
    client = await host.client()
    await talk(client, await start(client))
    await until(host, Consolidated.kind)
    log = host.running.logs.memory(host.running.clock)
    with monkeypatch.context() as patch:
        patch.setattr(type(log), "destroy_keys", lambda _: asyncio.sleep(0))
        await client.ok("memory/reset")
        dropped = (await log.state()).dropped
        await host.stop()
    assert len(dropped) == 2
    host = await configured(home, "")
    log = host.running.logs.memory(host.running.clock)
    assert (await log.state()).dropped == ()
    assert [await log.text(one) for one in dropped] == [None, None]
    await host.stop()


@pytest.mark.few(2)
@pytest.mark.parametrize("number", [0, 4_097, -1, "5", 1.5])
async def test_a_status_request_with_an_invalid_number_of_threads_is_refused(
    number: object, client: Client
) -> None:
    error = await client.refused("memory/status", {"minConsolidatedThreads": number})
    assert error["code"] == -32600
    assert "minConsolidatedThreads" in error["message"]


async def test_a_model_that_fails_is_noted_in_the_program_log(remembering: Host) -> None:
    model: Any = remembering.running.model
    asked = model.stream

    def stream(request: Any) -> Any:
        if b"conversation_record" in request.history[0]:
            raise RuntimeError("down")
        return asked(request)

    model.stream = stream
    client = await remembering.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await until(remembering, JobFailed.kind, thread_id)
    await remembering.running.program_log.flush()
    lines = await client.ok("host/thread/logs", {"threadId": thread_id})
    [line] = [one for one in lines["data"] if one["event"] == "memoryFailed"]
    assert (line["level"], line["details"]["reason"]) == ("warn", "broken")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[memories]\nmin_rollout_idle_hours = -1", "min_rollout_idle_hours"),
        ("[memories]\nmax_raw_memories_for_consolidation = 0", "max_raw_memories"),
        ("[features]\nmemories = 1", "features.memories"),
        ("[memories]\nuse_memory = true", "use_memory"),
    ],
)
async def test_a_configuration_that_cannot_be_is_named(home: Path, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        await configured(home, text)


async def test_memory_keys_that_only_the_reference_uses_are_accepted(home: Path) -> None:
    host = await configured(home, "[memories]\nmax_unused_days = 9\nuse_memories = true\n")
    assert host.running.configuration.unused == ("memories.max_unused_days",)
    assert host.running.configuration.memories is None
    await host.stop()


async def test_a_fork_may_be_remembered_no_more_than_its_source(remembering: Host) -> None:
    client = await remembering.client()
    source = await start(client)
    await client.ok("thread/memoryMode/set", {"threadId": source, "mode": "disabled"})
    await talk(client, source)
    fork = (await client.ok("thread/fork", {"threadId": source}))["thread"]["id"]
    again = (await client.ok("thread/fork", {"threadId": fork}))["thread"]["id"]
    await talk(client, again)
    other = await start(client)
    await talk(client, other)
    await until(remembering, NoteTaken.kind, other)
    assert (await read(client))["states"] == {"noted": 1}


async def test_a_compaction_gets_no_memories(remembering: Host) -> None:
    client = await remembering.client()
    thread_id = await start(client)
    await talk(client, thread_id, "I like owls")
    await until(remembering, Consolidated.kind)
    asked: list[Any] = []
    model: Any = remembering.running.model
    stream = model.stream

    def noted(request: Any) -> Any:
        asked.append(request)
        return stream(request)

    model.stream = noted
    await talk(client, thread_id)
    turn = await client.ok("thread/compact/start", {"threadId": thread_id})
    assert turn == {}
    await client.until(lambda message: message.get("method") == "thread/compacted")
    developers = [one.settings.developer for one in asked if not one.settings.instructions]
    assert ["owls" in (text or "") for text in developers][:2] == [True, False]
