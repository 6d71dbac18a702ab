"""Reading and writing file descriptors of any kind from the loop, without a stream object."""

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

WRITE_BYTES = 64 * 1024
"""The bytes of one write to a descriptor that blocks until all of them are taken."""


def polls(descriptor: int) -> bool:
    """Whether the loop can wait for a descriptor: for pipes and sockets, not files and terminals.

    The loop could wait for a terminal, but the shell shares it and must not find it non-blocking.
    """
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _ready(descriptor: int, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    add(descriptor, _settle, future)
    try:
        await future
    finally:
        remove(descriptor)


def _end_stream(descriptor: int) -> None:
    """Send the end of the stream to a socket's peer, even if other processes have it open."""
    if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as end:
            end.shutdown(socket.SHUT_WR)


class PolledReader:
    """Reads a pipe or a socket on the loop itself.

    The loop watches the descriptor from the first read on, until input comes that no read awaits.
    """

    def __init__(self, descriptor: int, chunk_bytes: int) -> None:
        self._descriptor = descriptor
        self._chunk_bytes = chunk_bytes
        self._was_blocking = os.get_blocking(descriptor)
        self._loop = asyncio.get_running_loop()
        self._is_watched = False
        self._waiting: asyncio.Future[bytes] | None = None
        os.set_blocking(descriptor, False)

    async def read(self) -> bytes:
        """The next bytes, empty at the end; always waits for the loop. Raises OSError.

        A caller that cancels a read must not read again: bytes that just arrived may be lost.
        """
        if not self._is_watched:
            self._loop.add_reader(self._descriptor, self._read)
            self._is_watched = True
        self._waiting = self._loop.create_future()
        return await self._waiting

    def pause(self) -> None:
        """Stop watching the descriptor until the next read; idempotent."""
        if self._is_watched:
            self._is_watched = False
            self._loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """Stop, and restore the blocking mode of the descriptor."""
        self.pause()
        os.set_blocking(self._descriptor, self._was_blocking)

    def _read(self) -> None:
        """Read available input, once, for the read that waits."""
        if self._waiting is None or self._waiting.done():
            self.pause()
            return
        try:
            self._waiting.set_result(os.read(self._descriptor, self._chunk_bytes))
        except BlockingIOError:
            return
        except OSError as error:
            self._waiting.set_exception(error)


class ThreadReader:
    """Reads a file or a terminal in a thread, one chunk ahead of the caller."""

    def __init__(self, descriptor: int, chunk_bytes: int) -> None:
        self._descriptor = descriptor
        self._chunk_bytes = chunk_bytes
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self._wanted = threading.Semaphore(1)
        # A read of a terminal cannot be cancelled; a daemon thread does not delay the exit.
        threading.Thread(target=self._run, name="stdin", daemon=True).start()

    async def read(self) -> bytes:
        """The next bytes, empty at the end; raises OSError."""
        chunk = await self._chunks.get()
        self._wanted.release()
        if isinstance(chunk, OSError):
            raise chunk
        return chunk

    def pause(self) -> None:
        """Do nothing: the thread never reads more than one chunk ahead."""

    def close(self) -> None:
        """Do nothing: the thread waits for the next read, or ends with the process."""

    def _run(self) -> None:
        chunk: bytes | OSError = b"."
        while chunk and not isinstance(chunk, OSError):
            self._wanted.acquire()
            try:
                chunk = os.read(self._descriptor, self._chunk_bytes)
            except OSError as error:
                chunk = error
            try:
                self._loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:  # the loop is closed: no caller waits any more
                return


class PolledWriter:
    """Writes a pipe or a socket on the loop itself."""

    def __init__(self, descriptor: int, *, is_ours: bool = False) -> None:
        self._descriptor: int | None = descriptor
        self._is_ours = is_ours
        self._was_blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
        self.unsent_bytes = 0
        """The bytes of the current write that the peer has not taken."""

    async def write(self, data: bytes) -> None:
        """Write all data, waiting while the peer does not read; raises OSError."""
        loop = asyncio.get_running_loop()
        unwritten = memoryview(data)
        while unwritten and (descriptor := self._descriptor) is not None:
            self.unsent_bytes = len(unwritten)
            try:
                unwritten = unwritten[os.write(descriptor, unwritten) :]
            except BlockingIOError:
                await _ready(descriptor, loop.add_writer, loop.remove_writer)
        self.unsent_bytes = 0

    def close(self) -> None:
        """Restore the blocking mode of the descriptor, and close it if it is ours; idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        os.set_blocking(descriptor, self._was_blocking)  # others may have the same file open
        if self._is_ours:
            _end_stream(descriptor)
            os.close(descriptor)


class ThreadWriter:
    """Writes a file or a terminal, which may block, in a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._writes: SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = SimpleQueue()
        self.unsent_bytes = 0
        """The bytes of the current write that the peer has not taken."""
        # A blocked write cannot be cancelled; a daemon thread does not delay the exit.
        threading.Thread(target=self._run, name="stdout", daemon=True).start()

    async def write(self, data: bytes) -> None:
        """Write all data; raises OSError."""
        written: asyncio.Future[None] = self._loop.create_future()
        self.unsent_bytes = len(data)
        self._writes.put((data, written))
        await written

    def close(self) -> None:
        """End the thread after all earlier writes."""
        self._writes.put(None)

    def _run(self) -> None:
        while (write := self._writes.get()) is not None:
            data, written = write
            fault: OSError | None = None
            try:
                self._write(data)
            except OSError as error:
                fault = error
            try:
                self._loop.call_soon_threadsafe(_settle_with, written, fault)
            except RuntimeError:  # the loop is closed: no caller waits any more
                return

    def _write(self, data: bytes) -> None:
        unwritten = memoryview(data)
        while unwritten:
            self.unsent_bytes = len(unwritten)
            unwritten = unwritten[os.write(self._descriptor, unwritten[:WRITE_BYTES]) :]
        self.unsent_bytes = 0


def _settle_with(future: asyncio.Future[None], fault: OSError | None) -> None:
    if future.done():
        return
    if fault is None:
        future.set_result(None)
    else:
        future.set_exception(fault)


Reader = PolledReader | ThreadReader
Writer = PolledWriter | ThreadWriter


def reader(descriptor: int, chunk_bytes: int) -> Reader:
    """The reader for this kind of descriptor."""
    if polls(descriptor):
        return PolledReader(descriptor, chunk_bytes)
    return ThreadReader(descriptor, chunk_bytes)


def writer(descriptor: int, shared_with: int | None = None, *, is_ours: bool = False) -> Writer:
    """The writer for this kind of descriptor; a pipe that `shared_with` shares stays blocking.

    `is_ours`: the writer closes the descriptor in the end, so that the peer sees the end.
    """
    shared = shared_with is not None and os.path.sameopenfile(descriptor, shared_with)
    if polls(descriptor) and not shared:
        return PolledWriter(descriptor, is_ours=is_ours)
    return ThreadWriter(descriptor)
