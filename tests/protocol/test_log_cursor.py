"""A log says which one it is, and a cursor is good for no other history."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.protocol.test_cursor import facts, log_keys
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.adapters.jsonrpc.log_cursors import LogCursors
from threadhost.events.host import HostStarted
from threadhost.events.ids import host_stream

SUBSCRIBE = "host/events/subscribe"
TAG_DIGITS = 16


async def after(host: Host, cursor: str) -> tuple[Client, dict[str, Any]]:
    client = await host.client()
    return client, await client.ok(SUBSCRIBE, {"afterCursor": cursor})


async def notifications_of_turns(host: Host, texts: int = 2) -> list[Message]:
    """All notifications of a thread with so many turns."""
    client = await host.client()
    await client.ok(SUBSCRIBE, {"afterPosition": 0})
    thread_id = await start(client)
    for number in range(texts):
        await talk(client, thread_id, f"text {number}")
    await client.level()
    return client.notices


async def test_the_handshake_and_a_subscription_name_the_log(each_host: Host) -> None:
    client = await each_host.connect()
    about = {"clientInfo": {"name": "n", "version": "1"}}
    greeting = await client.ok("initialize", about)
    log_id, log = greeting["logId"], each_host.running.logs.durable
    starts = await log.read_stream(host_stream(log_id), types=[HostStarted])
    assert [fact.version for fact in starts][-1:] == [greeting["hostEpoch"]]
    answer = await client.ok(SUBSCRIBE, {"afterPosition": 0})
    assert answer["logId"] == log_id == log.log_id
    assert answer["cursor"].startswith(f"{log_id}.{answer['position']}.")


async def test_every_notification_has_its_position_as_a_cursor_too(each_host: Host) -> None:
    notices = await notifications_of_turns(each_host)
    log = each_host.running.logs.durable
    chains = {fact.position: fact.chain for fact in await log.read(0, 1_000)}
    assert len(notices) > 10
    for notice in notices:
        tag = chains[notice["position"]].hex()[:TAG_DIGITS]
        assert notice["cursor"] == f"{log.log_id}.{notice['position']}.{tag}"


@pytest.mark.slices
async def test_a_stream_goes_on_after_any_cursor_as_after_its_position(host: Host) -> None:
    stream = await notifications_of_turns(host)
    last = stream[-1]["position"]
    for cut in stream:
        client, answer = await after(host, cut["cursor"])
        assert answer["complete"]
        if last > cut["position"]:
            await client.until(lambda m: m.get("position") == last)
        await client.level()
        missed = [one for one in facts(stream) if one[0] > cut["position"]]
        assert facts(client.notices) == missed
        assert set(log_keys(client.notices)) <= set(log_keys(stream))
        assert {n["cursor"] for n in client.notices} <= {n["cursor"] for n in stream}
        await client.close()
        host.clients.remove(client)


async def test_a_cursor_is_valid_after_a_restart_and_at_position_zero(host: Host) -> None:
    client = await host.client()
    newest = await client.ok(SUBSCRIBE, {"afterPosition": 10**9})
    await host.restart()
    _, answer = await after(host, newest["cursor"])
    assert answer["complete"]
    assert answer["position"] > newest["position"]
    log_id = answer["logId"]
    tag = host.running.cursors.at(0).rpartition(".")[2]
    assert len(tag) == TAG_DIGITS
    assert (await after(host, f"{log_id}.0.{tag}"))[1]["complete"]


async def test_a_cursor_without_a_tag_is_believed_like_a_position(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = (await notifications_of_turns(host))[-1]["position"]
    cursors = LogCursors(host.running.logs.durable)
    monkeypatch.setattr(host.running, "cursors", cursors)
    bare = cursors.at(position - 1)
    assert bare.endswith(f".{position - 1}.")
    _, answer = await after(host, bare)
    assert answer["complete"]
    await cursors.fetch(position - 1)
    assert len(cursors.at(position - 1)) == len(bare) + TAG_DIGITS


async def test_a_cursor_of_a_diverged_copy_of_a_log_is_answered_as_incomplete(
    host: Host, tmp_path: Path
) -> None:
    shared = (await notifications_of_turns(host))[-1]
    await host.stop()
    copy = Host(tmp_path / "copy")
    shutil.copytree(host.home, copy.home)
    await host.start()
    await copy.start()
    try:
        ours, theirs = await notifications_of_turns(host, 3), await notifications_of_turns(copy, 2)
        _, answer = await after(copy, shared["cursor"])
        assert answer["complete"], "both have what was before the copy"
        other = theirs[-1]["position"]
        of_ours = next(n for n in ours if n["position"] == other)
        _, answer = await after(copy, of_ours["cursor"])
        assert (answer["complete"], answer["position"] >= other) == (False, True)
        assert f"at position {other} the history of this log differs" in answer["reason"]
        _, answer = await after(copy, ours[-1]["cursor"])
        assert "ahead of this log" in answer["reason"]
        client, _ = await after(host, theirs[-1]["cursor"])
        await talk(client, await start(client))
        assert facts(client.notices)[0][0] > ours[-1]["position"], "nothing is replayed"
    finally:
        await copy.stop()


@pytest.mark.slices
async def test_a_cursor_of_another_log_is_answered_with_the_ids_of_both_logs(
    host: Host, tmp_path: Path
) -> None:
    async with Host(tmp_path / "other") as other:
        cursor = (await notifications_of_turns(other))[-1]["cursor"]
    _, answer = await after(host, cursor)
    assert not answer["complete"]
    theirs, ours = cursor.partition(".")[0], answer["logId"]
    assert answer["reason"] == f"the cursor belongs to log {theirs}, and this is log {ours}"


NO_CURSORS = [
    "",
    "x",
    "a.b.c",
    "log.1",
    "log.-1.00",
    f"log.{10**18}.{'0' * 16}",
    "l.1.GG",
    "é" * 500,
]


@pytest.mark.few(2)
@pytest.mark.parametrize("text", NO_CURSORS)
async def test_an_invalid_cursor_is_refused(host: Host, text: str) -> None:
    client = await host.client()
    error = await client.refused(SUBSCRIBE, {"afterCursor": text})
    assert error["message"].startswith("invalid cursor: ")
    assert len(error["message"]) < 200


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "missing field `afterPosition`, or `afterCursor` in its place"),
        ({"afterPosition": 0, "afterCursor": "l.0."}, "both `afterPosition` and `afterCursor`"),
    ],
)
async def test_a_subscription_needs_exactly_one_of_position_and_cursor(
    host: Host, params: dict[str, Any], words: str
) -> None:
    client = await host.client()
    assert words in (await client.refused(SUBSCRIBE, params))["message"]


async def test_notifications_of_new_events_get_their_cursor_without_a_read(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    reads = host.running.logs.durable.reads
    link_at = reads.link_at

    async def noted(position: int) -> bytes | None:
        read.append(position)
        return await link_at(position)

    monkeypatch.setattr(reads, "link_at", noted)
    assert len(await notifications_of_turns(host, 3)) > 15
    assert read == []
