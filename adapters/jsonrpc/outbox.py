"""What one client is still to be sent: a bounded queue of messages between session and socket."""

import asyncio
from collections import deque
from collections.abc import Callable

from threadhost.adapters.config import Limits


class OutboxClosed(Exception):
    """Nothing is left to send and nothing more will come."""


class Outbox:
    """Outgoing messages of one connection, oldest first; for one loop and one reading task.

    Past the limit in bytes or messages `on_overflow` is called once, and from then on everything
    is dropped: a peer sees an unbroken beginning, never a gap.
    """

    def __init__(self, limits: Limits, on_overflow: Callable[[], None] = lambda: None) -> None:
        self._limits = limits
        self._on_overflow = on_overflow
        self._messages: deque[bytes] = deque()
        self._pending_bytes = 0
        self._closed = False
        self._overflowed = False
        self._reader: asyncio.Future[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def pending_bytes(self) -> int:
        """Bytes not yet taken."""
        return self._pending_bytes

    @property
    def pending_messages(self) -> int:
        """Messages not yet taken."""
        return len(self._messages)

    @property
    def overflowed(self) -> bool:
        """True once a message was dropped for want of room."""
        return self._overflowed

    @property
    def above_high_water(self) -> bool:
        """True when the peer reads so slowly that it should be heard less."""
        return self._pending_bytes > self._limits.outbox_high_water_bytes

    def send(self, message: bytes) -> None:
        """Queue one JSON message; never blocks, raises nothing, drops when closed or over."""
        if self._closed or self._overflowed:
            return
        limits = self._limits
        if (
            self._pending_bytes + len(message) > limits.outbox_bytes_max
            or len(self._messages) >= limits.outbox_messages_max
        ):
            self._overflowed = True
            self._on_overflow()
            return
        self._messages.append(message)
        self._pending_bytes += len(message)
        self._wake_reader()

    async def next_batch(self) -> list[bytes]:
        """Wait for at least one message; takes up to `outbox_batch_bytes` of them.

        Raises OutboxClosed when the outbox is closed and empty.
        """
        while not self._messages:
            if self._closed:
                raise OutboxClosed
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._take()

    def _take(self) -> list[bytes]:
        batch: list[bytes] = []
        size = 0
        while self._messages:
            if batch and size + len(self._messages[0]) > self._limits.outbox_batch_bytes:
                break
            batch.append(self._messages.popleft())
            size += len(batch[-1])
        self._pending_bytes -= size
        if self._pending_bytes <= self._limits.outbox_low_water_bytes:
            self._wake_waiting()
        return batch

    async def drained(self) -> None:
        """Wait until no more than the low-water mark is pending, or the outbox is closed."""
        while not self._closed and self._pending_bytes > self._limits.outbox_low_water_bytes:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def close(self) -> None:
        """Take no more messages; those pending can still be read. Idempotent."""
        self._closed = True
        self._wake_reader()
        self._wake_waiting()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
