"""Legal holds on the threads of a host: set and released."""

from threadhost.actors.hold import (
    HoldNotFound,
    HoldsNotKept,
    ReasonHold,
    ReleaseHold,
    SetHold,
    key_of,
)
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.gate import Gate
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.threads import Threads
from threadhost.events.hold import Scope
from threadhost.events.store.errors import KeyMissing

NO_REASON = 0


class Holds:
    """Sets and releases holds; durable on return. Made when somebody first asks for it."""

    def __init__(self, sessions: Sessions, trees: TreeActors, threads: Threads, gate: Gate) -> None:
        self._sessions = sessions
        self._trees = trees
        self._threads = threads
        self._gate = gate

    async def set(
        self, thread_id: str, matter: str, scope: Scope, reason: str, origin: Origin
    ) -> None:
        """Keep a stored thread, loaded or not, from being deleted; nothing if it is already.

        Raises Refusal or StoreError.
        """
        command = SetHold(thread_id, matter, scope)
        with self._gate:
            if not await self._is_held(thread_id, matter):
                version = await self._record_reason(thread_id, matter, reason, origin)
                command = command.but(reason_version=version)
            await self._trees.ask(
                self._sessions, TreeCommandEnvelope(command, origin, thread_id), thread_id
            )

    async def release(self, thread_id: str, matter: str, reason: str, origin: Origin) -> None:
        """End a hold. Raises Refusal or StoreError."""
        with self._gate:
            if not await self._is_held(thread_id, matter):
                raise HoldNotFound(thread_id, matter)
            version = await self._record_reason(thread_id, matter, reason, origin)
            command = ReleaseHold(thread_id, matter, version)
            await self._trees.ask(
                self._sessions, TreeCommandEnvelope(command, origin, thread_id), thread_id
            )

    async def _is_held(self, thread_id: str, matter: str) -> bool:
        """Whether there is such a hold now. Raises Refusal."""
        if self._sessions.logs.is_ephemeral(thread_id):
            raise HoldsNotKept(thread_id)
        tree = await self._trees.get(await self._sessions.of(thread_id))
        return key_of(tree.tree, thread_id, matter) is not None

    async def _record_reason(self, thread_id: str, matter: str, reason: str, origin: Origin) -> int:
        """Keep the reason in the thread, under its key; where it stands there.

        It goes first: a hold never lacks its reason, and a reason without a hold holds nothing. But
        where the key is lost nothing can be said any more, and holds have to be set and released.
        """
        try:
            appended = await self._threads.amend(thread_id, ReasonHold(matter, reason), origin)
        except KeyMissing:
            return NO_REASON
        return appended.recorded[-1].version
