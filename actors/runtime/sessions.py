"""Finds the session, and so the tree, of a thread, and asks its actors."""

from threadhost.actors.errors import Overloaded, Refusal
from threadhost.actors.runtime.actor import LoopActor, MailboxFull
from threadhost.actors.runtime.append_errors import overload_in_words
from threadhost.actors.runtime.logs import Logs, beginning_of, refusal_of
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended
from threadhost.events.store.errors import StreamFenced


class Sessions(NamedTuple):
    """Finds threads by their ids, among the live ones and in the logs."""

    logs: Logs
    live: LiveThreads

    async def of(self, thread_id: str, *, fenced_is_fine: bool = False) -> str:
        """The session of a thread. Raises ThreadNotFound or ThreadBeingDeleted."""
        actor = self.live.get(thread_id)
        if actor is not None:
            return actor.state.session_id
        log = self.logs.of(thread_id)
        await self.logs.require_open(thread_id, fenced_is_fine=fenced_is_fine)
        return (await beginning_of(log, thread_id)).session_id

    async def state(self, thread_id: str) -> Thread:
        """The state of a thread, live or stored. Raises ThreadNotFound."""
        actor = self.live.get(thread_id)
        return actor.state if actor else (await self.logs.stored(thread_id)).state

    async def refusal(self, thread_id: str) -> Refusal:
        """The refusal for a thread whose stream admits nothing."""
        head = await self.logs.of(thread_id).stream_head(thread_stream(thread_id))
        return refusal_of(thread_id, head)

    async def ask(self, actor: LoopActor, message: object, thread_id: str) -> Appended:
        """The append of an actor for a message about a thread.

        Raises Refusal, StoreError, or ActorDeadError if it stopped before it handled the message.
        """
        try:
            with overload_in_words():
                appended: Appended = await actor.actor_ref.ask(message, block=False)
        except MailboxFull:
            raise Overloaded("the thread has too many requests waiting") from None
        except StreamFenced:
            raise await self.refusal(thread_id) from None
        return appended
