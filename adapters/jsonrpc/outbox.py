"""The queue of messages to one client, between session and socket, and its time limits."""

import asyncio
from collections import deque
from collections.abc import Callable

from threadhost.actors.account import Account
from threadhost.adapters import resources
from threadhost.adapters.config import Limits
from threadhost.events.store.faults import shortage

MESSAGE_OVERHEAD_BYTES = 64
"""The approximate memory cost of a message beyond its bytes."""
COPIES_IN_HANDS = 2
"""While the transport sends a batch, memory holds the messages and their bytes as sent."""


class OutboxClosed(Exception):
    """The outbox is closed and has nothing left to send."""


class Unwritten:
    """A large message that is written once, in another thread, when the first peer takes it.

    Its length is an estimate.
    """

    __slots__ = ("_size_bytes", "_write", "_writing")

    def __init__(self, write: Callable[[], bytes], size_bytes: int) -> None:
        self._write = write
        self._size_bytes = size_bytes
        self._writing: asyncio.Task[bytes] | None = None

    def __len__(self) -> int:
        return self._size_bytes

    async def written(self) -> bytes:
        """The message; it retries while resources are scarce.

        A waiter that is cancelled affects no other waiter.
        """
        while True:
            if self._writing is None:
                work = asyncio.to_thread(self._write)
                self._writing = asyncio.get_running_loop().create_task(work)
            writing = self._writing
            try:
                return await asyncio.shield(writing)
            except (MemoryError, OSError, RuntimeError) as error:
                if shortage(error) is None:
                    raise
            if self._writing is writing:
                self._writing = None
            await asyncio.sleep(resources.RETRY_S)


class Outbox:
    """Outgoing messages of one connection, oldest first; for one loop and one reading task.

    It enforces no limit: senders check `above_high_water` or `has_room` first. A peer is slow if it
    takes nothing for too long while any message waits, small or large; then `on_slow` is called,
    once. `unsent_bytes` returns the bytes that the transport took and still holds. While the
    account that all outboxes share is full, the water marks are 0 and the timeout is
    `crowded_reader_timeout_ms`.
    """

    def __init__(
        self,
        limits: Limits,
        on_slow: Callable[[], None] = lambda: None,
        unsent_bytes: Callable[[], int] = lambda: 0,
    ) -> None:
        self._limits = limits
        self._on_slow = on_slow
        self._unsent_bytes = unsent_bytes
        self._messages: deque[bytes | Unwritten] = deque()
        self._pending_bytes = 0
        self._held_bytes = 0
        self._taken_bytes = 0
        self._in_hands_bytes = 0
        """The memory of the batch that the transport took last, until it takes the next."""
        self._closed = False
        self._reader: asyncio.Future[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last_look = 0, 0
        """The taken bytes and the unsent bytes at the last look."""
        self._idle_ms = 0
        """How long the peer has taken nothing, in milliseconds."""
        self._step_ms = min(limits.slow_reader_timeout_ms, limits.crowded_reader_timeout_ms)
        self._host = Account("messages that clients have not read yet")

    def share(self, host: Account) -> None:
        """Count this outbox in the account of all outboxes; call it before the first message."""
        self._host = host

    @property
    def pending_bytes(self) -> int:
        """Bytes not yet taken."""
        return self._pending_bytes

    @property
    def pending_messages(self) -> int:
        """Messages not yet taken."""
        return len(self._messages)

    @property
    def taken_bytes(self) -> int:
        """Bytes taken so far."""
        return self._taken_bytes

    @property
    def load_bytes(self) -> int:
        """The bytes in memory for this peer: queued here, and held for later."""
        return self._unread_bytes + self._held_bytes

    @property
    def _unread_bytes(self) -> int:
        """The bytes queued here, which wait only for the peer."""
        return self._pending_bytes + MESSAGE_OVERHEAD_BYTES * len(self._messages)

    @property
    def above_high_water(self) -> bool:
        """Whether the peer reads so slowly that the host should read less of it: back-pressure."""
        bytes_max = 0 if self._host.is_full else self._limits.outbox_high_water_bytes
        return self._unread_bytes > bytes_max

    def has_room(self, size_bytes: int) -> bool:
        """Whether an unrequested message may be queued; into an empty outbox any may."""
        load = self._pending_bytes + MESSAGE_OVERHEAD_BYTES * len(self._messages) + self._held_bytes
        fits = load + size_bytes <= self._limits.outbox_bytes_max
        return not load or (fits and self._host.has_room(size_bytes))

    def send(self, message: bytes | Unwritten) -> None:
        """Queue one JSON message; never blocks, raises nothing, drops when closed."""
        if self._closed:
            return
        self._messages.append(message)
        self._pending_bytes += len(message)
        self._host.book(MESSAGE_OVERHEAD_BYTES + len(message))
        if self._timer is None:
            self._be_patient()
        self._wake_reader()

    def hold(self, size_bytes: int) -> None:
        """Count bytes that are to be sent later; a negative number uncounts them.

        They take room, but do not count for the timeout of a slow peer: it cannot read them yet.
        """
        self._held_bytes += size_bytes
        self._host.book(size_bytes)

    async def next_batch(self) -> list[bytes]:
        """Wait for at least one message; takes up to `outbox_batch_bytes` of them.

        Raises OutboxClosed when the outbox is closed and empty. A caller has sent the batch before.
        """
        self._book_in_hands(0)
        while not (batch := self._take()):
            if self._messages:
                await self._write_first()
            elif self._closed:
                raise OutboxClosed
            else:
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader
        return batch

    async def _write_first(self) -> None:
        """Write the first message in its place: a reader that is cancelled loses no message."""
        first = self._messages[0]
        if isinstance(first, Unwritten):
            message = await first.written()
            if self._messages and self._messages[0] is first:
                self._messages[0] = message
                self._pending_bytes += len(message) - len(first)
                self._host.book(len(message) - len(first))

    def _take(self) -> list[bytes]:
        batch: list[bytes] = []
        size = 0
        while self._messages and isinstance(first := self._messages[0], bytes):
            if batch and size + len(first) > self._limits.outbox_batch_bytes:
                break
            batch.append(first)
            self._messages.popleft()
            size += len(first)
        if not batch:
            return batch
        self._pending_bytes -= size
        self._host.book(-size - MESSAGE_OVERHEAD_BYTES * len(batch))
        self._book_in_hands(COPIES_IN_HANDS * size)
        self._taken_bytes += size
        self._wake_waiting()
        return batch

    def _book_in_hands(self, size_bytes: int) -> None:
        self._host.book(size_bytes - self._in_hands_bytes)
        self._in_hands_bytes = size_bytes

    async def drained(self) -> None:
        """Wait until the peer has read down to the low-water mark, or the outbox is closed."""
        while not self._is_drained:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def close(self) -> None:
        """Take no more messages; those pending can still be read. Idempotent."""
        self._closed = True
        self._wake_reader()
        self._wake_waiting()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abandon(self) -> None:
        """Close, and drop the pending messages, which the peer will not get."""
        self._host.book(-self._unread_bytes)
        self._book_in_hands(0)
        self._messages.clear()
        self._pending_bytes = 0
        self.close()

    def give_up(self) -> None:
        """Hang up on the peer, as on a slow one."""
        self._on_slow()

    @property
    def _is_drained(self) -> bool:
        bytes_max = 0 if self._host.is_full else self._limits.outbox_low_water_bytes
        return self._closed or self._unread_bytes <= bytes_max

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_waiting(self) -> None:
        if not self._waiting or not self._is_drained:
            return
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # -- patience --

    def _be_patient(self) -> None:
        """Start the timeout of a slow peer anew."""
        self._idle_ms = 0
        self._look_again()

    def _look_again(self) -> None:
        self._last_look = self._taken_bytes, self._unsent_bytes()
        self._timer = asyncio.get_running_loop().call_later(self._step_ms / 1000, self.look)

    @property
    def _patience_ms(self) -> int:
        limits = self._limits
        is_full = self._host.is_full
        return limits.crowded_reader_timeout_ms if is_full else limits.slow_reader_timeout_ms

    @property
    def is_watching(self) -> bool:
        """Whether the timer that checks the peer runs."""
        return self._timer is not None

    def look(self) -> None:
        """Check whether the peer took anything since the last look; the timer calls this."""
        self._timer = None
        taken_bytes, unsent_bytes = self._last_look
        unsent_now_bytes = self._unsent_bytes()
        if not self._messages and not unsent_now_bytes:
            return
        # Pings bypass the outbox, so more unsent bytes are no sign of life.
        if self._taken_bytes > taken_bytes or unsent_now_bytes < unsent_bytes:
            self._be_patient()
            return
        self._idle_ms += self._step_ms
        if self._idle_ms >= self._patience_ms:
            self._on_slow()
        else:
            self._look_again()
