"""Running listeners over an app until there is a reason to stop."""

import asyncio
import errno
import json
import socket
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.operator_lines import is_logged, logged_line
from tests.support.store import now
from threadhost.actors.lifecycle import LifeCycle
from threadhost.adapters import self_check
from threadhost.adapters.cli.home_client import connected
from threadhost.adapters.cli.output import Failure
from threadhost.adapters.config import Listen, Settings, WsAuth, parse_listen
from threadhost.adapters.jsonrpc.transports.base import ListenFailed
from threadhost.adapters.jsonrpc.transports.frame_listener import listen_failed
from threadhost.adapters.serve import Stop, StopOutcome, serve
from threadhost.adapters.version import product_version
from threadhost.events import failpoints
from threadhost.events.store.lock import is_held, read_owner
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

HANG = '@echo {"steps": [{"hang": true}]}'


class Running:
    """A host being served in this process."""

    def __init__(self, settings: Settings) -> None:
        self.stop = Stop()
        self.addresses = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(
            serve(settings, self.stop, self.addresses.set_result, env={})
        )

    async def address(self) -> Listen:
        found: Listen = (await asyncio.wait_for(self.addresses, 10))[0]
        return found


def settings(home: Path, *listen: str) -> Settings:
    return Settings(home, tuple(parse_listen(text) for text in listen))


async def test_a_host_serves_until_it_is_stopped_and_returns_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "threadhost")
    host = Running(settings(tmp_path, "ws://127.0.0.1:0"))
    async with connected(await host.address()) as client:
        thread = await client.start_thread()
        assert (await client.run_turn(thread.id, "over a socket")).text == "over a socket"
    assert host.stop.ask("enough")
    assert not host.stop.ask("more than enough")
    assert await host.task == StopOutcome("enough")
    assert not is_held(tmp_path)
    assert logged_line(caplog, "home.made")["home"] == str(tmp_path)
    assert logged_line(caplog, "host.started")["model"] == "echo"


async def test_a_host_logs_which_process_left_the_home_without_closing_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[int] = []
    odd = ("", '{"pid": "4711"}', '{"pid": true}', '{"pid": -5}')
    for left in (*odd, '{"pid": 4711, "listen": []}', "", '{"pid": 4712}', ""):
        (tmp_path / "host.lock").write_text(left)
        host = Running(settings(tmp_path, "ws://127.0.0.1:0"))
        await host.address()
        host.stop.ask("enough")
        await host.task
        if is_logged(caplog, "host.not_closed"):
            said.append(logged_line(caplog, "host.not_closed")["pid"])
        caplog.clear()
    assert said == [4711, 4712]


async def test_clients_get_the_end_of_their_turns_before_they_are_disconnected(
    tmp_path: Path,
) -> None:
    host = Running(settings(tmp_path / "h", f"unix://{tmp_path}/s"))
    async with connected(await host.address()) as client:
        thread = await client.start_thread()
        begun = client.notifications("turn/started")
        waiting = asyncio.create_task(client.run_turn(thread.id, HANG))
        await anext(begun)
        host.stop.ask("enough")
        assert (await waiting).turn.status == "interrupted"
        await host.task
        with pytest.raises(threadhost.ConnectionClosed):
            await client.loaded_threads()


async def test_a_host_that_drains_refuses_new_work_and_new_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draining, go_on = asyncio.Event(), asyncio.Event()
    unload = LifeCycle.unload

    async def held(*given: Any, **more: Any) -> Any:
        draining.set()
        await go_on.wait()
        return await unload(*given, **more)

    monkeypatch.setattr(LifeCycle, "unload", held)
    host = Running(settings(tmp_path / "h", "ws://127.0.0.1:0"))
    address = await host.address()
    async with connected(address) as client, connected(address) as other:
        thread = await client.start_thread()
        host.stop.ask("enough")
        await draining.wait()
        for who in (client, other):
            for asked in (who.start_thread(), who.start_turn(thread.id, "more")):
                with pytest.raises(threadhost.RpcError, match="the host is shutting down") as said:
                    await asked
                assert said.value.code == -32001
            assert (await who.read_thread(thread.id)).id == thread.id
        with pytest.raises(Failure, match=r"the host is shutting down \(503\)"):
            async with connected(address):
                pass
        go_on.set()
        assert await host.task == StopOutcome("enough")


async def test_the_lock_file_of_a_home_names_the_addresses_of_its_host(tmp_path: Path) -> None:
    host = Running(settings(tmp_path, "ws://127.0.0.1:0", f"unix://{tmp_path}/s"))
    first = await host.address()
    assert read_owner(tmp_path / "host.lock")["listen"] == [str(first), f"unix://{tmp_path}/s"]
    host.stop.ask("enough")
    await host.task


async def test_an_address_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = settings(tmp_path / "h", f"unix://{tmp_path}/s", f"unix://{tmp_path}/file")
    host = Running(wrong)
    with pytest.raises(ListenFailed, match="the file there is not a socket"):
        await host.task
    assert not is_held(tmp_path / "h")
    assert not (tmp_path / "s").exists()


def test_a_host_name_that_does_not_resolve_is_reported_in_the_words_of_the_system() -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    failed = listen_failed(Listen("ws", host="nobody.invalid", port=1), unknown)
    assert str(failed) == "cannot listen on ws://nobody.invalid:1: Name or service not known"


async def test_a_failed_store_ends_the_host_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps = []
    monkeypatch.setattr(
        "threadhost.adapters.app.App.note_addresses", lambda app, _: apps.append(app)
    )
    host = Running(settings(tmp_path, "ws://127.0.0.1:0"))
    await host.address()
    apps[0].failed.set()
    assert await host.task == StopOutcome("the store failed", failed=True)


async def test_cancelling_a_host_unlocks_its_home(tmp_path: Path) -> None:
    host = Running(settings(tmp_path, "ws://127.0.0.1:0"))
    await host.address()
    host.task.cancel()
    await asyncio.wait([host.task])
    assert host.task.cancelled()
    assert not is_held(tmp_path)


def recorded(home: Path) -> list[str]:
    """The events of hosts in the log of a home at rest."""
    with closing(ReadOnlyLog.open(home)) as log:
        return [fact.kind for fact in now(log.read(0, 100)) if fact.kind.startswith("host.")]


@pytest.mark.parametrize("scheme", ["ws", "unix"])
async def test_a_host_whose_address_is_taken_is_not_recorded_in_its_log(
    scheme: str, tmp_path: Path
) -> None:
    taken = "ws://127.0.0.1:0" if scheme == "ws" else f"unix://{tmp_path}/s"
    first = Running(settings(tmp_path / "first", taken))
    address = await first.address()
    with pytest.raises(ListenFailed, match="cannot listen on"):
        await serve(settings(tmp_path / "h", f"unix://{tmp_path}/t", str(address)), Stop(), env={})
    assert recorded(tmp_path / "h") == []
    assert not (tmp_path / "t").exists()
    first.stop.ask("enough")
    await first.task
    again = Running(settings(tmp_path / "h", str(address)))
    async with connected(await again.address()) as client:
        assert (await client.read_stats()).connections.open == 1
    again.stop.ask("enough")
    await again.task
    assert recorded(tmp_path / "h") == ["host.started.v2", "host.stopped.v1"]


async def test_a_client_that_connects_before_the_host_is_ready_is_served_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, answers = tmp_path / "s", list[asyncio.Task[bytes]]()
    writers: list[asyncio.StreamWriter] = []
    resume = LifeCycle.resume

    async def knocking(self: LifeCycle, *given: Any) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        writers.append(writer)
        answers.append(asyncio.create_task(reader.readline()))
        with pytest.raises(ListenFailed, match="another process listens there"):
            await serve(settings(tmp_path / "other", f"unix://{path}"), Stop(), env={})
        assert not answers[0].done()
        await resume(self, *given)

    monkeypatch.setattr(LifeCycle, "resume", knocking)
    host = Running(settings(tmp_path / "h", f"unix://{path}"))
    async with connected(await host.address()) as client:
        await client.loaded_threads()
    assert (await answers[0]).startswith(b"HTTP/1.1 4")
    writers[0].close()
    await writers[0].wait_closed()
    host.stop.ask("enough")
    await host.task


async def http(address: Listen, *head: str) -> tuple[int, str]:
    """The status and the body of an answer at a port."""
    source, sink = await asyncio.open_connection(address.host, address.port)
    sink.write("\r\n".join([*head, "Host: localhost", "", ""]).encode())
    answer = (await source.read()).decode()
    sink.close()
    first, _, body = answer.partition("\r\n\r\n")
    return int(first.split()[1]), body


READY, HEALTH = "GET /readyz HTTP/1.1", "GET /healthz HTTP/1.1"
DETAIL = "GET /healthz?detail=1 HTTP/1.1"


async def test_a_host_is_unready_while_the_disk_is_full_and_becomes_ready_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_check, "FILES_EVERY_S", 1_000)

    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    host = Running(settings(tmp_path, "ws://127.0.0.1:0"))
    address = await host.address()
    assert await http(address, READY) == (200, "ok\n")
    async with connected(address) as client:
        failpoints.arm("store.before_commit", fail)
        with pytest.raises(threadhost.RpcError, match="no space is left"):
            await client.start_thread()
        down = "nothing can be written: no space is left on the device of the store\n"
        assert await http(address, READY) == (503, down)
        assert await http(address, HEALTH) == (200, "ok\n")
        status, body = await http(address, DETAIL)
        detail = json.loads(body)
        assert (status, detail["status"], detail["clients"]) == (200, "cannot write", 1)
        failpoints.disarm()
        await client.start_thread()
    assert await http(address, READY) == (200, "ok\n")
    detail = json.loads((await http(address, DETAIL))[1])
    assert (detail["status"], detail["fault"], detail["liveThreads"]) == ("ok", None, 1)
    host.stop.ask("enough")
    await host.task


async def test_detailed_health_needs_the_token_and_plain_health_does_not(tmp_path: Path) -> None:
    auth = WsAuth("capability-token", token_sha256=sha256(b"right").digest())
    host = Running(settings(tmp_path, "ws://127.0.0.1:0")._replace(ws_auth=auth))
    address = await host.address()
    assert await http(address, HEALTH) == (200, "ok\n")
    assert (await http(address, DETAIL))[0] == 401
    status, body = await http(address, DETAIL, "Authorization: Bearer right")
    assert (status, json.loads(body)["version"]) == (200, product_version())
    host.stop.ask("enough")
    await host.task
