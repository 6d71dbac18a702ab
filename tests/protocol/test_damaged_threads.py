"""Threads, trees and whole hosts that go on though events of theirs are damaged."""

import logging
import shutil
from pathlib import Path

import pytest

from tests.protocol.damaged import EDITS, SUBSCRIBE, broken, talked, texts_in, warned
from tests.protocol.talk import begin, deleted, end, start, talk, tree
from tests.support.damage import BREAK, edit, forget_views, kind_at, positions
from tests.support.operator_lines import logged_line
from tests.support.server import Host

pytestmark = pytest.mark.slices


async def lived(host: Host, folder: Path) -> tuple[str, str]:
    """Fill a home with a tree of two threads, and keep a copy of it; the two threads."""
    client = await host.client()
    root, child = await tree(client, 0, developerInstructions="be brief")
    await talk(client, root, "one")
    await client.ok("thread/name/set", {"threadId": child, "name": "a name"})
    await talk(client, child, "two")
    await talk(client, child, "three")
    await host.stop()
    shutil.copytree(host.home, folder)
    return root, child


async def test_a_thread_goes_on_whichever_of_its_events_is_damaged(
    host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root, child = await lived(host, tmp_path / "copy")
    for position in positions(tmp_path / "copy", child):
        what = kind_at(tmp_path / "copy", position)
        shutil.rmtree(host.home)
        shutil.copytree(tmp_path / "copy", host.home)
        edit(host.home, BREAK, position)
        await host.start()
        client = await host.client()
        listed = [thread["id"] for thread in (await client.ok("thread/list"))["data"]]
        assert listed == [root], what
        await client.ok("thread/resume", {"threadId": child})
        await client.level()
        assert any("unreadable" in one for one in warned(client)), what
        assert (await talk(client, child, "go on"))["status"] == "completed", what
        fork = await client.ok("thread/fork", {"threadId": child})
        assert texts_in(fork["thread"]["turns"])[-2:] == ["go on", "ok"], what
        await client.ok(SUBSCRIBE, {"afterPosition": 0})
        await client.notice("thread/started")
        await client.ok("thread/delete", {"threadId": root})
        await client.notice("thread/deleted", threadId=root)
        assert deleted(client) == [child, root], what
        await host.stop()
    assert "what is damaged: position" in logged_line(caplog, "thread.damaged")["what"]


async def test_a_child_is_deleted_with_its_parent_though_the_edge_between_them_is_damaged(
    host: Host, tmp_path: Path
) -> None:
    root, child = await lived(host, tmp_path / "copy")
    edit(
        host.home,
        "UPDATE events SET payload = x'00' WHERE type LIKE 'tree.thread_spawned%' AND position = ?",
        positions(host.home, child)[0] - 1,
    )
    await host.start()
    client = await host.client()
    preview = await client.ok("host/thread/previewDelete", {"threadId": root})
    assert preview["deleteOrder"] == [child, root]
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert deleted(client) == [child, root]


async def test_lost_settings_are_chosen_again_with_a_resume(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", cwd="/places", model="large")
    await broken(host, thread_id, "thread.configured%", 0)
    client = await host.client()
    params = {"threadId": thread_id, "model": "small"}
    refused = await client.refused("thread/settings/update", params)
    assert "choose them again with thread/resume" in refused["message"]
    found = await client.ok("thread/resume", {"threadId": thread_id, "cwd": "/other"})
    assert (found["cwd"], found["model"]) == ("/other", "mock-model")
    await client.ok("thread/settings/update", params)
    await host.restart()
    client = await host.client()
    found = await client.ok("thread/resume", {"threadId": thread_id})
    assert (found["cwd"], found["model"]) == ("/other", "small")


async def test_a_host_rebuilds_its_views_from_a_damaged_log_at_the_start(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    client = await host.client()
    first, second = await talked(client, "one", "two"), await talked(client, "three")
    await host.stop()
    found = [*positions(host.home, first, "turn.item%")[:1], positions(host.home, first)[-1]]
    for position in found:
        edit(host.home, EDITS["an unknown type"], position)
    forget_views(host.home)
    with caplog.at_level(logging.WARNING):
        await host.start()
    assert any(f"position {found[0]} (thread.unheard_of.v9" in text for text in caplog.messages)
    assert f"position {found[0]}" in logged_line(caplog, "log.damage_beside")["finding"]
    client = await host.client()
    assert [t["id"] for t in (await client.ok("thread/list"))["data"]] == [second, first]
    turns = (await client.ok("thread/turns/list", {"threadId": first}))["data"]
    assert [turn["status"] for turn in turns] == ["completed", "completed"]


async def test_a_turn_whose_end_is_lost_is_shown_as_interrupted(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two")
    await host.stop()
    edit(host.home, BREAK, positions(host.home, thread_id, "turn.completed%")[0])
    forget_views(host.home)
    await host.start()
    client = await host.client()
    params = {"threadId": thread_id, "sortDirection": "asc"}
    turns = (await client.ok("thread/turns/list", params))["data"]
    assert [turn["status"] for turn in turns] == ["interrupted", "completed"]


async def test_a_repeated_request_whose_answer_is_damaged_is_refused_with_the_reason(
    host: Host,
) -> None:
    client = await host.client()
    params = {"cwd": "/", "idempotencyKey": "once"}
    thread_id = (await client.ok("thread/start", params))["thread"]["id"]
    await broken(host, thread_id, "thread.started%", 0)
    client = await host.client()
    again = await client.ok("thread/start", params)
    assert again["thread"]["id"] == thread_id
    queued = {"threadId": thread_id, "input": [{"type": "text", "text": "later"}]}
    queued |= {"clientUserMessageId": "c", "idempotencyKey": "twice"}
    await client.ok("thread/queue/add", queued)
    await client.notice("turn/completed", threadId=thread_id)
    position = await broken(host, thread_id, "queue.submission_added%", 0)
    client = await host.client()
    refused = await client.refused("thread/queue/add", queued)
    words = "what this request did before cannot be read any more"
    assert refused["message"] == f"event at position {position} is damaged: {words}"


async def test_a_running_turn_goes_on_while_another_thread_is_found_damaged(host: Host) -> None:
    client = await host.client()
    damaged = await talked(client, "one")
    await broken(host, damaged, "turn.item%", 1)
    client = await host.client()
    running = await start(client)
    turn_id = await begin(client, running)
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await client.ok("thread/read", {"threadId": damaged, "includeTurns": True})
    assert (await end(client, turn_id))["status"] == "completed"
