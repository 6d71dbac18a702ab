"""`host/hold/*` on the wire: what is held is refused with who and when, and over a restart."""

import re

import pytest

from tests.protocol.talk import deleted, start, talk, tree
from tests.support.client import Client
from tests.support.server import Host

UNKNOWN = "01a20280-45b9-751b-94a8-29a36213916d"
WHY = "Müller ./. Schmidt"


async def test_a_hold_is_set_listed_refused_and_released_over_a_restart(host: Host) -> None:
    client = await host.client()
    root, child, other = await tree(client, 0, 0)
    await talk(client, child)
    params = {"threadId": child.upper(), "matter": "c-17", "reason": WHY}
    hold = (await client.ok("host/hold/set", params))["hold"]
    assert hold == {
        "threadId": child,
        "matter": "c-17",
        "scope": "tree",
        "reason": WHY,
        "setBy": hold["setBy"],
        "setAt": hold["setAt"],
    }
    assert hold["setBy"].startswith("client:")
    await host.restart()
    client = await host.client()
    assert (await client.ok("host/hold/list"))["data"] == [hold]
    preview = await client.ok("host/thread/previewDelete", {"threadId": root})
    assert preview["holds"] == [{"threadId": child, "matter": "c-17"}]
    error = await client.refused("thread/delete", {"threadId": root})
    assert error["code"] == -32600
    whose = re.escape(f"(matter c-17, set by {hold['setBy']} at ")
    assert re.fullmatch(
        f"thread is under legal hold: {child} {whose}[0-9T:-]+Z\\); host/hold/release ends a hold",
        error["message"],
    )
    await client.ok("thread/delete", {"threadId": other})
    params = {"threadId": child, "matter": "c-17", "reason": "settled"}
    assert await client.ok("host/hold/release", params) == {}
    assert (await client.ok("host/hold/list"))["data"] == []
    before = await client.level()
    await client.ok("thread/delete", {"threadId": root})
    await client.level()
    assert deleted(client, before) == [child, root]


async def test_the_list_of_holds_of_a_thread_has_those_that_cover_it(client: Client) -> None:
    root, child, deep = await tree(client, 0, 1)
    for thread_id, matter, scope in (
        (root, "whole", "tree"),
        (root, "alone", "thread"),
        (child, "part", "tree"),
        (deep, "own", "thread"),
    ):
        params = {"threadId": thread_id, "matter": matter, "scope": scope, "reason": "r"}
        await client.ok("host/hold/set", params)
    listed = await client.ok("host/hold/list", {"threadId": deep})
    assert [hold["matter"] for hold in listed["data"]] == ["own", "part", "whole"]
    listed = await client.ok("host/hold/list", {"threadId": root})
    assert [hold["matter"] for hold in listed["data"]] == ["alone", "whole"]


async def test_all_holds_come_in_pages(client: Client) -> None:
    threads = sorted([await start(client) for _ in range(3)])
    for thread_id in threads:
        await client.ok("host/hold/set", {"threadId": thread_id, "reason": "r"})
    first = await client.ok("host/hold/list", {"limit": 2})
    second = await client.ok("host/hold/list", {"limit": 2, "cursor": first["nextCursor"]})
    found = [hold["threadId"] for hold in (*first["data"], *second["data"])]
    assert (found, second["nextCursor"]) == (threads, None)
    error = await client.refused("host/hold/list", {"cursor": "x"})
    assert error["message"] == "invalid cursor: x"


async def test_setting_an_existing_hold_again_returns_it_unchanged(client: Client) -> None:
    thread_id = await start(client)
    first = await client.ok("host/hold/set", {"threadId": thread_id, "reason": "one"})
    again = await client.ok("host/hold/set", {"threadId": thread_id, "reason": "two"})
    assert again == first
    assert first["hold"]["matter"] == "hold"


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        ("set", {}, "Invalid request: missing field `threadId`"),
        ("set", {"threadId": UNKNOWN}, "Invalid request: missing field `reason`"),
        ("set", {"threadId": UNKNOWN, "reason": "r"}, f"thread not found: {UNKNOWN}"),
        ("release", {"threadId": UNKNOWN, "reason": "r"}, f"thread not found: {UNKNOWN}"),
        (
            "set",
            {"threadId": UNKNOWN, "reason": "r", "scope": "all"},
            "Invalid request: unknown variant `all`, expected `thread` or `tree` (at `scope`)",
        ),
    ],
)
async def test_an_invalid_hold_request_is_refused_with_the_field(
    client: Client, method: str, params: dict[str, str], message: str
) -> None:
    assert (await client.refused(f"host/hold/{method}", params))["message"] == message


@pytest.mark.few(2)
@pytest.mark.parametrize("matter", ["", "two words", "x" * 65, "a\n"])
async def test_a_matter_that_is_no_identifier_is_refused(client: Client, matter: str) -> None:
    params = {"threadId": UNKNOWN, "reason": "r", "matter": matter}
    error = await client.refused("host/hold/set", params)
    assert (error["code"], "(at `matter`)" in error["message"]) == (-32600, True)


@pytest.mark.few(2)
@pytest.mark.parametrize("reason", ["", " \n ", "x" * 1_001])
async def test_a_blank_or_too_long_reason_is_refused(client: Client, reason: str) -> None:
    params = {"threadId": UNKNOWN, "reason": reason}
    error = await client.refused("host/hold/set", params)
    assert (error["code"], "reason" in error["message"]) == (-32600, True)


async def test_the_release_of_a_hold_that_does_not_exist_is_refused(client: Client) -> None:
    thread_id = await start(client)
    error = await client.refused("host/hold/release", {"threadId": thread_id, "reason": "r"})
    assert error["message"] == f"thread {thread_id} is not under a hold of matter hold"
