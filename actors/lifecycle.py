"""The host's own life: what it finishes at its start, how it unloads threads, and how it ends."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.erasure import Eraser
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.shutdown import Stopped, Stopping
from threadhost.actors.runtime.stored import StoredThreads
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.runtime.tree_messages import ForgetEphemeral
from threadhost.actors.thread import RecoverThread
from threadhost.events.ids import TREE
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import NOT_RECORDED
from threadhost.events.store.errors import StoreError
from threadhost.events.words import HOST_RESTARTED

DRAINED = "host shutdown"
"""The reason that a thread's shutdown is recorded with when the host ends."""


class Unfinished(NamedTuple):
    """Work that an earlier process left unfinished, according to the views.

    `deletions` are pairs of tree stream and deletion id; `erasures` are completed deletions whose
    erasure is not confirmed; `turns` are threads with a running turn; `copies` are forks whose
    copying stopped.
    """

    deletions: Sequence[tuple[str, str]] = ()
    turns: Sequence[str] = ()
    erasures: Sequence[str] = ()
    copies: Sequence[str] = ()


class Closes(Protocol):
    """Runs in the background until it is closed."""

    async def close(self) -> None:
        """Stop, and release all resources."""


C = TypeVar("C", bound=Closes)


class Lazy(Generic[C]):
    """An object that is made on first use, and closed only if it was made."""

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._made: C | None = None

    def get(self) -> C:
        """The object, made now if it does not exist yet."""
        if self._made is None:
            self._made = self._make()
        return self._made

    async def close(self) -> None:
        """Close the object, if it was made."""
        if self._made is not None:
            await self._made.close()


class LifeCycle:
    """Starts, unloads and drains the threads of a host."""

    def __init__(
        self,
        sessions: Sessions,
        trees: TreeActors,
        deletions: Deletions,
        stored: StoredThreads,
        eraser: Eraser,
        gate: Gate,
        deadline_ms: int,
        closables: Sequence[Closes],
    ) -> None:
        self._sessions = sessions
        self._live = sessions.live
        self._trees = trees
        self._deletions = deletions
        self._stored = stored
        self._eraser = eraser
        self._gate = gate
        self._closables = closables
        self._deadline_ms = deadline_ms

    async def resume(self, unfinished: Unfinished, cause: str) -> None:
        """Finish what an earlier process began.

        What the store cannot complete now continues in the background until it can.
        """
        # This includes threads that are being deleted: their turns used tokens of others' goals.
        await _end_interrupted_turns(unfinished.turns, self._stored, cause)
        await self._deletions.sweep(unfinished.copies, cause)  # before others write their receipts
        for stream, deletion_id in unfinished.deletions:
            await self._deletions.resume(stream.removeprefix(TREE), deletion_id)
        await self._deletions.finish()
        for deletion_id in unfinished.erasures:
            self._eraser.deleted(deletion_id, cause)
        self._eraser.reclaim_later(cause)

    async def unload(
        self, thread_ids: Sequence[str], reason: str, origin: Origin, *, only_if_idle: bool = False
    ) -> Stopped:
        """Shut live threads down together; durable ones stay stored, ephemeral ones are gone."""
        logs = self._sessions.logs
        sessions = {t: await self._sessions.of(t) for t in thread_ids if logs.is_ephemeral(t)}
        stopping = Stopping(self._live, self._stored, reason, origin, self._deadline_ms)
        stopped = await stopping.stop(thread_ids, only_if_idle=only_if_idle)
        gone_sessions = {t: session for t, session in sessions.items() if self._live.get(t) is None}
        for thread_id in gone_sessions:
            await logs.forget(thread_id)
        for session_id in dict.fromkeys(gone_sessions.values()):
            gone_ids = [t for t in gone_sessions if gone_sessions[t] == session_id]
            await self._trees.tell(session_id, ForgetEphemeral(gone_ids))
        return stopped

    def reclaim(self, cause: str) -> None:
        """Return the disk space of deleted data to the system, after a delay."""
        self._eraser.reclaim(cause)

    async def drain(self, origin: Origin) -> Stopped:
        """Refuse new work, finish deletions and shut every thread down; nothing runs on return."""
        self._gate.close()
        for closable in self._closables:
            await closable.close()
        await self._live.supervisor.close()
        await self._deletions.finish()
        await self._gate.empty()
        await self._live.wait_for_starts()
        stopped = await self.unload(self._live.ids(), DRAINED, origin)
        await self._deletions.close()
        self._trees.close()
        await self._eraser.close()
        return stopped


async def _end_interrupted_turns(
    thread_ids: Sequence[str], stored: StoredThreads, cause: str
) -> None:
    """End the running turn of each thread; a damaged thread does not stop the others."""
    await asyncio.gather(*(_end_interrupted_turn(t, stored, cause) for t in thread_ids))


async def _end_interrupted_turn(thread_id: str, stored: StoredThreads, cause: str) -> None:
    command = RecoverThread(HOST_RESTARTED, stored.clock.now_ms())
    try:
        await stored.change(thread_id, command, policy("recovery", thread_id, cause))
    except ThreadNotFound:
        pass  # the thread was deleted, by a deletion that the earlier process had begun
    except (Refusal, StoreError) as error:
        # One damaged thread must not keep the host from starting.
        NOT_RECORDED.emit(
            what=f"the end of the interrupted turn of thread {thread_id}", fault=error
        )
