"""A real host for a test: in this process over each transport, or as a program of its own."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from tests.support.client import Client
from tests.support.hosts import NO_RETRIES
from tests.support.links import FrameLink, LineLink
from threadhost.actors.models import CallLimits, ModelClient
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import FieldLimits, Limits, Listen, Settings
from threadhost.adapters.jsonrpc.transports.base import Listener
from threadhost.adapters.jsonrpc.transports.descriptors import reader, writer
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.stdio import Stdio
from threadhost.adapters.models.echo import EchoClient

Transport = Literal["stdio", "unix", "websocket"]
TRANSPORTS: tuple[Transport, ...] = get_args(Transport)
ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")
START_S = 15


@contextmanager
def short_lived_home() -> Iterator[Path]:
    """A folder for a host's home, in memory where there is such a place; gone afterwards."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="threadhost-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Model(EchoClient):
    """The echo under the names that the recorded sessions show; what fails is not tried again."""

    name = "mock_provider"
    default_model = "mock-model"

    def limits(self, provider: str) -> CallLimits:
        """None of its failures is worth another call."""
        return NO_RETRIES


@dataclass
class Host:
    """A host in this process; clients reach it over real sockets."""

    home: Path
    transport: Transport = "stdio"
    settings: dict[str, Any] = field(default_factory=dict)
    reply: str | None = "ok"
    model: Callable[[], ModelClient] | None = None
    """What makes its model, if that is not the echo."""
    app: App | None = None
    clients: list[Client] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    _ends: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def running(self) -> App:
        """The open host."""
        assert self.app is not None
        return self.app

    async def start(self) -> None:
        """Open the host on its home."""
        model = self.model() if self.model else Model(self.reply)
        self.app = await open_app(Settings(self.home, **self.settings), model=model)
        if self.transport != "stdio":
            self.listeners = [await self._listen(self.app)]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _listen(self, app: App) -> Listener:
        listen = Listen("ws", host="127.0.0.1")
        if self.transport == "unix":
            listen = Listen("unix", path=self.home / "s")
        return await open_listener(listen, app.accept, app.settings.limits, refused=app.refused)

    async def stop(self) -> None:
        """Hang up all clients and close, as at the end of the program."""
        clients, self.clients = self.clients, []
        listeners, self.listeners = self.listeners, []
        try:
            for client in clients:
                await client.close()
        finally:
            for listener in listeners:
                await listener.close()
            await asyncio.gather(*self._ends)
            self._ends.clear()
            if self.app is not None:
                await self.app.close()
            self.app = None

    async def restart(self) -> None:
        """Close, and open the same home again."""
        await self.stop()
        await self.start()

    async def connect(self) -> Client:
        """A connection that has said nothing yet."""
        if self.transport == "stdio":
            link: LineLink | FrameLink = await LineLink.over(self.stdio())
        elif self.transport == "unix":
            link = await FrameLink.to_socket(self.home / "s")
        else:
            link = await FrameLink.to_address(str(self.listeners[0].address))
        client = Client(link)
        self.clients.append(client)
        return client

    async def client(self, **capabilities: Any) -> Client:
        """A connection with its handshake done."""
        client = await self.connect()
        await client.initialize(**capabilities)
        return client

    def stdio(self) -> socket.socket:
        """A client's end of what would be the standard input and output of a program."""
        ours, theirs = socket.socketpair()
        app, number = self.running, theirs.fileno()
        source = reader(number, app.settings.limits.read_chunk_bytes)
        sink = writer(os.dup(number), is_ours=True)
        stdio = Stdio(app.accept, app.settings.limits, source, sink)
        self.listeners.append(stdio)
        self._ends.append(asyncio.create_task(_close_at_end(stdio, theirs)))
        return ours


async def _close_at_end(stdio: Stdio, end: socket.socket) -> None:
    """What a program does when its input ends."""
    await stdio.ended()
    await stdio.close()
    end.close()


UNBOUNDED = FieldLimits(*[2**30] * len(FieldLimits._fields))
"""What versions took that knew no limits of fields: old homes hold more than can be said now."""


def limits(**changed: Any) -> Limits:
    """The limits with some of them changed."""
    return Limits()._replace(**changed)


LISTENS = "listening on "
"""How the line begins that says where a host listens."""


@dataclass
class Program:
    """A host in a process of its own, which can be killed."""

    home: Path
    transport: Transport = "stdio"
    process: asyncio.subprocess.Process | None = None
    options: tuple[str, ...] = ()
    model: str = "echo:ok"

    async def start(self) -> Client:
        """Start it; an initialised client of it."""
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "threadhost.adapters.cli.main", "serve", "--model", self.model),
            *("--home", str(self.home), "--listen", self._listen(), *self.options),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=ROOT,
        )
        client = await asyncio.wait_for(self._connect(self.process), START_S)
        await client.initialize()
        return client

    def _listen(self) -> str:
        if self.transport == "stdio":
            return "stdio://"
        return "ws://127.0.0.1:0" if self.transport == "websocket" else f"unix://{self.home}/s"

    async def _connect(self, process: asyncio.subprocess.Process) -> Client:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if self.transport == "stdio":
            return Client(LineLink(process.stdout, process.stdin))
        said = ""
        while not said.startswith(LISTENS):
            said = (await process.stderr.readline()).decode()
            if not said:
                raise AssertionError("it ended before it listened")
        address = said.removeprefix(LISTENS).strip()
        if self.transport == "unix":
            return Client(await FrameLink.to_socket(self.home / "s"))
        return Client(await FrameLink.to_address(address))

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end; its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        return await asyncio.wait_for(process.wait(), START_S)
