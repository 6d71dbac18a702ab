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
"""What is written at a time where a write waits until all of it is taken."""


def polls(descriptor: int) -> bool:
    """Whether the loop can wait for it: pipes and sockets, but not files and not terminals.

    A terminal could, but it is shared with the shell, which must not find it non-blocking.
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
    """Let the peer of a socket find the end, though others have the socket open, too."""
    if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as end:
            end.shutdown(socket.SHUT_WR)


class PolledReader:
    """Reads a pipe or a socket on the loop itself.

    The loop looks out for more from the first read on, until there is some that nobody waits for.
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

        Who gives up waiting reads no more: what came in that moment is lost.
        """
        if not self._is_watched:
            self._loop.add_reader(self._descriptor, self._read)
            self._is_watched = True
        self._waiting = self._loop.create_future()
        return await self._waiting

    def pause(self) -> None:
        """Look out for nothing until it is read from again; idempotent."""
        if self._is_watched:
            self._is_watched = False
            self._loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """Leave the descriptor as it was found."""
        self.pause()
        os.set_blocking(self._descriptor, self._was_blocking)

    def _read(self) -> None:
        """There is something to read: for who waits, and only once."""
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
    """Reads a file or a terminal in a thread, one chunk ahead of who asks for it."""

    def __init__(self, descriptor: int, chunk_bytes: int) -> None:
        self._descriptor = descriptor
        self._chunk_bytes = chunk_bytes
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self._wanted = threading.Semaphore(1)
        # A read of a terminal cannot be called off: as a daemon it does not hold up the exit.
        threading.Thread(target=self._run, name="stdin", daemon=True).start()

    async def read(self) -> bytes:
        """The next bytes, empty at the end; raises OSError."""
        chunk = await self._chunks.get()
        self._wanted.release()
        if isinstance(chunk, OSError):
            raise chunk
        return chunk

    def pause(self) -> None:
        """One chunk is read ahead, and no more."""

    def close(self) -> None:
        """Ask for no more."""

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
            except RuntimeError:  # the loop is closed: nobody asks any more
                return


class PolledWriter:
    """Writes a pipe or a socket on the loop itself."""

    def __init__(self, descriptor: int, *, is_ours: bool = False) -> None:
        self._descriptor: int | None = descriptor
        self._is_ours = is_ours
        self._was_blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
        self.unsent_bytes = 0
        """Of what is being written, what the peer has not taken."""

    async def write(self, data: bytes) -> None:
        """Write all of it, waiting while the peer does not read; raises OSError."""
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
        """Leave the descriptor as it was found, closed if it is ours; idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        os.set_blocking(descriptor, self._was_blocking)  # others may have the same file open
        if self._is_ours:
            _end_stream(descriptor)
            os.close(descriptor)


class ThreadWriter:
    """Writes a file or a terminal, either of which may keep its writer waiting, in a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._writes: SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = SimpleQueue()
        self.unsent_bytes = 0
        """Of what is being written, what the peer has not taken."""
        # A write that nobody takes cannot be called off: as a daemon it does not hold up the exit.
        threading.Thread(target=self._run, name="stdout", daemon=True).start()

    async def write(self, data: bytes) -> None:
        """Write all of it; raises OSError."""
        written: asyncio.Future[None] = self._loop.create_future()
        self.unsent_bytes = len(data)
        self._writes.put((data, written))
        await written

    def close(self) -> None:
        """Write no more."""
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
            except RuntimeError:  # the loop is closed: nobody asks any more
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
    """The right reader for a descriptor."""
    if polls(descriptor):
        return PolledReader(descriptor, chunk_bytes)
    return ThreadReader(descriptor, chunk_bytes)


def writer(descriptor: int, shared_with: int | None = None, *, is_ours: bool = False) -> Writer:
    """The right writer; one that shares its pipe with `shared_with` must leave it blocking.

    A descriptor that is ours is closed in the end, so that the peer finds the end, too.
    """
    shared = shared_with is not None and os.path.sameopenfile(descriptor, shared_with)
    if polls(descriptor) and not shared:
        return PolledWriter(descriptor, is_ours=is_ours)
    return ThreadWriter(descriptor)
