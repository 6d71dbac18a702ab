"""stdio: one JSON object a line, one client for the life of the process."""

import asyncio
import os
from collections.abc import Iterator

from threadhost.adapters.config import STDIO, Limits, Listen
from threadhost.adapters.jsonrpc.envelope import oversize
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed
from threadhost.adapters.jsonrpc.transports.base import Accept, Peer, Share
from threadhost.adapters.jsonrpc.transports.descriptors import Reader, Writer, reader, writer
from threadhost.adapters.jsonrpc.transports.lines import LineSplitter, Oversize
from threadhost.events.operator_log import CLIENT_GIVEN_UP

AT_STDIO = Peer("stdio", "stdio")


async def open_stdio(accept: Accept, limits: Limits) -> "Stdio":
    """Serve this process's own stdin and stdout.

    From here on anything else printed to stdout goes to stderr: stdout is for the protocol alone.
    """
    output = os.dup(1)
    os.dup2(2, 1)
    source = reader(0, limits.read_chunk_bytes)
    return Stdio(accept, limits, source, writer(output, shared_with=2, is_ours=True))


class Stdio:
    """The client at a pair of descriptors; begins at once, ends with its input.

    A client that is too slow gets nothing more, and its further input is ignored until it ends:
    only the end of the input ends a host.
    """

    def __init__(
        self, accept: Accept, limits: Limits, source: Reader, sink: Writer, peer: Peer = AT_STDIO
    ) -> None:
        self._peer = peer
        self._limits = limits
        self._source = source
        self._sink = sink
        self._outbox = Outbox(limits, self._give_up, lambda: sink.unsent_bytes)
        self._session = accept(self._outbox, peer)
        self._reading = asyncio.create_task(self._read(), name="stdio reader")
        self._writing = asyncio.create_task(self._write(), name="stdio writer")
        self._giving_up: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def address(self) -> Listen:
        """stdio://."""
        return STDIO

    async def ended(self) -> None:
        """Wait until the input ended or the output broke."""
        await asyncio.wait([self._reading])

    def turn_away(self) -> None:
        """Do nothing: there is only one client."""

    async def close(self) -> None:
        """Read no more, close the session, and write the rest if the peer takes it in time."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="stdio close")
        await asyncio.shield(self._closing)

    async def begin(self) -> None:
        """Do nothing: the one client is served from the beginning."""

    @property
    def is_reading(self) -> bool:
        """Whether the input has not ended."""
        return not self._reading.done()

    async def _close(self) -> None:
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._session.close()
        self._outbox.close()
        await asyncio.wait([self._writing], timeout=self._limits.close_timeout_ms / 1000)
        await self._hang_up()
        self._source.close()  # after the sink, as opened before it: both may be one socket

    async def _hang_up(self) -> None:
        self._writing.cancel()
        await asyncio.wait([self._writing])
        self._outbox.abandon()
        self._sink.close()

    def _give_up(self) -> None:
        waited = self._limits.slow_reader_timeout_ms // 1000
        peer = f"the client at {self._peer.whose or self._peer.address}"
        CLIENT_GIVEN_UP.emit(peer=peer, seconds=waited)
        self._outbox.abandon()
        self._giving_up = asyncio.create_task(self._lose_client(), name="stdio giving up")

    async def _lose_client(self) -> None:
        await self._hang_up()
        await self._session.close()

    async def _read(self) -> None:
        lines = LineSplitter(self._limits.frame_bytes_max)
        try:
            while chunk := await self._source.read():
                await self._hear_all(lines.feed(chunk))
                self._note_kept(lines.kept_bytes)
                if self._outbox.above_high_water:
                    await self._outbox.drained()
        except OSError:
            return  # a reset counts as the end of the input
        finally:
            self._source.pause()
        await self._hear_all(lines.finish())

    def _note_kept(self, size_bytes: int) -> None:
        """Note the bytes received of a line that has not ended."""

    async def _hear_all(self, lines: Iterator[bytes | Oversize]) -> None:
        share = Share()
        for line in lines:
            await share.after(*self._hear(line))

    def _hear(self, line: bytes | Oversize) -> tuple[int, asyncio.Future[None] | None]:
        if self._giving_up is not None:
            return 0, None
        if isinstance(line, Oversize):
            self._session.refuse(oversize(self._limits, line.head))
            return 0, None
        return len(line), self._session.receive(line)

    async def _write(self) -> None:
        try:
            while True:
                batch = await self._outbox.next_batch()
                batch.append(b"")
                await self._sink.write(b"\n".join(batch))
        except (OutboxClosed, asyncio.CancelledError):
            return  # a cancelled task would keep its frames, and the batch in them
        except OSError:
            self._outbox.close()
            self._reading.cancel()
