"""The actors of spawn trees, and how they are asked."""

from collections.abc import Sequence
from typing import overload

from threadhost.actors.errors import Overloaded
from threadhost.actors.runtime.actor import ActorDeadError, MailboxFull
from threadhost.actors.runtime.actor_cache import ActorCache
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actor import TreeActor
from threadhost.actors.runtime.tree_messages import (
    ForgetEphemeral,
    Fork,
    Import,
    ListBelow,
    Message,
    Plan,
    Spawn,
    SpawnWorkers,
    TreeCommandEnvelope,
)
from threadhost.events.ids import tree_stream
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import WrongExpectedVersion

TREES_KEPT_MAX = 256
FULL = "the tree has too many requests waiting"


class TreeActors(ActorCache[TreeActor]):
    """At most one actor a tree, by session."""

    async def ask(
        self,
        sessions: Sessions,
        message: Spawn | SpawnWorkers | Fork | TreeCommandEnvelope,
        thread_id: str,
        *,
        fenced_is_fine: bool = False,
    ) -> Appended:
        """The append of a thread's tree for a message. Raises Refusal or StoreError."""
        while True:
            tree = await self.get(await sessions.of(thread_id, fenced_is_fine=fenced_is_fine))
            try:
                return await sessions.ask(tree, message, thread_id)
            except ActorDeadError:
                continue  # it failed before it handled this message, and is made anew
            except WrongExpectedVersion as error:
                if error.stream != tree_stream(tree.session_id):
                    raise

    @overload
    async def tell(self, session_id: str, message: TreeCommandEnvelope | Import) -> Appended: ...

    @overload
    async def tell(self, session_id: str, message: ListBelow) -> Sequence[str]: ...

    @overload
    async def tell(self, session_id: str, message: ForgetEphemeral) -> None: ...

    async def tell(self, session_id: str, message: Message) -> object:
        """The answer of a tree to a message, even if no thread of the tree is left.

        Raises Refusal or StoreError.
        """
        while True:
            try:
                return await (await self.get(session_id)).actor_ref.ask(message, block=False)
            except ActorDeadError:
                continue  # the tree's actor is made anew
            except MailboxFull:
                raise Overloaded(FULL) from None

    async def plan(self, session_id: str, message: Plan) -> Appended:
        """Fence a subtree and plan its deletion.

        Raises ThreadBeingDeleted, Overloaded, ActorDeadError or StoreError.
        """
        try:
            appended: Appended = await (await self.get(session_id)).actor_ref.ask(
                message, block=False
            )
        except MailboxFull:
            raise Overloaded(FULL) from None
        return appended
