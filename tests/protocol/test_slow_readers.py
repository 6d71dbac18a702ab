"""Clients that read late or little: what they are told of what they did not read at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import begin, end, live, script, start, talk
from tests.protocol.tool_talk import CALL, DONE, offering, open_requests
from tests.support.client import Client, Message
from tests.support.hosts import eventually
from tests.support.operator_lines import logged_line
from tests.support.server import Host, limits
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import MESSAGE_OVERHEAD_BYTES, Outbox
from threadhost.adapters.jsonrpc.session import Session

pytestmark = pytest.mark.slices

SMALL = limits(
    outbox_bytes_max=400_000,
    outbox_high_water_bytes=200_000,
    outbox_low_water_bytes=50_000,
    websocket_write_bytes=1024,
    large_answers_max=2,
)
BIG = "y" * 100_000
PIPES = [pytest.param("stdio", marks=pytest.mark.slices), "unix"]
"""What TCP buffers is the system's choice."""


def look(what: str) -> dict[str, Any]:
    """A call of the tool that a client offers."""
    return {"calls": [{"name": "look", "args": {"q": what}, "id": "c1"}]}


def newest_session(host: Host) -> Session:
    """That of the client that came last."""
    return max(host.running.sessions, key=lambda session: session.id)


OF_NO_FACT = ("warning", "thread/goal/cleared")
"""A resume says that there is no goal, which nothing in the log does."""


def facts(client: Client, thread_id: str) -> list[tuple[Any, ...]]:
    """What a client was told that is in the log, in order."""
    return [
        (m["position"], m["method"], m["params"].get("item", {}).get("id"))
        for m in client.notices
        if m["params"].get("threadId") == thread_id
        if m["method"] not in OF_NO_FACT and not live(m)
    ]


@pytest.fixture(params=PIPES)
async def slow_host(request: pytest.FixtureRequest, home: Path) -> Any:
    async with Host(home, request.param, settings={"limits": SMALL}, reply=None) as host:
        yield host


async def test_a_slow_client_gets_every_notification_of_the_log_once_and_in_order(
    slow_host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "threadhost")
    witness, slow = await slow_host.client(), await slow_host.client()
    session = newest_session(slow_host)
    thread_id = await start(slow)
    await witness.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await slow.level()
    await slow.stop_reading()
    for _ in range(20):
        await talk(witness, thread_id, BIG)
    assert session.outbox.load_bytes <= SMALL.outbox_bytes_max
    assert logged_line(caplog, "client.behind")["whose"] == session.id
    slow.read_on()
    last = await talk(witness, thread_id, "the last one")
    await end(slow, last["id"])
    assert facts(slow, thread_id)[-1] == facts(witness, thread_id)[-1]
    ends = [fact for fact in facts(slow, thread_id) if fact[1] == "turn/completed"]
    assert len(ends) == len(set(ends)) == 21
    assert set(facts(witness, thread_id)) <= set(facts(slow, thread_id))
    await slow.notice("warning")
    await slow.level()


async def test_the_warning_to_a_slow_client_names_the_position_where_the_replay_starts(
    slow_host: Host,
) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    thread_id = await start(slow)
    await witness.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await slow.level()
    await slow.stop_reading()
    for _ in range(10):
        await talk(witness, thread_id, BIG)
    slow.read_on()
    warning = await slow.notice("warning")
    assert f"those after position {warning['position']} are sent" in warning["params"]["message"]
    before = slow.notices[slow.notices.index(warning) - 1]
    assert before["position"] <= warning["position"]


async def test_a_slow_client_gets_no_notifications_of_threads_it_does_not_follow(
    slow_host: Host,
) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    mine, theirs = await start(slow), await start(witness)
    await witness.ok("thread/resume", {"threadId": mine, "excludeTurns": True})
    await slow.level()
    await slow.stop_reading()
    for _ in range(8):
        await talk(witness, mine, BIG)
        await talk(witness, theirs, "a secret of others")
    slow.read_on()
    last = await talk(witness, mine, "the last one")
    await end(slow, last["id"])
    heard = {m["method"] for m in slow.notices if m["params"].get("threadId") == theirs}
    assert heard <= {"thread/started", "thread/status/changed"}


async def test_a_slow_client_gets_only_the_deletion_of_a_thread_deleted_meanwhile(
    slow_host: Host,
) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    mine, other = await start(slow), await start(slow)
    for thread_id in (mine, other):
        await witness.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await slow.level()
    await slow.stop_reading()
    for _ in range(8):
        await talk(witness, mine, BIG)
    await talk(witness, other, "words that are gone")
    await witness.ok("thread/delete", {"threadId": other})
    slow.read_on()
    await slow.notice("thread/deleted", threadId=other)
    assert "words that are gone" not in str(slow.notices)


async def test_a_client_that_ends_a_subscription_still_gets_notifications_of_threads_it_follows(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, client = await host.client(), await host.client()
    session = newest_session(host)
    mine, theirs = await start(client), await start(witness)
    await witness.ok("thread/resume", {"threadId": mine, "excludeTurns": True})
    first = await talk(client, mine, "told as it happened")
    await client.level()
    with monkeypatch.context() as patched:
        patched.setattr(CatchUp, "begin", lambda _: None)
        await client.ok("host/events/subscribe", {"afterPosition": 0})
        await client.ok("host/events/subscribe", {"afterPosition": 1})
        await talk(witness, theirs, "of no concern")
        second = await talk(witness, mine, "told when the subscription is over")
    before = len(client.received)
    await client.ok("host/events/unsubscribe")
    await end(client, second["id"])
    await eventually(lambda: not session.delivery.is_behind)
    since = str(client.received[before:])
    assert second["id"] in since
    assert first["id"] not in since
    assert "of no concern" not in since


async def test_a_slow_client_that_ends_a_subscription_still_gets_the_rest(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, client = await host.client(), await host.client()
    session = newest_session(host)
    thread_id = await start(client)
    await witness.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    await client.level()
    with monkeypatch.context() as patched:
        patched.setattr(CatchUp, "begin", lambda _: None)
        patched.setattr(session.outbox, "has_room", lambda _: False)
        turn = await talk(witness, thread_id, "told from the log")
        await client.notice("warning")
        await client.ok("host/events/unsubscribe")
    await client.level()
    await end(client, turn["id"])
    await eventually(lambda: not session.delivery.is_behind)
    assert facts(client, thread_id) == facts(witness, thread_id)


async def test_news_of_threads_in_memory_move_no_cursor_ahead_of_a_second_catch_up(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, client = await host.client(), await host.client()
    thread_id = await start(client, ephemeral=True)
    await witness.ok("thread/resume", {"threadId": thread_id})
    durable = await talk(witness, await start(witness), "this moves the log")
    with monkeypatch.context() as patched:
        patched.setattr(CatchUp, "begin", lambda _: None)
        await client.ok("host/events/subscribe", {"afterPosition": 0})
        fleeting = await talk(witness, thread_id, "what no log has")
    await client.ok("host/events/subscribe", {"afterPosition": 0})
    await end(client, fleeting["id"])
    ends = [m["params"]["turn"]["id"] for m in client.notices if m["method"] == "turn/completed"]
    assert ends == [durable["id"], fleeting["id"]]


@pytest.mark.parametrize("size", [1, 100_000], ids=["small", "large"])
async def test_a_call_waits_until_the_client_has_caught_up(size: int, slow_host: Host) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    thread_id = await offering(slow)
    other = await start(slow)
    await witness.ok("thread/resume", {"threadId": other, "excludeTurns": True})
    await slow.level()
    turn_id = await begin(slow, thread_id, script({**look("x" * size), "delay_ms": 300}, DONE))
    await slow.stop_reading()
    for _ in range(8):
        await talk(witness, other, BIG)
    slow.read_on()
    request = await slow.request(CALL)
    await slow.reply(request, {"contentItems": [], "success": True})
    await end(slow, turn_id)
    assert open_requests(slow_host) == 0


async def test_notifications_of_threads_in_memory_without_room_after_a_replay_are_dropped(
    slow_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    session = newest_session(slow_host)
    thread_id = await start(slow, ephemeral=True)
    await witness.ok("thread/resume", {"threadId": thread_id})
    await slow.level()
    with monkeypatch.context() as patched:
        patched.setattr(CatchUp, "begin", lambda _: None)
        at = session.app.hub.position
        with monkeypatch.context() as full:
            full.setattr(Outbox, "has_room", lambda *_: False)
            session.delivery.pass_on(Notice(WarningNotification(message="a"), 0, at))
        await slow.notice("warning")
        await talk(witness, thread_id, "what is kept for later")
        patched.setattr(Outbox, "has_room", lambda *_: False)
        session.stop_catch_up()
        assert session.delivery.is_behind
    await slow.until(lambda m: "lost" in m.get("params", {}).get("message", ""))
    await eventually(lambda: session.stats().unread_bytes == 0)


async def test_a_slow_client_is_warned_of_dropped_notifications_of_threads_in_memory(
    slow_host: Host,
) -> None:
    witness, slow = await slow_host.client(), await slow_host.client()
    thread_id = await start(slow, ephemeral=True)
    await witness.ok("thread/resume", {"threadId": thread_id})
    await slow.level()
    await slow.stop_reading()
    for _ in range(10):
        await talk(witness, thread_id, BIG)
    slow.read_on()
    lost = "this client reads notifications too slowly: some notifications of ephemeral"
    await slow.until(lambda m: lost in m.get("params", {}).get("message", ""))
    last = await talk(slow, thread_id, "go on")
    assert last["status"] == "completed"


async def test_notifications_held_for_a_reply_are_limited_like_those_of_a_slow_reader(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.settings["limits"], host.reply = SMALL, None
    await host.restart()
    client, other = await host.client(), await host.client()
    session = newest_session(host)
    thread_id = await start(other)
    await client.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    answered = asyncio.Event()
    monkeypatch.setattr(session.delivery, "_is_held", lambda _: not answered.is_set())
    waiting: list[CatchUp] = []
    begin_catch_up = CatchUp.begin
    monkeypatch.setattr(CatchUp, "begin", lambda catch_up: waiting.append(catch_up))  # noqa: PLW0108 - a method
    for _ in range(10):
        await talk(client, thread_id, BIG)
    assert session.outbox.load_bytes <= SMALL.outbox_bytes_max
    answered.set()
    session.delivery.send_waiting()
    begin_catch_up(waiting[0])
    last = await talk(client, thread_id, "the last one")
    await end(other, last["id"])
    assert set(facts(client, thread_id)) <= set(facts(other, thread_id))


def big_read(thread_id: str, number: int) -> Message:
    params = {"threadId": thread_id, "includeTurns": True}
    return {"id": number, "method": "thread/read", "params": params}


async def test_many_large_answers_at_once_all_arrive_and_never_wait_in_memory_together(
    each_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    each_host.settings["limits"] = SMALL
    await each_host.restart()
    client, bystander = await each_host.client(), await each_host.client()
    thread_id = await start(client)
    await talk(client, thread_id, BIG)
    most = 0
    send = Outbox.send

    def sent(outbox: Outbox, message: bytes) -> None:
        nonlocal most
        send(outbox, message)
        most = max(most, outbox.load_bytes)

    monkeypatch.setattr(Outbox, "send", sent)
    for number in range(70):
        await client.send(big_read(thread_id, number))
    for number in range(70):
        assert "result" in await client.answer(number)
    order = [m["id"] for m in client.received if isinstance(m.get("id"), int)]
    assert sorted(order) == list(range(70))
    over = SMALL.large_answers_max * (len(BIG) + 10_000 + MESSAGE_OVERHEAD_BYTES)
    assert most <= SMALL.outbox_high_water_bytes + over
    assert (await bystander.ok("thread/list"))["data"]


async def test_requests_of_a_client_that_does_not_read_are_not_started(slow_host: Host) -> None:
    slow, other = await slow_host.client(), await slow_host.client()
    thread_id = await start(slow)
    await talk(slow, thread_id, BIG)
    await slow.stop_reading()
    for number in range(30):
        await slow.send(big_read(thread_id, number))
    await slow.send(
        {
            "id": "last",
            "method": "thread/name/set",
            "params": {"threadId": thread_id, "name": "late"},
        }
    )
    for _ in range(5):
        await other.level()
        assert (await other.ok("thread/read", {"threadId": thread_id}))["thread"]["name"] is None
    slow.read_on()
    assert (await slow.answer("last"))["result"] == {}
    answers = [m["id"] for m in slow.received if m.get("id") in (*range(30), "last")]
    assert sorted(answers[:-1]) == list(range(30))
    assert answers[-1] == "last"


async def test_slow_readers_share_one_deadline_when_the_host_stops(home: Path) -> None:
    patient = SMALL._replace(close_timeout_ms=60_000)
    async with Host(home, "unix", settings={"limits": patient}, reply=None) as host:
        slow = [await host.client() for _ in range(3)]
        thread_id = await start(slow[0])
        await talk(slow[0], thread_id, BIG)
        for client in slow:
            await client.stop_reading()
            for number in range(30):
                await client.send(big_read(thread_id, number))
        await eventually(lambda: all(s.outbox.above_high_water for s in host.running.sessions))
        stopping = asyncio.create_task(host.running.close())
        await eventually(lambda: not host.running.sessions)
        for client in slow:
            client.read_on()
        await stopping


async def test_a_slow_reader_does_not_block_other_clients_on_its_thread(slow_host: Host) -> None:
    slow, other = await slow_host.client(), await slow_host.client()
    thread_id = await start(slow)
    await talk(slow, thread_id, BIG)
    await slow.stop_reading()
    for number in range(30):
        await slow.send(big_read(thread_id, number))
    await other.ok("thread/resume", {"threadId": thread_id, "excludeTurns": True})
    assert (await talk(other, thread_id, "meanwhile"))["status"] == "completed"
    slow.read_on()
    await slow.answer(29)


async def test_a_slow_reader_that_disconnects_leaves_no_request_or_lock(
    slow_host: Host,
) -> None:
    slow, other = await slow_host.client(), await slow_host.client()
    thread_id = await start(slow)
    await talk(slow, thread_id, BIG)
    await slow.stop_reading()
    for number in range(30):
        await slow.send(big_read(thread_id, number))
    await slow.close()
    slow_host.clients.remove(slow)
    await eventually(lambda: len(slow_host.running.sessions) == 1)
    await eventually(lambda: not len(slow_host.running.scopes))
    await other.ok("thread/name/set", {"threadId": thread_id, "name": "free"})
