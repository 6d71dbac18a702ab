"""pykka actors on the asyncio loop: an idle actor holds no thread and no task."""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Generator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import pykka
from pykka import ActorDeadError, ActorRegistry, Future
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

INBOX_MESSAGES_MAX = 256
T = TypeVar("T")
OptExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
logger = logging.getLogger("threadhost.actors")


class InboxFull(Exception):
    """The actor has more messages waiting than its inbox may hold."""


class LoopFuture(Future[T], Generic[T]):
    """A pykka future that is awaited on the loop and never blocks it."""

    def __init__(self) -> None:
        super().__init__()
        self._settled: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def get(self, *, timeout: float | None = None) -> T:
        """The value, if it is there already; the loop cannot wait for itself."""
        del timeout
        return self._settled.result()

    def set(self, value: T | None = None) -> None:
        if not self._settled.done():
            self._settled.set_result(value)  # type: ignore[arg-type]

    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        error = (exc_info or sys.exc_info())[1]
        if not self._settled.done():
            self._settled.set_exception(error or RuntimeError("no exception to pass on"))
            self._settled.exception()  # the asker may be gone: no warning for that

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.shield(self._settled).__await__()


class Inbox:
    """A bounded queue that wakes its actor; stopping is always heard."""

    __slots__ = ("_owner", "_queue")

    def __init__(self) -> None:
        self._queue: deque[Envelope[Any]] = deque()
        self._owner: LoopActor | None = None

    def belong_to(self, owner: "LoopActor") -> None:
        """Wake this actor from now on."""
        self._owner = owner

    def put(self, envelope: Envelope[Any], /) -> None:
        """Queue a message. Raises InboxFull."""
        urgent = getattr(envelope.message, "urgent", False)
        if len(self._queue) >= INBOX_MESSAGES_MAX and not urgent:
            raise InboxFull(f"{INBOX_MESSAGES_MAX} messages wait already")
        self._queue.append(envelope)
        if self._owner is not None:
            self._owner.wake()

    def get(self) -> Envelope[Any]:
        """The oldest message. Raises IndexError if there is none."""
        return self._queue.popleft()

    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._queue


_running: set[asyncio.Task[None]] = set()


class LoopActor(pykka.Actor):
    """An actor whose messages are handled one after the other by a task that exists while any wait.

    Subclasses implement `receive`. What it raises goes to the asker; if `is_fatal` says so, or if
    nobody asked, the actor stops and `on_failure` is called.
    """

    actor_inbox: Inbox

    @classmethod
    def launch(cls, *args: Any) -> Self:
        """Start an actor like `start`, but return itself: on one loop its state may be looked at."""
        actor = cls(*args)
        ActorRegistry.register(actor.actor_ref)
        actor._start_actor_loop()
        return actor

    @staticmethod
    def _create_actor_inbox() -> Inbox:
        return Inbox()

    @staticmethod
    def _create_future() -> LoopFuture[Any]:
        return LoopFuture()

    def _start_actor_loop(self) -> None:
        self._working = False
        self.on_start()
        self.actor_inbox.belong_to(self)

    @property
    def is_working(self) -> bool:
        """Whether a message is being handled or waits."""
        return self._working

    async def receive(self, message: Any) -> Any:
        """Handle one message; the result is the reply."""
        raise NotImplementedError

    def is_fatal(self, error: Exception) -> bool:
        """Whether the actor's state can no longer be trusted after this."""
        del error
        return False

    def wake(self) -> None:
        """See to the inbox, unless that is going on already."""
        if self._working:
            return
        self._working = True
        task = asyncio.get_running_loop().create_task(self._work())
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def _work(self) -> None:
        try:
            while not self.actor_inbox.empty() and not self.actor_stopped.is_set():
                await self._handle(self.actor_inbox.get())
        finally:
            self._working = False
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
        except Exception as error:  # noqa: BLE001  (an actor answers for whatever it runs)
            if reply_to is not None:
                reply_to.set_exception()
            if reply_to is None or self.is_fatal(error):
                self._fail()
            return
        if reply_to is not None:
            reply_to.set(response)

    def _fail(self) -> None:
        exc_info = sys.exc_info()
        ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()
        try:
            self.on_failure(*exc_info)
        except Exception:
            logger.exception("on_failure of %s failed", self)


__all__ = ["ActorDeadError", "Inbox", "InboxFull", "LoopActor", "LoopFuture"]
