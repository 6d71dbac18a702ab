"""The actors of spawn trees, and asking them."""

from collections.abc import Sequence

from threadhost.actors.errors import Overloaded
from threadhost.actors.runtime.actor import ActorDeadError, InboxFull
from threadhost.actors.runtime.actor_cache import ActorCache
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actor import TreeActor
from threadhost.actors.runtime.tree_messages import (
    DoTree,
    ForgetEphemeral,
    Fork,
    ListBelow,
    Plan,
    Spawn,
    SpawnWorkers,
    TakeIn,
)
from threadhost.events.ids import tree_stream
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import WrongExpectedVersion

TREES_KEPT_MAX = 256
FULL = "the tree has too many requests waiting"


class TreeActors(ActorCache[TreeActor]):
    """At most one actor a tree, by session."""

    async def ask(
        self, sessions: Sessions, message: Spawn | SpawnWorkers | Fork | DoTree, thread_id: str
    ) -> Appended:
        """What the tree of a thread appended for a message. Raises Refusal or StoreError."""
        while True:
            tree = await self.get(await sessions.of(thread_id))
            try:
                return await sessions.ask(tree, message, thread_id)
            except ActorDeadError:
                continue  # it failed before it came to this message, and is made anew
            except WrongExpectedVersion as error:
                if error.stream != tree_stream(tree.session_id):
                    raise

    async def tell(self, session_id: str, message: DoTree | TakeIn) -> Appended:
        """What a tree appended for a message, whether or not a thread of it is left.

        Raises Refusal or StoreError.
        """
        while True:
            try:
                ask = (await self.get(session_id)).actor_ref.ask
                appended: Appended = await ask(message, block=False)
            except ActorDeadError:
                continue  # the tree is made anew
            except InboxFull:
                raise Overloaded(FULL) from None
            return appended

    async def plan(self, session_id: str, message: Plan) -> Appended:
        """Fence a subtree and plan its deletion.

        Raises ThreadBeingDeleted, Overloaded, ActorDeadError or StoreError.
        """
        try:
            appended: Appended = await (await self.get(session_id)).actor_ref.ask(
                message, block=False
            )
        except InboxFull:
            raise Overloaded(FULL) from None
        return appended

    async def below(self, session_id: str, root_id: str) -> Sequence[str]:
        """What lasts below a thread, deepest first, once all that was asked before is done."""
        while True:
            try:
                ask = (await self.get(session_id)).actor_ref.ask
                below: Sequence[str] = await ask(ListBelow(root_id), block=False)
            except ActorDeadError:
                continue  # the tree is made anew
            except InboxFull:
                raise Overloaded(FULL) from None
            return below

    async def forget(self, session_id: str, thread_ids: Sequence[str]) -> None:
        """Drop threads in memory that are gone from their tree, however much waits for that."""
        while True:
            try:
                ask = (await self.get(session_id)).actor_ref.ask
                await ask(ForgetEphemeral(thread_ids), block=False)
            except ActorDeadError:
                continue  # the tree is made anew
            return
