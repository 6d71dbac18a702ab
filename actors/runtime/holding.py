"""Setting and releasing legal holds on the threads of a host."""

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
    """Sets and releases holds, durably on return. The host makes it on first use."""

    def __init__(self, sessions: Sessions, trees: TreeActors, threads: Threads, gate: Gate) -> None:
        self._sessions = sessions
        self._trees = trees
        self._threads = threads
        self._gate = gate

    async def set(
        self, thread_id: str, matter: str, scope: Scope, reason: str, origin: Origin
    ) -> None:
        """Protect a stored thread, live or not, from deletion; does nothing if the hold exists.

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
        """Whether the hold exists now. Raises Refusal."""
        if self._sessions.logs.is_ephemeral(thread_id):
            raise HoldsNotKept(thread_id)
        tree = await self._trees.get(await self._sessions.of(thread_id))
        return key_of(tree.tree, thread_id, matter) is not None

    async def _record_reason(self, thread_id: str, matter: str, reason: str, origin: Origin) -> int:
        """Record the reason in the thread, encrypted under its key; returns its version there.

        It comes before the hold: a hold never lacks its reason, and a reason alone holds nothing.
        If the key is lost there is no reason, but holds can still be set and released.
        """
        try:
            appended = await self._threads.amend(thread_id, ReasonHold(matter, reason), origin)
        except KeyMissing:
            return NO_REASON
        return appended.recorded[-1].version
