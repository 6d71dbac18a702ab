"""pykka actors on the asyncio loop: an idle actor uses no OS thread and no task."""

import asyncio
import sys
from collections import deque
from collections.abc import Generator
from itertools import count
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import pykka
from pykka import ActorDeadError, ActorRef, Future
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from threadhost.actors.runtime.tasks import begin, is_cancelled
from threadhost.events.operator_log import HOST_FAULT

MAILBOX_MESSAGES_MAX = 256
T = TypeVar("T")
OptExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class MailboxFull(Exception):
    """The actor's mailbox is full."""


class ActorFailed(Exception):
    """The actor failed while it handled the message, which may or may not have taken effect."""


class LoopFuture(Future[T], Generic[T]):
    """A pykka future that is awaited on the loop and never blocks it.

    A waiter that is cancelled affects no other waiter, nor the handling of the message.
    """

    def __init__(self) -> None:
        super().__init__()
        self._outcome: tuple[T | None, BaseException | None] | None = None
        self._waiting: list[asyncio.Future[T]] = []

    def get(self, *, timeout: float | None = None) -> T:
        """The value. Raises InvalidStateError without an answer: the loop cannot block itself."""
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if self._outcome is None:
            raise asyncio.InvalidStateError("the actor has not answered yet")
        value, error = self._outcome
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    def set(self, value: T | None = None) -> None:
        """Settle with a value; a future that is settled ignores it."""
        self._end(value, None)

    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        """Settle with an exception; a future that is settled ignores it."""
        error = (exc_info or sys.exc_info())[1]
        self._end(None, error or RuntimeError("no exception to pass on"))

    def __await__(self) -> Generator[Any, None, T]:
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._outcome is None:
            self._waiting.append(waiter)
        else:
            _settle(waiter, *self._outcome)
        # No frame of ours stays on the stack: an error would keep this object, and this the error.
        return waiter.__await__()

    def _end(self, value: T | None, error: BaseException | None) -> None:
        if self._outcome is not None:
            return
        self._outcome = value, error
        for waiter in self._waiting:
            if not waiter.done():
                _settle(waiter, value, error)


def _settle(waiter: asyncio.Future[T], value: T | None, error: BaseException | None) -> None:
    if error is None:
        waiter.set_result(value)  # type: ignore[arg-type]
    else:
        waiter.set_exception(error)


class StopFlag:
    """The stop flag of an actor: what pykka needs of a threading.Event, at a tenth of its size."""

    __slots__ = ("_set",)

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        """Whether the actor stopped."""
        return self._set

    def set(self) -> None:
        """Record that the actor stopped."""
        self._set = True


class Mailbox:
    """A bounded mailbox that wakes its actor; urgent messages and the stop message always go in."""

    __slots__ = ("_owner", "_queue")

    def __init__(self) -> None:
        self._queue: deque[Envelope[Any]] | None = None
        self._owner: LoopActor | None = None

    def belong_to(self, owner: "LoopActor") -> None:
        """Set the actor that new messages wake."""
        self._owner = owner

    def put(self, envelope: Envelope[Any], /) -> None:
        """Queue a message. Raises MailboxFull."""
        if self._queue is None:
            self._queue = deque()
        message = envelope.message
        urgent = isinstance(message, _ActorStop) or getattr(message, "urgent", False)
        if len(self._queue) >= MAILBOX_MESSAGES_MAX and not urgent:
            raise MailboxFull(f"{MAILBOX_MESSAGES_MAX} messages wait already")
        self._queue.append(envelope)
        if self._owner is not None:
            self._owner.wake()

    def get(self) -> Envelope[Any]:
        """The oldest message. Raises IndexError if there is none."""
        envelope = (self._queue or deque()).popleft()
        if not self._queue:
            self._queue = None  # an empty deque is 600 bytes, and most actors are idle
        return envelope

    def empty(self) -> bool:
        """Whether no message waits."""
        return not self._queue

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._queue or ())


_numbers = count(1)


class LoopActor(pykka.Actor):
    """An actor with one task, which exists while messages wait, and handles them one by one.

    Subclasses implement `receive`. An error in it goes to the asker. If `is_fatal` says so, or if
    the message had no asker, the actor also stops, and `on_failure` is called. It is in no
    registry: the code that launches it keeps it.
    """

    actor_inbox: Mailbox
    _work_task: asyncio.Task[None] | None = None
    _handling: Envelope[Any] | None = None

    def __init__(self) -> None:
        # Not pykka's own __init__: it spends a random number, a lock and a condition on each actor.
        self.actor_urn = f"urn:actor:{next(_numbers)}"
        self.actor_inbox = self._create_actor_inbox()
        self.actor_stopped = StopFlag()  # type: ignore[assignment]
        self._actor_ref = ActorRef(self)

    @classmethod
    def launch(cls, *args: Any) -> Self:  # noqa: ANN401
        """Start an actor and return it: code on the same loop may read its state."""
        actor = cls(*args)
        actor._start_actor_loop()
        return actor

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> LoopFuture[Any]:
        return LoopFuture()

    def _start_actor_loop(self) -> None:
        self.on_start()
        self.actor_inbox.belong_to(self)

    @property
    def is_working(self) -> bool:
        """Whether the actor handles a message, or one waits."""
        return self._work_task is not None

    async def receive(self, message: Any) -> Any:  # noqa: ANN401
        """Handle one message; the result is the reply."""
        raise NotImplementedError

    def is_fatal(self, error: Exception) -> bool:
        """Whether the actor's state cannot be trusted any more after this error."""
        return False

    def wake(self) -> None:
        """Start to handle messages, unless that is under way."""
        if self._work_task is not None:
            return
        self._work_task = begin(self._work())

    def kill(self) -> None:
        """Stop at once, even within a message; all waiting askers get an error."""
        self.actor_stopped.set()
        if self._work_task is not None:
            self._work_task.cancel()
        if self._handling is not None:
            self._answer_with_failure(self._handling, ActorFailed("the actor was stopped"))
        self._actor_loop_teardown()

    async def _work(self) -> None:
        try:
            while not self.actor_inbox.empty() and not self.actor_stopped.is_set():
                self._handling = self.actor_inbox.get()
                await self._handle(self._handling)
                self._handling = None
        finally:
            self._handling = self._work_task = None
            if self.actor_stopped.is_set():
                self._actor_loop_teardown()

    async def _handle(self, envelope: Envelope[Any]) -> None:
        reply_to = envelope.reply_to
        if isinstance(envelope.message, _ActorStop):
            self._stop()
            if reply_to is not None:
                reply_to.set(None)
            return
        try:
            response = await self.receive(envelope.message)
        except Exception as error:  # noqa: BLE001  (any error: the actor reports it)
            if reply_to is not None:
                reply_to.set_exception()
            if reply_to is None or self.is_fatal(error):
                self._fail()
        except BaseException as error:
            self._answer_with_failure(envelope, ActorFailed(f"{type(error).__name__} in the actor"))
            if is_cancelled():
                raise  # the loop is closing, or the actor was killed
            self._fail()
        else:
            if reply_to is not None:
                reply_to.set(response)

    def _answer_with_failure(self, envelope: Envelope[Any], failure: Exception) -> None:
        if envelope.reply_to is not None:
            envelope.reply_to.set_exception((type(failure), failure, None))

    def _fail(self) -> None:
        exc_info = sys.exc_info()
        if self.actor_stopped.is_set():
            return
        self.actor_stopped.set()
        try:
            self.on_failure(*exc_info)
        except Exception as error:  # noqa: BLE001  (nobody is left to handle it)
            HOST_FAULT.emit(error, what=f"on_failure of {self}")


__all__ = ["ActorDeadError", "ActorFailed", "LoopActor", "LoopFuture", "Mailbox", "MailboxFull"]
