"""One client at a pair of descriptors of any kind."""

import asyncio
import json
import os
import pty
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.adapters.jsonrpc.echo import Echo, Echoes
from tests.adapters.jsonrpc.malformed import MALFORMED
from tests.support.operator_lines import logged_line
from threadhost.adapters.config import STDIO, Limits
from threadhost.adapters.jsonrpc.transports.base import Peer
from threadhost.adapters.jsonrpc.transports.descriptors import reader, writer
from threadhost.adapters.jsonrpc.transports.stdio import Stdio

LIMITS = Limits()
SERVER = [sys.executable, "-m", "tests.adapters.jsonrpc.stdio_server"]
ROOT = Path(__file__).parents[3]
ASK = b'{"id":1,"method":"m","params":{"a":1}}\n'
ANSWER = b'{"id":1,"result":{"echo":{"a":1}}}\n'
BYE = b'{"method":"bye","params":{},"emittedAtMs":0}\n'


def serve(source: int, sink: int, limits: Limits = LIMITS) -> tuple[Stdio, Echo]:
    echoes = Echoes(limits)
    input_ = reader(source, limits.read_chunk_bytes)
    stdio = Stdio(echoes.accept, limits, input_, writer(os.dup(sink), is_ours=True))
    return stdio, echoes.sessions[0]


class Pipes:
    """A server at two pipes, and a client's ends of them."""

    def __init__(self, limits: Limits) -> None:
        source, self.to_server = os.pipe()
        self.from_server, sink = os.pipe()
        self.open = {source, self.to_server, self.from_server, sink}
        self.stdio, self.session = serve(source, sink, limits)
        self.close(sink)

    def send(self, data: bytes) -> None:
        os.write(self.to_server, data)

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            self.open.remove(descriptor)
            os.close(descriptor)


@asynccontextmanager
async def piped(limits: Limits = LIMITS) -> AsyncIterator[Pipes]:
    pipes = Pipes(limits)
    try:
        yield pipes
    finally:
        await pipes.stdio.close()
        pipes.close(*tuple(pipes.open))


async def read_until(descriptor: int, end: bytes) -> bytes:
    """Read on another thread, so that the server can use the loop."""

    def read() -> bytes:
        data = bytearray()
        while not end or not data.endswith(end):
            chunk = os.read(descriptor, 65536)
            if not chunk:
                break
            data += chunk
        return bytes(data)

    return await asyncio.to_thread(read)


async def test_a_pipe_is_answered_and_its_end_ends_the_client() -> None:
    async with piped() as pipes:
        assert pipes.stdio.address == STDIO
        assert pipes.session.peer == Peer("stdio", "stdio")
        pipes.send(ASK)
        assert await read_until(pipes.from_server, b"\n") == ANSWER
        pipes.close(pipes.to_server)
        await pipes.stdio.ended()
        await pipes.stdio.close()
        assert await read_until(pipes.from_server, b"\n") == BYE
        assert pipes.session.closed == 1


async def test_a_last_line_without_a_newline_is_answered() -> None:
    async with piped() as pipes:
        pipes.send(ASK.rstrip())
        pipes.close(pipes.to_server)
        await pipes.stdio.ended()
        assert await read_until(pipes.from_server, b"\n") == ANSWER


async def test_one_socket_may_be_input_and_output_and_keeps_its_blocking_mode() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stdio, _ = serve(theirs.fileno(), theirs.fileno())
        ours.sendall(ASK)
        assert await asyncio.to_thread(ours.recv, 1000) == ANSWER
        await stdio.close()
        assert os.get_blocking(theirs.fileno())


async def test_one_socket_ends_for_its_reader_though_its_input_continues() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stdio, session = serve(
            theirs.fileno(), theirs.fileno(), LIMITS._replace(slow_reader_timeout_ms=50)
        )
        await asyncio.to_thread(ours.sendall, b'{"id":0,"method":"flood","params":[900,1000]}\n')
        await session.ended()
        assert (await read_until(ours.fileno(), b"")).count(b'"news"') < 900
        assert stdio.is_reading
        await stdio.close()


async def test_a_terminal_is_served_and_never_made_non_blocking() -> None:
    ours, theirs = pty.openpty()
    stdio, _ = serve(theirs, theirs)
    assert os.get_blocking(theirs)
    os.write(ours, ASK)
    seen = await read_until(ours, ANSWER.replace(b"\n", b"\r\n"))
    assert seen.endswith(ANSWER.replace(b"\n", b"\r\n"))
    os.write(ours, b"\x04")
    await stdio.ended()
    await stdio.close()
    os.close(ours)
    os.close(theirs)


async def test_a_file_is_read_to_its_end_and_a_file_is_written(tmp_path: Path) -> None:
    asked, answered = tmp_path / "in", tmp_path / "out"
    asked.write_bytes(ASK * 5000)
    with asked.open("rb") as source, answered.open("wb") as sink:
        stdio, _ = serve(source.fileno(), sink.fileno())
        await stdio.ended()
        await stdio.close()
    assert answered.read_bytes() == ANSWER * 5000 + BYE


async def test_an_oversize_line_is_refused_and_the_next_is_answered() -> None:
    async with piped(LIMITS._replace(frame_bytes_max=100)) as pipes:
        await asyncio.to_thread(pipes.send, b"x" * 50_000 + b"\n" + ASK)
        refusal, answer, _ = (await read_until(pipes.from_server, ANSWER)).split(b"\n")
        error = json.loads(refusal)
        assert (error["id"], error["error"]["code"]) == (None, -32600)
        assert "larger than 100 bytes" in error["error"]["message"]
        assert answer + b"\n" == ANSWER
        assert pipes.session.heard == [ASK.rstrip()]


async def test_requests_of_a_client_that_does_not_read_wait_until_it_reads() -> None:
    limits = LIMITS._replace(outbox_high_water_bytes=10_000, outbox_low_water_bytes=1000)
    async with piped(limits) as pipes:
        pipes.send(b'{"id":0,"method":"flood","params":[2000,100]}\n')
        await pipes.session.hears(1)
        pipes.send(ASK)
        for _ in range(20):
            await asyncio.sleep(0)
        assert pipes.session.outbox.above_high_water
        assert len(pipes.session.heard) == 1
        data = await read_until(pipes.from_server, ANSWER)
        assert data.count(b'"news"') == 2000
        assert len(pipes.session.heard) == 2


@pytest.mark.slices
async def test_a_client_that_reads_gets_every_notification_however_many_bytes_they_are() -> None:
    async with piped(LIMITS._replace(outbox_bytes_max=1000)) as pipes:
        pipes.send(b'{"id":0,"method":"flood","params":[100,1000000]}\n' + ASK)
        data = await read_until(pipes.from_server, ANSWER)
        assert data.count(b'"news"') == 100
        assert len(data) > 100_000_000


async def test_a_client_that_takes_nothing_for_too_long_is_disconnected_and_its_input_is_still_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with piped(LIMITS._replace(slow_reader_timeout_ms=50)) as pipes:
        pipes.send(b'{"id":0,"method":"flood","params":[200,1000]}\n')
        await pipes.session.ended()
        assert (await read_until(pipes.from_server, b"")).count(b'"news"') < 200
        for _ in range(3):
            await asyncio.to_thread(pipes.send, ASK * 1000)
        assert logged_line(caplog, "client.given_up")["peer"] == "the client at stdio"
        assert pipes.stdio.is_reading
        assert len(pipes.session.heard) == 1
        pipes.close(pipes.to_server)
        await pipes.stdio.ended()


@pytest.mark.slices
async def test_a_client_that_reads_a_little_at_a_time_is_not_disconnected() -> None:
    limits = LIMITS._replace(slow_reader_timeout_ms=100)
    async with piped(limits) as pipes:
        pipes.send(b'{"id":0,"method":"flood","params":[1,3000000]}\n' + ASK)
        data = bytearray()
        while not data.endswith(ANSWER):
            data += await asyncio.to_thread(os.read, pipes.from_server, 65536)
            await asyncio.sleep(0.01)
        assert len(data) > 3_000_000
        assert pipes.session.closed == 0


async def test_a_client_that_closes_its_reading_end_ends_quietly() -> None:
    async with piped() as pipes:
        pipes.close(pipes.from_server)
        pipes.send(ASK)
        await pipes.stdio.ended()
        await pipes.stdio.close()
        assert pipes.session.closed == 1


async def test_pending_messages_are_written_before_the_connection_ends() -> None:
    async with piped() as pipes:
        pipes.send(b'{"id":0,"method":"flood","params":[500,1000]}\n')
        await pipes.session.hears(1)
        reading = asyncio.create_task(read_until(pipes.from_server, BYE))
        await pipes.stdio.close()
        assert (await reading).count(b'"news"') == 500


def run(data: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        SERVER, input=data, capture_output=True, timeout=25, check=False, cwd=ROOT
    )


@pytest.mark.slices
def test_a_program_exits_0_at_the_end_of_its_input_and_keeps_stdout_to_the_protocol() -> None:
    done = run(ASK)
    assert (done.returncode, done.stdout) == (0, ANSWER + BYE)
    assert done.stderr == b"a stray print\n"


@pytest.mark.slices
def test_every_malformed_line_is_answered_and_none_ends_the_program() -> None:
    done = run(b"".join(case.data + b"\n" for case in MALFORMED) + ASK)
    *errors, answer, _, end = done.stdout.split(b"\n")
    assert (done.returncode, end) == (0, b"")
    assert answer + b"\n" == ANSWER
    for case, error in zip(MALFORMED, map(json.loads, errors), strict=True):
        assert (error["error"]["code"], error["id"]) == (case.code, case.id), case.name
        assert case.words in error["error"]["message"]


@pytest.mark.slices
def test_input_that_cannot_be_polled_is_read_nevertheless() -> None:
    with Path("/dev/null").open("rb") as source:
        done = subprocess.run(
            SERVER, stdin=source, capture_output=True, timeout=25, check=False, cwd=ROOT
        )
    assert (done.returncode, done.stdout) == (0, BYE)
