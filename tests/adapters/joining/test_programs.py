"""Several programs on one home share one host, also when that host ends or is killed."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.joined import a_turn_each, assert_each_turn_ends_once, shared_home
from threadhost.adapters.embed import open_host

pytestmark = pytest.mark.slices

RELAY = {
    *("cli", "home_socket", "version"),
    *("joining", *(f"joining.{name}" for name in ("greeting", "handshake", "proxy"))),
    *("joining.session_state", "joining.streamed_items", "joining.relay"),
}
"""What a client waits for that joins a host."""


async def test_programs_on_one_home_share_its_host(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        one, other = await home.client(), await home.client()
        thread_id = await one.thread()
        await one.turn(thread_id, "to be read by the other")
        listed = await other.client.ok("thread/list")
        assert [thread["id"] for thread in listed["data"]] == [thread_id]
        owner = home.owner
        assert owner not in {one.process.pid, other.process.pid}
        assert await one.leave() == 0
        await other.turn(await other.thread())
        assert home.owner == owner
        assert await other.leave() == 0
        assert not home.is_owned


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.timeout(120))])
async def test_a_host_that_is_killed_is_replaced_and_nothing_is_lost(
    tmp_path: Path, count: int
) -> None:
    async with shared_home(tmp_path) as home:
        programs = [await home.client() for _ in range(count)]
        threads = [await program.thread() for program in programs]
        await a_turn_each(programs, threads, "one")
        killed = home.owner
        busy = asyncio.gather(*(p.turn(t, "two") for p, t in zip(programs, threads, strict=True)))
        home.kill_owner()
        await busy
        await a_turn_each(programs, threads, "three")
        assert home.owner != killed
        for program, thread_id in zip(programs, threads, strict=True):
            await assert_each_turn_ends_once(program, thread_id)
        said = (home.home / "host.log").read_text()
        assert f" WARNING host.not_closed the host before this one, process {killed}, ended" in said


async def test_a_program_that_joins_imports_only_the_modules_of_the_relay(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        host = await home.client()
        joined = await home.client(PYTHONPROFILEIMPORTTIME="1")
        await joined.thread()
        assert await joined.leave() == 0
        imported = {line.rpartition("|")[2].strip() for line in joined.errors.splitlines()}
        await host.thread()
    ours = {name.removeprefix("threadhost.adapters.") for name in imported if "threadhost." in name}
    assert {name for name in ours if "threadhost" not in name} == RELAY
    assert imported.isdisjoint({"asyncio", "json", "logging", "pydantic", "signal", "socket"})


async def test_a_request_lost_with_a_killed_host_fails_with_host_lost_and_a_read_is_repeated(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        program = await home.client()
        thread_id = await program.thread()
        await program.turn(thread_id)
        answer: dict[str, Any] = {"result": {}}
        again: dict[str, Any] = {}
        while "result" in answer:  # of what had not left the program yet, when the host was killed
            home.pause_owner()
            under_way = await program.client.begin(
                "thread/name/set", {"threadId": thread_id, "name": "n"}
            )
            read = await program.client.begin("thread/read", {"threadId": thread_id})
            home.kill_owner()
            answer = await program.client.answer(under_way)
            again = await program.client.answer(read)
        refused = answer["error"]
        assert refused["data"] == {
            "reason": "hostLost",
            "outcome": "unknown",
            "method": "thread/name/set",
        }
        assert "whether it was carried out is not known" in refused["message"]
        assert again["result"]["thread"]["id"] == thread_id
        await program.client.ok("thread/name/set", {"threadId": thread_id, "name": "n"})


async def test_a_thread_in_memory_that_died_with_its_host_is_reported_as_closed(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        program = await home.client()
        thread_id = await program.thread()
        lost = (await program.client.ok("thread/start", {"ephemeral": True}))["thread"]["id"]
        home.kill_owner()
        closed = await program.client.notice("thread/closed")
        assert closed["params"] == {"threadId": lost}
        await program.turn(thread_id)


async def test_a_turn_that_ran_in_a_killed_host_is_reported_as_interrupted_once(
    tmp_path: Path,
) -> None:
    tool = {"name": "look", "description": "", "inputSchema": {"type": "object"}}
    text = '@echo {"steps": [{"calls": [{"name": "look", "args": {}}]}, {"text": "done"}]}'
    async with shared_home(tmp_path) as home:
        program, other = await home.client(), await home.client()
        started = await program.client.ok("thread/start", {"dynamicTools": [tool]})
        said = {"threadId": started["thread"]["id"], "input": [{"type": "text", "text": text}]}
        await program.client.ok("turn/start", said)
        asked = await program.client.request("item/tool/call")
        home.kill_owner()
        over = await program.client.notice("serverRequest/resolved")
        assert over["params"]["requestId"] == asked["id"]
        end = await program.client.notice("turn/completed")
        assert end["params"]["turn"]["status"] == "interrupted"
        await program.client.ok("turn/start", said)
        again = await program.client.request("item/tool/call", len(program.client.received) - 1)
        assert again["id"] > asked["id"]
        content = [{"type": "inputText", "text": "seen"}]
        await program.client.reply(again, {"success": True, "contentItems": content})
        await program.client.notice("turn/completed", program.client.received.index(again))
        await program.client.level()
        assert program.client.methods().count("turn/completed") == 2
        statuses = [
            m["params"]["status"]["type"] for m in program.client.notices if "status" in m["params"]
        ]
        assert statuses == ["active", "notLoaded", "idle", "active", "idle"]
        await other.client.level()
        assert "turn/completed" not in other.client.methods()


@pytest.mark.parametrize("opted_out", [[], ["turn/started"]])
async def test_a_client_gets_the_end_of_a_turn_that_loaded_its_thread_though_the_host_was_killed(
    tmp_path: Path, opted_out: list[str]
) -> None:
    async with shared_home(tmp_path) as home:
        program = await home.client()
        thread_id = await program.thread()
        await program.turn(thread_id)
        assert await program.leave() == 0
        program = await home.join()
        await program.client.initialize(optOutNotificationMethods=opted_out)
        text = '@echo {"steps": [{"hang": true}]}'
        said = {"threadId": thread_id, "input": [{"type": "text", "text": text}]}
        await program.client.ok("turn/start", said)
        await program.client.notice("item/started")
        home.kill_owner()
        end = await program.client.notice("turn/completed")
        assert end["params"]["turn"]["status"] == "interrupted"


async def test_a_client_that_repeated_a_turns_request_follows_the_thread_after_two_failovers(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        program, other = await home.client(), await home.client()
        thread_id = await other.thread()
        text = '@echo {"steps": [{"text": "a"}, {"hang": true}]}'
        said = {"threadId": thread_id, "input": [{"type": "text", "text": text}]}
        again = {**said, "idempotencyKey": "k"}
        await other.client.ok("turn/start", again)
        await other.client.notice("item/completed")
        await program.client.ok("turn/start", again)
        for _ in range(2):
            before = len(program.client.received)
            home.kill_owner()
            await program.client.level()
            await other.client.ok("turn/start", said)
            await program.client.notice("turn/started", before, threadId=thread_id)


async def test_a_client_that_opted_out_of_ends_of_turns_gets_the_end_of_a_cut_off_item(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        program = await home.join()
        await program.client.initialize(optOutNotificationMethods=["turn/completed"])
        text = '@echo {"steps": [{"text": "so far", "hang": true}]}'
        said = {"threadId": await program.thread(), "input": [{"type": "text", "text": text}]}
        await program.client.ok("turn/start", said)
        await program.client.notice("item/agentMessage/delta")
        before = len(program.client.received)
        home.kill_owner()
        end = await program.client.notice("item/completed", before)
        assert end["params"]["item"]["incomplete"]
        await program.client.level()
        assert "turn/completed" not in program.client.methods()


@pytest.mark.parametrize("method", ["turn/start", "host/events/subscribe"])
async def test_a_client_without_notifications_so_far_gets_the_end_of_the_turn_after_a_failover(
    tmp_path: Path, method: str
) -> None:
    async with shared_home(tmp_path) as home:
        other = await home.client()
        thread_id = await other.thread()
        text = '@echo {"steps": [{"hang": true}]}'
        said = {"threadId": thread_id, "input": [{"type": "text", "text": text}]}
        turn = await other.client.ok("turn/start", said | {"idempotencyKey": "k"})
        await other.client.notice("item/completed")
        place = other.client.notices[-1]["cursor"]
        program = await home.client()
        if method == "turn/start":
            assert await program.client.ok(method, said | {"idempotencyKey": "k"}) == turn
        else:
            await program.client.ok(method, {"afterCursor": place})
        await program.client.level()
        assert program.client.notices == []
        home.kill_owner()
        end = await program.client.notice("turn/completed")
        assert end["params"]["turn"]["id"] == turn["turn"]["id"]


async def test_a_host_whose_own_client_left_serves_until_the_joined_clients_leave(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        owner = await home.client(verb="serve")
        assert home.owner == owner.process.pid
        joined = await home.client(verb="serve")
        owner.end_input()
        thread_id = await joined.thread()
        await joined.turn(thread_id)
        assert home.owner == owner.process.pid
        assert await joined.leave() == 0
        assert not home.is_owned
        assert await asyncio.wait_for(owner.process.wait(), 20) == 0


async def test_a_host_that_ends_is_replaced_by_one_with_the_same_options(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        owner = await home.client("--model", "echo:as told", verb="serve")
        joined = await home.client()
        thread_id = await joined.thread()
        owner.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(owner.process.wait(), 20) == 0
        await joined.turn(thread_id)
        asked = {"threadId": thread_id, "includeTurns": True}
        turn = (await joined.client.ok("thread/read", asked))["thread"]["turns"][-1]
        assert turn["items"][-1]["text"] == "as told"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["term", "hup"])
async def test_a_program_that_gets_a_signal_to_end_leaves_though_its_host_is_silent(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with shared_home(tmp_path) as home:
        program, other = await home.client(), await home.client()
        await program.thread()
        program.process.send_signal(number)
        assert await asyncio.wait_for(program.process.wait(), 20) == 0
        await other.turn(await other.thread())


async def test_a_daemon_stays_when_its_clients_leave(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        assert (await home.command("daemon", "status"))[0] == 3
        assert (await home.command("daemon", "start"))[0] == 0
        pid = home.owner
        code, said = await home.command("daemon", "start")
        assert (code, said) == (0, f"process {pid} is the host on {home.home} already\n")
        joined = await home.client()
        code, said = await home.command("app-server", "daemon", "status", "--json")
        assert (code, json.loads(said)["clients"]) == (0, 1)
        assert await joined.leave() == 0
        assert home.owner == pid


async def test_a_daemon_that_is_stopped_is_not_replaced(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        await home.command("daemon", "start")
        left = await home.client()
        assert (await home.command("daemon", "stop"))[0] == 0
        assert not home.is_owned
        assert await asyncio.wait_for(left.process.wait(), 25) == 1
        assert left.errors == f"threadhost: the host on {home.home} was stopped\n"
        assert not home.is_owned


async def test_a_proxy_starts_no_host(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        code, said = await home.command("proxy")
        assert code == 1
        assert said.startswith(f"threadhost: no host runs on {home.home}; `threadhost daemon start")
        await home.command("daemon", "start")
        for verb in ("proxy", "app-server proxy"):
            proxy = await home.client(verb=verb)
            await proxy.thread()
            assert await proxy.leave() == 0


async def test_a_client_that_wants_another_model_is_refused_and_the_host_goes_on(
    tmp_path: Path,
) -> None:
    async with shared_home(tmp_path) as home:
        one = await home.client("--model", "echo:one")
        other = await home.join("--model", "echo:two")
        assert await asyncio.wait_for(other.process.wait(), 20) == 1
        assert other.errors.startswith("threadhost: --model: the host on this home (process ")
        assert other.errors.count("\n") == 1
        await one.turn(await one.thread())


@pytest.mark.parametrize("words", [("--modle", "x"), ("--model", "a:b")])
async def test_the_program_that_starts_the_host_prints_why_the_host_cannot_start(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    async with shared_home(tmp_path) as home:
        program = await home.join(*words)
        code = await asyncio.wait_for(program.process.wait(), 20)
        assert (code, program.errors.count("\n")) == (1 if words[1] == "a:b" else 2, 1)
        assert program.errors.startswith("threadhost: no such ")


async def test_a_home_that_is_in_use_without_a_socket_is_refused(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home, open_host(home.home):
        program = await home.join()
        assert await asyncio.wait_for(program.process.wait(), 20) == 1
        assert f"is in use by process {os.getpid()}; stop it" in program.errors


async def test_a_link_in_the_place_of_the_socket_is_refused_in_words(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        home.home.mkdir()
        (home.home / "host.sock").symlink_to(tmp_path / "elsewhere")
        program = await home.join()
        assert await asyncio.wait_for(program.process.wait(), 20) == 1
        assert program.errors == (f"threadhost: {home.home}/host.sock is not a socket; remove it\n")


async def test_programs_meet_in_a_home_with_a_long_path(tmp_path: Path) -> None:
    async with shared_home(tmp_path / ("a" * 100) / ("b" * 100)) as home:
        one, other = await home.client(), await home.client()
        thread_id = await one.thread()
        await one.turn(thread_id)
        assert (await other.client.ok("thread/list"))["data"][0]["id"] == thread_id
        assert await other.leave() == 0
        assert await one.leave() == 0


async def test_programs_that_start_at_once_start_one_host(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        programs = await asyncio.gather(*(home.client() for _ in range(4)))
        await asyncio.gather(*(program.thread() for program in programs))
        code, said = await home.command("daemon", "status", "--json")
        assert (code, json.loads(said)["clients"]) == (0, 4)


async def test_a_client_that_joins_a_daemon_imports_only_the_listed_modules(tmp_path: Path) -> None:
    async with shared_home(tmp_path) as home:
        await home.command("daemon", "start")
        program = await home.client(PYTHONPROFILEIMPORTTIME="1")
        await program.thread()
        assert await program.leave() == 0
        found = imported(program.errors)
    assert {name for name in found if name.startswith("threadhost")} == JOINS
    assert found & HEAVY == set()


JOINS = {
    "threadhost",
    "threadhost.adapters",
    "threadhost.adapters.cli",
    "threadhost.adapters.home_socket",
    "threadhost.adapters.joining",
    "threadhost.adapters.joining.greeting",
    "threadhost.adapters.joining.handshake",
    "threadhost.adapters.joining.proxy",
    "threadhost.adapters.joining.session_state",
    "threadhost.adapters.joining.streamed_items",
    "threadhost.adapters.joining.relay",
    "threadhost.adapters.version",
}
HEAVY = {"asyncio", "json", "logging", "pydantic", "socket", "sqlite3", "subprocess", "websockets"}


def imported(errors: str) -> set[str]:
    """The modules that a process reports as imported."""
    lines = [line for line in errors.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}
