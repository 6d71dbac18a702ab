"""joined: one JSON object a line, over the private socket of a home, after a greeting."""

import asyncio
import logging
import os
from contextlib import suppress
from socket import SHUT_RDWR, socket
from typing import Protocol

from threadhost.actors.runtime.tasks import cancel_and_wait
from threadhost.adapters.config import Limits
from threadhost.adapters.home_socket import peer_pid, peer_uid
from threadhost.adapters.joining.greeting import (
    FOLLOWED,
    LEFT,
    LENGTH_BYTES,
    STOPPED,
    Greeting,
    body_bytes,
    unpack,
)
from threadhost.adapters.jsonrpc.transports.base import Accept, Peer
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.descriptors import PolledReader, PolledWriter
from threadhost.adapters.jsonrpc.transports.stdio import Stdio
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import FOREIGN_CLIENT, HOST_FAULT

ACCEPTED_A_TURN = 8
"""Few, so that most connections send their greeting before too many are waiting."""
MARKS = {True: FOLLOWED, False: LEFT}
AT_FAULT = "the host (process {}) failed while it checked this client; see its log"
FULL = "the host accepts no more clients: {}; end one, or try again later"
_log = logging.getLogger("threadhost.wire")


class JoinDecision(NamedTuple):
    """The answer to a greeting, and whether its sender becomes a client."""

    answer: Greeting
    is_client: bool = False


class Admit(Protocol):
    """The check of who may join a host."""

    def __call__(self, greeting: Greeting, clients: int) -> JoinDecision:
        """Decide on a greeting, given the number of joined clients."""


class JoinedClients:
    """All connections over the private socket."""

    def __init__(
        self,
        accept: Accept,
        limits: Limits,
        slots: ConnectionSlots,
        admit: Admit,
        address: str,
        first_joined: asyncio.Event,
    ) -> None:
        self.accept = accept
        self.limits = limits
        self.slots = slots
        self.admit = admit
        self.address = address
        self.first_joined = first_joined
        """Set when the first client joins."""
        self.none_present = asyncio.Event()
        """Set while no client is joined, or the last one has ended its input."""
        self.none_present.set()
        self.clients: dict[Arrival, Client] = {}
        self.present: set[Arrival] = set()
        """Clients whose input has not ended."""
        self.ends_with_last = False
        """Whether the host ends with its last client; the connection to it is closed after that."""
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, listening: socket) -> None:
        """Accept waiting connections, up to ACCEPTED_A_TURN. Raises OSError."""
        for _ in range(ACCEPTED_A_TURN):
            try:
                end, _address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            try:
                arrival = Arrival(end, self)
            except OSError:  # the peer is gone already
                end.close()
                continue
            arrival.task = asyncio.get_running_loop().create_task(arrival.run(), name="joined")
            self._tasks.add(arrival.task)
            arrival.task.add_done_callback(self._tasks.discard)

    def add(self, arrival: "Arrival") -> None:
        """Add an arrival that became a client."""
        self.present.add(arrival)
        self.none_present.clear()
        self.first_joined.set()

    def leave(self, arrival: "Arrival") -> None:
        """Remove a client whose input ended; idempotent."""
        self.present.discard(arrival)
        if not self.present:
            self.none_present.set()

    async def close(self, *, is_stop: bool) -> None:
        """Flush and close all; `is_stop`: tell clients that the host was stopped on purpose."""
        closing = [client.end(is_stop=is_stop) for client in tuple(self.clients.values())]
        await asyncio.gather(*closing)
        await cancel_and_wait([*self._tasks])


class Arrival:
    """One connection, from its acceptance on; see `SlotHolder`."""

    task: asyncio.Task[None]

    def __init__(self, end: socket, host: JoinedClients) -> None:
        self._end = end
        self._host = host
        end.setblocking(False)
        self._user = peer_uid(end)
        self._process = peer_pid(end)
        self.peer = f"user {self._user} process {self._process}"

    def drop(self) -> None:
        """Hang up at once."""
        if self in self._host.clients:
            with suppress(OSError):
                self._end.shutdown(SHUT_RDWR)
        else:
            self.task.cancel()

    async def run(self) -> None:
        """Read the greeting; if it may join, serve it as a client until it is gone."""
        self._host.slots.arrive(self)
        try:
            async with asyncio.timeout(self._host.limits.open_timeout_ms / 1000):
                greeting = await self._greeting()
            if greeting is not None and await self._admit(greeting):
                await self._be_client(greeting)
        except (OSError, TimeoutError, ValueError) as error:
            _log.debug("%s did not join: %s", self.peer, type(error).__name__)
        finally:
            self._host.slots.leave(self)
            self._end.close()

    async def _greeting(self) -> Greeting | None:
        """The greeting; None from another user's process, or one that is gone."""
        if self._user != os.geteuid():
            FOREIGN_CLIENT.emit(peer=self.peer)
            return None
        chunk_bytes, data = self._host.limits.read_chunk_bytes, b""
        source = PolledReader(self._end.fileno(), chunk_bytes)
        with suppress(BlockingIOError):  # most greetings have arrived by now
            data = self._end.recv(chunk_bytes)
        try:
            while len(data) < LENGTH_BYTES or len(data) < LENGTH_BYTES + body_bytes(data):
                chunk = await source.read()
                if not chunk:
                    return None
                data += chunk
        finally:
            source.pause()
        return unpack(data[LENGTH_BYTES : LENGTH_BYTES + body_bytes(data)])

    async def _admit(self, greeting: Greeting) -> bool:
        answer, is_client = self._admitted(greeting)
        full = self._host.slots.seat(self) if is_client else None
        if full is not None:
            answer = Greeting([("refused", FULL.format(full))])
        await PolledWriter(self._end.fileno()).write(answer.pack())
        return is_client and full is None

    def _admitted(self, greeting: Greeting) -> JoinDecision:
        """The decision on a greeting, also on a fault: a client without an answer asks for ever."""
        try:
            return self._host.admit(greeting, len(self._host.present))
        except Exception as fault:  # noqa: BLE001  (the log and the client get it)
            HOST_FAULT.emit(fault, what="admitting a client")
            return JoinDecision(Greeting([("refused", AT_FAULT.format(os.getpid()))]))

    async def _be_client(self, greeting: Greeting) -> None:
        host, number = self._host, greeting.one("newestAsked")
        newest = int(number) if number.isascii() and number.isdigit() else 0
        peer = Peer(
            "unix",
            host.address,
            whose=self.peer,
            folder=greeting.one("cwd"),
            newest_asked=newest,
            marks=MARKS if greeting.one("marks") == "True" else None,
        )
        client = Client(self, self._end, host, peer)
        host.clients[self] = client
        host.add(self)
        try:
            await client.ended()
            host.leave(self)
            if host.ends_with_last and not host.present:
                await asyncio.get_running_loop().create_future()  # open until the host ends
            await client.close()
        finally:
            host.leave(self)
            del host.clients[self]


class Client(Stdio):
    """A client that joined: like a client at stdio, but its end does not end the host."""

    def __init__(self, holder: Arrival, end: socket, host: JoinedClients, peer: Peer) -> None:
        self._holder = holder
        self._end = end
        self._unheard = host.slots.unheard
        self._is_stop = False
        source = PolledReader(end.fileno(), host.limits.read_chunk_bytes)
        super().__init__(host.accept, host.limits, source, PolledWriter(end.fileno()), peer)

    async def end(self, *, is_stop: bool) -> None:
        """Close the client; `is_stop`: tell it that the host was stopped on purpose."""
        self._is_stop = is_stop
        await self.close()

    def _note_kept(self, size_bytes: int) -> None:
        self._unheard.note(self._holder, size_bytes)

    async def _lose_client(self) -> None:
        await super()._lose_client()
        self._reading.cancel()

    async def _hang_up(self) -> None:
        if self._is_stop and self._writing.done():
            with suppress(OSError):
                self._end.send(STOPPED + b"\n")
        await super()._hang_up()
