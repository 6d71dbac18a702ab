"""Whatever is read is bounded in bytes: fewer rows and a cursor, or less of what is too large."""

import asyncio
import json
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from tests.protocol.damaged import SUBSCRIBE, talked, texts_in, warned
from tests.protocol.talk import script, start, talk
from tests.protocol.test_history import joined, pages
from tests.support.client import INITIALIZE, Client
from tests.support.server import UNBOUNDED, Host, limits
from threadhost.adapters.jsonrpc.models.server_requests import DynamicToolCallParams
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.server_requests import NotAnswered
from threadhost.adapters.jsonrpc.transports.base import Peer

PAGE_BYTES = 40_000
FRAME_BYTES = 100_000


async def bounded(host: Host, **bounds: Any) -> Client:
    """A client of a host with these limits."""
    await host.stop()
    host.settings["limits"] = limits(**bounds)
    await host.start()
    return await host.client()


@pytest.mark.slices
async def test_a_catch_up_past_large_turns_waits_for_whoever_reads(host: Host) -> None:
    small = {"outbox_bytes_max": 2_000_000, "outbox_low_water_bytes": 100_000}
    client = await bounded(host, **small, page_bytes_max=1_000_000)
    thread_id = await talked(client, *("p" * 300_000 for _ in range(24)))
    late = await host.client()
    await late.ok(SUBSCRIBE, {"afterPosition": 0})
    await late.stop_reading()
    await client.level()
    late.read_on()
    await late.until(lambda _: late.methods().count("turn/completed") == 24)
    ends = [m["params"]["turn"] for m in late.notices if m["method"] == "turn/completed"]
    everything = await pages(client, "thread/turns/list", threadId=thread_id, sortDirection="asc")
    assert [turn["id"] for turn in ends] == [turn["id"] for turn in joined(everything)]
    assert (await talk(client, thread_id))["status"] == "completed"
    assert not late.closed


@pytest.mark.slices
async def test_a_catch_up_past_turns_of_two_mib_reaches_the_end(host: Host) -> None:
    client = await host.client()
    thread_id = await talked(client, *("p" * 2**21 for _ in range(24)))
    late = await host.client()
    await late.ok(SUBSCRIBE, {"afterPosition": 0})
    await late.until(lambda _: late.methods().count("turn/completed") == 24)
    history = await client.ok("thread/resume", {"threadId": thread_id})
    assert 1 <= len(history["thread"]["turns"]) < 24
    await client.level()
    assert "thread/turns/list reads them" in warned(client)[0]


WHOLE: dict[str, dict[str, Any]] = {
    "thread/read": {"includeTurns": True},
    "thread/resume": {},
    "thread/fork": {},
}


@pytest.mark.few(1)
@pytest.mark.parametrize("method", list(WHOLE))
async def test_a_whole_history_that_is_too_large_is_cut_to_its_newest_turns(
    host: Host, method: str
) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    texts = [f"{n} " + "x" * 5_000 for n in range(20)]
    thread_id = await talked(client, *texts)
    answer = await client.ok(method, {"threadId": thread_id, **WHOLE[method]})
    await client.level()
    turns = answer["thread"]["turns"]
    assert 5 < len(turns) < 8
    assert len(json.dumps(turns)) < PAGE_BYTES
    assert texts_in(turns)[::2] == texts[-len(turns) :]
    assert all(turn["itemsView"] == "full" for turn in turns)
    left_out = len(texts) - len(turns)
    expected = f"the {left_out} oldest turns are too large to come with this answer"
    assert warned(client) == [f"{expected}; thread/turns/list reads them"]


@pytest.mark.slices
async def test_a_history_within_the_limit_is_complete_and_without_a_warning(host: Host) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await talked(client, *("x" * 1_000 for _ in range(20)))
    answer = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    await client.level()
    assert len(answer["thread"]["turns"]) == 20
    assert warned(client) == []


@pytest.mark.slices
@pytest.mark.parametrize("view", ["full", "summary", "notLoaded"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_a_page_of_turns_ends_before_its_size_limit(
    host: Host, direction: str, view: str
) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    texts = [f"{n} " + "x" * 9_000 for n in range(15)]
    thread_id = await talked(client, *texts)
    about = {"threadId": thread_id, "limit": 100, "sortDirection": direction, "itemsView": view}
    found = await pages(client, "thread/turns/list", **about)
    assert all(len(json.dumps(page["data"])) < PAGE_BYTES for page in found)
    turns = joined(found)
    assert len(turns) == 15
    if view != "notLoaded":
        assert len(found) >= 15 * 9_000 // PAGE_BYTES
        assert texts_in(turns)[::2] == (texts if direction == "asc" else texts[::-1])


@pytest.mark.slices
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_a_page_of_items_ends_before_its_size_limit(host: Host, direction: str) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await talked(client, *("x" * 9_000 for _ in range(15)))
    about = {"threadId": thread_id, "limit": 100, "sortDirection": direction}
    found = await pages(client, "thread/items/list", **about)
    assert all(len(json.dumps(page["data"])) < PAGE_BYTES for page in found)
    ids = [entry["item"]["id"] for entry in joined(found)]
    assert len(set(ids)) == len(ids) == 30
    back = await client.ok(
        "thread/items/list", {**about, "cursor": found[-1]["backwardsCursor"], "limit": 1}
    )
    assert back["data"][0] == found[-1]["data"][0]


async def test_a_turn_that_is_too_large_by_itself_is_summed_up_and_its_items_can_be_read(
    host: Host,
) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await start(client)
    steps: list[dict[str, object]] = [
        {"text": f"{n} " + "y" * 9_000, "calls": [{"name": "none"}]} for n in range(8)
    ]
    turn = await talk(client, thread_id, script(*steps, {"text": "the end"}, say="hello"))
    for method in ("thread/read", "thread/turns/list"):
        params = {"threadId": thread_id, "includeTurns": True, "itemsView": "full"}
        answer = await client.ok(method, params)
        [found] = answer["data"] if "data" in answer else answer["thread"]["turns"]
        assert (found["id"], found["itemsView"]) == (turn["id"], "summary")
        assert len(found["items"]) == 2
        assert found["items"][1]["text"] == "the end"
    await client.level()
    assert "thread/items/list reads its items" in warned(client)[0]
    found = await pages(client, "thread/items/list", threadId=thread_id, turnId=turn["id"])
    assert len(joined(found)) == 10


@pytest.mark.few(1)
@pytest.mark.parametrize("view", ["full", "summary"])
async def test_an_item_larger_than_a_page_is_cut_with_a_mark(host: Host, view: str) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await talked(client, "short", "x" * 100_000, "short again")
    found = await pages(client, "thread/items/list", threadId=thread_id)
    texts = [e["item"].get("text") or e["item"]["content"][0]["text"] for e in joined(found)]
    assert [text for text in texts if len(text) < 1_000] == [
        "short",
        *["ok"] * 2,
        "short again",
        "ok",
    ]
    [long] = [text for text in texts if len(text) > 1_000]
    kept, mark = long.split("… [")
    assert set(kept) == {"x"}
    assert PAGE_BYTES // 2 < len(kept) < PAGE_BYTES
    assert mark == f"{100_000 - len(kept)} bytes left out]"
    params = {"threadId": thread_id, "itemsView": view, "sortDirection": "asc"}
    turns = joined(await pages(client, "thread/turns/list", **params))
    assert [turn["itemsView"] for turn in turns] == [view, "summary", view]
    assert "bytes left out]" in texts_in(turns)[2]


async def test_an_image_larger_than_a_page_is_replaced_by_a_short_url(host: Host) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await start(client)
    url = "data:image/png;base64," + "A" * 100_000
    params = {"threadId": thread_id, "input": [{"type": "image", "url": url}]}
    await client.ok("turn/start", params)
    await client.notice("turn/completed", threadId=thread_id)
    found = await client.ok("thread/items/list", {"threadId": thread_id, "limit": 1})
    expected = f"data:,{len(url)}%20bytes%20left%20out"
    assert found["data"][0]["item"]["content"][0]["url"] == expected


@pytest.mark.slices
async def test_lists_of_threads_with_long_texts_are_cut_into_pages(host: Host) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES, fields=UNBOUNDED)
    ids = [await talked(client, f"{n} " + "p" * 9_000) for n in range(12)]
    for thread_id in ids:
        await client.ok("thread/name/set", {"threadId": thread_id, "name": "n" * 50_000})
    for method, more in (("thread/list", {}), ("thread/search", {"searchTerm": "nnn"})):
        found = await pages(client, method, limit=100, **more)
        assert all(len(json.dumps(page["data"])) < PAGE_BYTES for page in found)
        threads = [one.get("thread", one) for one in joined(found)]
        assert [thread["id"] for thread in threads] == ids[::-1]
        assert {thread["name"] for thread in threads} == {"n" * 4_095 + "…"}


@pytest.mark.slices
async def test_a_queue_of_large_turns_is_listed_in_pages(host: Host) -> None:
    client = await bounded(host, page_bytes_max=PAGE_BYTES)
    thread_id = await start(client)
    await client.ok("turn/start", {"threadId": thread_id, "input": [text(script({"hang": True}))]})
    for n in range(9):
        params = {"threadId": thread_id, "input": [text(f"{n} " + "q" * 15_000)]}
        await client.ok("thread/queue/add", {**params, "clientUserMessageId": str(n)})
    found = await pages(client, "thread/queue/list", threadId=thread_id)
    assert all(len(json.dumps(page["data"])) < PAGE_BYTES for page in found)
    ids = [one["clientUserMessageId"] for one in joined(found)]
    assert ids == [str(n) for n in range(9)]


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


async def test_no_message_is_larger_than_a_frame(host: Host) -> None:
    await bounded(host, frame_bytes_max=FRAME_BYTES, page_bytes_max=FRAME_BYTES // 2)
    app, sent = host.running, list[bytes]()
    outbox = Outbox(app.settings.limits)
    outbox.send = sent.append  # type: ignore[method-assign, assignment]
    session = app.accept(outbox, Peer("memory", "a test"))

    async def ask(number: int, method: str, params: Any) -> Any:
        message = to_json({"id": number, "method": method, "params": params})
        assert len(message) <= FRAME_BYTES
        session.receive(message)
        await session.finish()
        return next(m for m in map(from_json, sent) if m.get("id") == number)

    await ask(1, "initialize", INITIALIZE)
    thread = (await ask(2, "thread/start", {}))["result"]["thread"]
    params = {"threadId": thread["id"], "input": [text("x" * (FRAME_BYTES - 200))]}
    await ask(3, "turn/start", params)
    await host.clients[0].ok("thread/resume", {"threadId": thread["id"], "excludeTurns": True})
    await host.clients[0].level()
    told = [m for m in map(from_json, sent) if m.get("method") == "item/completed"]
    assert "bytes left out]" in told[0]["params"]["item"]["content"][0]["text"]
    assert max(map(len, sent)) <= FRAME_BYTES
    await session.close()


async def test_a_request_to_a_client_larger_than_a_message_is_not_sent(host: Host) -> None:
    await bounded(host, frame_bytes_max=FRAME_BYTES)
    app, sent = host.running, list[bytes]()
    outbox = Outbox(app.settings.limits)
    outbox.send = sent.append  # type: ignore[method-assign, assignment]
    session = app.accept(outbox, Peer("memory", "a test"))
    for length in (1_000, FRAME_BYTES):
        params = DynamicToolCallParams(
            thread_id="t", turn_id="t", call_id="c", tool="look", arguments={"x": "x" * length}
        )
        asking = asyncio.ensure_future(session.ask("t", "item/tool/call", params, "nobody"))
        await asyncio.sleep(0)
        assert asking.done() == (length == FRAME_BYTES)
        if length < FRAME_BYTES:
            asking.cancel()
            continue
        with pytest.raises(NotAnswered, match="and a message at most"):
            await asking
    assert max(map(len, sent)) <= FRAME_BYTES
    await session.close()
