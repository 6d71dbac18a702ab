"""The queue of messages to one client, between session and socket, and its time limits."""

import asyncio
from collections import deque
from collections.abc import Callable

from threadhost.actors.account import Account
from threadhost.adapters import resources
from threadhost.adapters.config import Limits
from threadhost.events.store.faults import shortage

MESSAGE_OVERHEAD_BYTES = 64
"""What a message costs beside its bytes, roughly."""
COPIES_IN_HANDS = 2
"""While the transport sends a batch, there are the messages and their bytes as they are sent."""


class OutboxClosed(Exception):
    """Nothing is left to send and nothing more will come."""


class Unwritten:
    """A large message that is written beside the loop, once, as soon as a peer is to have it.

    Until then its length is about what it will be.
    """

    __slots__ = ("_size_bytes", "_write", "_writing")

    def __init__(self, write: Callable[[], bytes], size_bytes: int) -> None:
        self._write = write
        self._size_bytes = size_bytes
        self._writing: asyncio.Task[bytes] | None = None

    def __len__(self) -> int:
        return self._size_bytes

    async def written(self) -> bytes:
        """The message, later if what that takes is scarce just now.

        Whoever stops waiting for it changes nothing for the others.
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

    Nothing is too much for it: whoever sends looks at `above_high_water` or `has_room` before.
    A peer is slow that takes nothing for too long while something waits, however little or much;
    then `on_slow` is called, once. `unsent_bytes` says what the transport took and still holds.
    While the account that it shares with all others is full, each takes only what is read at once,
    and patience is short.
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
        """Of the batch that the transport took last, as long as it may not have sent all of it."""
        self._closed = False
        self._reader: asyncio.Future[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last_look = 0, 0
        """The bytes that were taken and unsent then."""
        self._idle_ms = 0
        """How long the peer has taken nothing."""
        self._step_ms = min(limits.slow_reader_timeout_ms, limits.crowded_reader_timeout_ms)
        self._host = Account("what waits for readers")

    def share(self, host: Account) -> None:
        """Count from now on what is here with what waits for other peers; at the beginning."""
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
        """What there is in memory for this peer, here and in hands that will send it."""
        return self._unread_bytes + self._held_bytes

    @property
    def _unread_bytes(self) -> int:
        """What waits for nothing but the peer."""
        return self._pending_bytes + MESSAGE_OVERHEAD_BYTES * len(self._messages)

    @property
    def above_high_water(self) -> bool:
        """True when the peer reads so slowly that it should be heard less: the back-pressure."""
        bytes_max = 0 if self._host.is_full else self._limits.outbox_high_water_bytes
        return self._unread_bytes > bytes_max

    def has_room(self, size_bytes: int) -> bool:
        """Whether a message that nobody asked for may go in; into an empty one any may."""
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
        """Count bytes that are to be sent later; less than 0 for those that are held no more.

        They take room, but the peer is not waited for because of them: it cannot read them yet.
        """
        self._held_bytes += size_bytes
        self._host.book(size_bytes)

    async def next_batch(self) -> list[bytes]:
        """Wait for at least one message; takes up to `outbox_batch_bytes` of them.

        Raises OutboxClosed when the outbox is closed and empty. Who comes for more has sent what it
        took before.
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
        """It stays where it is meanwhile: a reader that gives up loses no message."""
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
        """Close, and let go of what is pending: the peer will not have it."""
        self._host.book(-self._unread_bytes)
        self._book_in_hands(0)
        self._messages.clear()
        self._pending_bytes = 0
        self.close()

    def give_up(self) -> None:
        """Hang up on the peer, as on one that is slow."""
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
        """Look again in a while, if then something still waits."""
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
        """Whether it is looked again whether the peer takes anything."""
        return self._timer is not None

    def look(self) -> None:
        """Look whether the peer took anything since the last look, as the timer does."""
        self._timer = None
        taken_bytes, unsent_bytes = self._last_look
        unsent_now_bytes = self._unsent_bytes()
        if not self._messages and not unsent_now_bytes:
            return
        # Pings go past the outbox: more that is unsent is no sign of life.
        if self._taken_bytes > taken_bytes or unsent_now_bytes < unsent_bytes:
            self._be_patient()
            return
        self._idle_ms += self._step_ms
        if self._idle_ms >= self._patience_ms:
            self._on_slow()
        else:
            self._look_again()
