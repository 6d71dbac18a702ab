"""A log with damaged events in it: clients are told what is missing, and get all the rest."""

from typing import Any

import pytest

from tests.protocol.damaged import EDITS, SUBSCRIBE, broken, talked, texts_in, warned
from tests.protocol.talk import deleted, talk
from tests.protocol.test_history import pages
from tests.support import any_events
from tests.support.client import Client
from tests.support.damage import BREAK, edit, forget_views, positions
from tests.support.server import Host
from tests.support.store import META
from threadhost.events.store.committer import StreamAppend
from threadhost.events.tool import ToolCalled
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted

pytestmark = pytest.mark.slices


@pytest.mark.parametrize("how", list(EDITS.values()), ids=list(EDITS))
async def test_a_replay_names_damaged_events_in_a_warning_and_goes_on(host: Host, how: str) -> None:
    client = await host.client()
    first, second = await talked(client, "one", "two"), await talked(client, "three")
    position = await broken(host, first, "turn.item%", 1, how)
    client = await host.client()
    answer = await client.ok(SUBSCRIBE, {"afterPosition": 0})
    assert answer["complete"]
    await client.notice("turn/completed", threadId=second)
    [warning] = warned(client)
    assert f"position {position} (" in warning
    ends = [m["params"]["threadId"] for m in client.notices if m["method"] == "turn/completed"]
    assert ends == [first, first, second]
    later = await talked(client, "live again")
    await client.notice("turn/completed", threadId=later)


async def test_the_warning_of_a_gap_moves_the_cursor_past_it(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, "one")
    position = await broken(host, thread_id, "turn.item%", 0)
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    warning = await client.notice("warning")
    assert warning["position"] >= position
    again = await host.client()
    await again.ok(SUBSCRIBE, {"afterPosition": warning["position"]})
    await again.notice("turn/completed", threadId=thread_id)
    assert warned(again) == []


async def test_adjacent_gaps_share_one_warning_and_the_number_of_warnings_is_limited(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threadhost.adapters.jsonrpc import catch_up

    monkeypatch.setattr(catch_up, "GAPS_SENT_MAX", 2)
    client = await host.client()
    threads = [await talked(client, "one") for _ in range(5)]
    await host.stop()
    for thread_id in threads:
        for position in positions(host.home, thread_id, "turn.%")[1:-1]:
            edit(host.home, BREAK, position)
    await host.start()
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await client.notice("turn/completed", threadId=threads[-1])
    await client.until(lambda _: len(warned(client)) == 3)
    counts = [len(positions(host.home, t, "turn.%")) - 2 for t in threads]
    first, second, rest = warned(client)
    assert f"and {counts[0] - 3} more up to position" in first
    assert f"and {counts[1] - 3} more up to position" in second
    assert f"and {sum(counts[2:]) - 3} more up to position" in rest


async def test_a_lost_blob_stops_no_catch_up(host: Host) -> None:
    client = await host.client()
    large, small = await talked(client, "x" * 100_000), await talked(client, "after it")
    await host.stop()
    blobs = sorted((host.home / "blobs").rglob("*"))
    for blob in (blob for blob in blobs if blob.is_file()):
        blob.unlink()
    await host.start()
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await client.notice("turn/completed", threadId=small)
    assert "cannot be read: No such file or directory" in warned(client)[0]
    turns = (await client.ok("thread/read", {"threadId": large, "includeTurns": True}))["thread"]
    assert [turn["status"] for turn in turns["turns"]] == ["completed"]
    assert (await talk(client, large, "it goes on"))["status"] == "completed"


async def test_the_deletion_of_a_thread_is_sent_though_its_tombstone_is_damaged(
    host: Host,
) -> None:
    client = await host.client()
    gone, left = await talked(client, "one"), await talked(client, "two")
    await client.ok("thread/delete", {"threadId": gone})
    await broken(host, gone, "thread.deleted%", 0)
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    await client.notice("turn/completed", threadId=left)
    await client.notice("thread/deleted", threadId=gone)
    assert deleted(client) == [gone]
    await host.stop()
    forget_views(host.home)
    await host.start()
    client = await host.client()
    assert [t["id"] for t in (await client.ok("thread/list"))["data"]] == [left]


READS: dict[str, dict[str, Any]] = {
    "thread/read": {"includeTurns": True},
    "thread/turns/list": {"itemsView": "full", "sortDirection": "asc"},
    "thread/items/list": {},
    "thread/resume": {"initialTurnsPage": {"itemsView": "full", "sortDirection": "asc"}},
    "thread/fork": {},
}


@pytest.mark.parametrize("method", list(READS))
async def test_damaged_items_are_omitted_from_an_answer_and_named_in_a_warning(
    host: Host, method: str
) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two")
    position = await broken(host, thread_id, "turn.item%", 0)
    client = await host.client()
    answer = await client.ok(method, {"threadId": thread_id, **READS[method]})
    await client.level()
    left = ["ok", "two", "ok"]
    if method == "thread/items/list":
        assert [entry["item"]["type"] for entry in answer["data"]] == [
            *("agentMessage", "userMessage", "agentMessage"),
        ]
    elif method == "thread/turns/list":
        assert texts_in(answer["data"]) == left
    else:
        assert texts_in(answer["thread"]["turns"]) == left
    if method == "thread/resume":
        assert texts_in(answer["initialTurnsPage"]["data"]) == left
    assert any(f"position {position} (turn.item_recorded.v2 in" in one for one in warned(client))


async def test_pages_follow_each_other_over_damaged_items(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two", "three")
    await host.stop()
    for position in positions(host.home, thread_id, "turn.item%")[1:5]:
        edit(host.home, BREAK, position)
    await host.start()
    client = await host.client()
    for direction in ("asc", "desc"):
        params = {"threadId": thread_id, "limit": 2, "sortDirection": direction}
        found, after = [], None
        for _ in range(3):
            page = await client.ok("thread/items/list", {**params, "cursor": after})
            found += page["data"]
            after = page["nextCursor"]
        assert after is None
        assert len(found) == 2
    turns = await pages(client, "thread/turns/list", threadId=thread_id, limit=1, itemsView="full")
    assert [len(page["data"][0]["items"]) for page in turns] == [1, 0, 1]


async def test_a_fork_warns_of_events_it_could_not_inherit_and_leaves_no_turn_open(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two", "three")
    position = await broken(host, thread_id, "turn.completed%", 1)
    client = await host.client()
    fork = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]
    await client.level()
    assert [turn["status"] for turn in fork["turns"]] == ["completed", "interrupted", "completed"]
    assert any(
        f"without what cannot be read of its source: position {position}" in one
        for one in warned(client)
    )
    assert (await talk(client, fork["id"], "four"))["status"] == "completed"


@pytest.mark.parametrize("depth", [150, 200])
async def test_an_event_of_an_earlier_version_nested_too_deep_is_named_in_warnings(
    host: Host, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    client = await host.client()
    thread_id = await talked(client, "one")
    await host.restart()
    arguments: Any = []
    for _ in range(depth - 1):
        arguments = [arguments]
    call = {**any_events.ITEMS[3], "arguments": arguments}
    monkeypatch.setattr("threadhost.events.store.codec.body_fault", lambda _event, _body: None)
    log, stream = host.running.logs.durable, f"thread-{thread_id}"
    facts = [
        TurnStarted(turn_id="t", started_at_ms=1),
        ToolCalled(turn_id="t", call_id="c", called_at_ms=1, item=call),
        ItemRecorded(turn_id="t", item_id="c", type="dynamicToolCall", item=call),
        TurnCompleted(turn_id="t", outcome="completed", started_at_ms=1, completed_at_ms=2),
    ]
    await log.append(StreamAppend(stream, facts), meta=META)
    monkeypatch.undo()
    await host.stop()
    forget_views(host.home)
    await host.start()
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    resumed = await client.ok("thread/resume", {"threadId": thread_id})
    forked = await client.ok("thread/fork", {"threadId": thread_id})
    for answer in (resumed, forked):
        assert texts_in(answer["thread"]["turns"]) == ["one", "ok"]
    assert (await talk(client, thread_id, "go on"))["status"] == "completed"
    await client.notice("turn/completed", threadId=thread_id)
    await client.level()
    found = positions(host.home, thread_id, "turn.tool_called%")
    assert any(f"position {found[0]} (turn.tool_called.v1" in one for one in warned(client))


@pytest.mark.parametrize("depth", [99, 120])
async def test_an_item_nested_too_deep_to_be_read_back_is_refused(
    client: Client, depth: int
) -> None:
    thread_id = await talked(client, "one")
    value: Any = "the middle"
    for _ in range(depth):
        value = [value]
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
    params = {"threadId": thread_id, "items": [{**item, "more": value}]}
    refused = await client.refused("thread/inject_items", params)
    assert refused["code"] == -32600
    words = "thread.items_injected.v1 cannot be recorded: it is nested more than 100 deep"
    assert refused["message"] == words
    assert (await talk(client, thread_id, "two"))["status"] == "completed"


async def test_a_page_names_an_event_that_the_view_has_and_the_log_has_not(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two")
    position = positions(host.home, thread_id, "turn.item%")[1]
    edit(host.home, "DELETE FROM events WHERE position = ?", position)
    found = await client.ok("thread/items/list", {"threadId": thread_id})
    await client.level()
    assert len(found["data"]) == 3
    assert any(
        f"position {position} (? in thread-{thread_id}): it is not" in w for w in warned(client)
    )


@pytest.mark.parametrize("column", ["status = 'gone'", "started_at_ms = 'noon'", "status = x'ff'"])
async def test_a_damaged_row_of_the_view_of_turns_costs_no_page(host: Host, column: str) -> None:
    client = await host.client()
    thread_id = await talked(client, "one", "two")
    await host.stop()
    first = positions(host.home, thread_id, "turn.started%")[0]
    edit(host.home, f"UPDATE turns SET {column} WHERE position = ?", first)
    await host.start()
    client = await host.client()
    whole = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    pages_of = {"threadId": thread_id, "itemsView": "full", "sortDirection": "asc"}
    page = await client.ok("thread/turns/list", pages_of)
    assert (
        texts_in(page["data"]) == texts_in(whole["thread"]["turns"]) == ["one", "ok", "two", "ok"]
    )
