"""What a thread shows of itself is what holds now, wherever it is shown, and at whatever time."""

from typing import Any

import pytest

from tests.protocol.talk import end, start, talk, turn_params
from tests.support.client import Client
from tests.support.server import Host

PICTURE = {"type": "image", "url": "data:image/png;base64,iVBORw0KGgo="}


async def everywhere(client: Client, thread_id: str, field: str) -> list[Any]:
    """A field of a thread as it is read, listed and taken up."""
    read = await client.ok("thread/read", {"threadId": thread_id})
    listed = await client.ok("thread/list", {"limit": 100})
    resumed = await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    threads = [read["thread"], *listed["data"], resumed["thread"]]
    return [thread[field] for thread in threads if thread["id"] == thread_id]


async def test_the_effort_of_a_thread_is_shown_by_every_method_that_returns_the_thread(
    host: Host,
) -> None:
    client = await host.client()
    config = {"model_reasoning_effort": "medium"}
    started = await client.ok("thread/start", {"cwd": "/", "config": config})
    thread_id = started["thread"]["id"]
    news = await client.notice("thread/started")
    shown = [one["thread"]["reasoningEffort"] for one in (started, news["params"])]
    await talk(client, thread_id)
    assert [*shown, *await everywhere(client, thread_id, "reasoningEffort")] == ["medium"] * 5
    await client.ok("thread/settings/update", {"threadId": thread_id, "effort": "high"})
    assert await everywhere(client, thread_id, "reasoningEffort") == ["high"] * 3
    await talk(client, thread_id, effort="low")
    assert await everywhere(client, thread_id, "reasoningEffort") == ["low"] * 3
    forked = await client.ok("thread/fork", {"threadId": thread_id})
    assert forked["thread"]["reasoningEffort"] == forked["reasoningEffort"] == "low"
    await host.restart()
    client = await host.client()
    for known in (thread_id, forked["thread"]["id"]):
        assert await everywhere(client, known, "reasoningEffort") == ["low"] * 3


async def test_the_effort_of_a_thread_that_chose_none_is_null(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    assert await everywhere(client, thread_id, "reasoningEffort") == [None] * 3


async def test_the_disabled_plugins_of_a_thread_are_shown_when_it_is_loaded(
    host: Host,
) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id, disabledPluginIds=["a", "b"])
    for method in ("thread/resume", "thread/fork"):
        loaded = await client.ok(method, {"threadId": thread_id})
        assert loaded["disabledPluginIds"] == ["a", "b"]
    await host.restart()
    loaded = await (await host.client()).ok("thread/resume", {"threadId": thread_id})
    assert loaded["disabledPluginIds"] == ["a", "b"]


async def test_reverted_texts_are_in_no_preview_and_no_search_result(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    first, second = [(await talk(client, thread_id, words))["id"] for words in ("one", "two")]
    await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": second})
    assert await everywhere(client, thread_id, "preview") == ["one"] * 3
    reverted = await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": first})
    assert reverted["thread"]["preview"] == ""
    assert await everywhere(client, thread_id, "preview") == [""] * 3
    assert (await client.ok("thread/search", {"searchTerm": "one"}))["data"] == []
    await host.restart()
    client = await host.client()
    assert await everywhere(client, thread_id, "preview") == [""] * 3
    await talk(client, thread_id, "three")
    await talk(client, thread_id, "four")
    assert await everywhere(client, thread_id, "preview") == ["three"] * 3
    [hit] = (await client.ok("thread/search", {"searchTerm": "three"}))["data"]
    assert hit["thread"]["id"] == thread_id


async def test_the_preview_of_a_fork_follows_its_own_reverts(client: Client) -> None:
    thread_id = await start(client)
    first = (await talk(client, thread_id, "one"))["id"]
    fork = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]
    assert fork["preview"] == "one"
    await client.ok("thread/revert", {"threadId": fork["id"], "beforeTurnId": first})
    assert await everywhere(client, fork["id"], "preview") == [""] * 3
    assert await everywhere(client, thread_id, "preview") == ["one"] * 3


@pytest.mark.slices
async def test_the_preview_is_the_first_user_message_with_a_text(client: Client) -> None:
    thread_id = await start(client)
    mention = {"type": "mention", "name": "n", "path": "/x"}
    for content in ([{"type": "text", "text": " \n"}], [mention]):
        await talk(client, thread_id, input=content)
        assert await everywhere(client, thread_id, "preview") == [""] * 3
    await talk(client, thread_id, " first words\n")
    await talk(client, thread_id, "second")
    assert await everywhere(client, thread_id, "preview") == ["first words"] * 3


async def test_the_preview_of_an_image_without_text_is_a_placeholder(client: Client) -> None:
    thread_id = await start(client)
    await talk(client, thread_id, input=[PICTURE])
    await talk(client, thread_id, "words")
    assert await everywhere(client, thread_id, "preview") == ["[Image]"] * 3


async def turns_of(client: Client, thread_id: str) -> list[Any]:
    """The roots that the turns of a thread name, the first of them first, by each method."""
    asked = {"threadId": thread_id}
    listed = await client.ok("thread/turns/list", {**asked, "sortDirection": "asc"})
    read = await client.ok("thread/read", {**asked, "includeTurns": True})
    shown = [[turn["rootTurnId"] for turn in listed["data"]]]
    return [*shown, [turn["rootTurnId"] for turn in read["thread"]["turns"]]]


async def test_a_turn_belongs_to_the_turn_that_its_client_names_as_the_root(host: Host) -> None:
    client = await host.client()
    thread_id, root = await start(client), "0199a3b4-5c6d-7e8f-9012-3456789abcde"
    started = await client.ok("turn/start", turn_params(thread_id, "one", rootTurnId=root))
    ended = await end(client, started["turn"]["id"])
    begun = (await client.notice("turn/started"))["params"]["turn"]
    assert [turn["rootTurnId"] for turn in (started["turn"], begun, ended)] == [root] * 3
    own = (await talk(client, thread_id, "two", rootTurnId=""))["id"]
    assert await turns_of(client, thread_id) == [[root, own]] * 2
    await host.restart()
    client = await host.client()
    assert await turns_of(client, thread_id) == [[root, own]] * 2
    forked = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]
    assert await turns_of(client, forked["id"]) == [[root, own]] * 2


async def test_an_invalid_root_turn_id_is_refused_before_a_turn_starts(client: Client) -> None:
    thread_id = await start(client)
    for root, words in (("a b", "letters, digits"), ("x" * 129, "at most 128")):
        error = await client.refused("turn/start", turn_params(thread_id, "x", rootTurnId=root))
        assert "(at `rootTurnId`)" in error["message"]
        assert words in error["message"]
    own = (await talk(client, thread_id))["id"]
    assert await turns_of(client, thread_id) == [[own]] * 2
