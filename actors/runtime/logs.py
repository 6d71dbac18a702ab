"""The two logs of a host: what lasts, and what lives only as long as its thread."""

from threadhost.events.ids import thread_stream
from threadhost.events.store.log import Log


class Logs:
    """Threads are durable unless they were started as ephemeral."""

    def __init__(self, durable: Log, ephemeral: Log) -> None:
        self.durable = durable
        self.ephemeral = ephemeral
        self._ephemeral_ids: set[str] = set()

    def of(self, thread_id: str) -> Log:
        """The log that holds the thread's stream."""
        return self.ephemeral if thread_id in self._ephemeral_ids else self.durable

    def is_ephemeral(self, thread_id: str) -> bool:
        """Whether the thread is live and lives only in memory."""
        return thread_id in self._ephemeral_ids

    def keep_in_memory(self, thread_id: str) -> None:
        """From now on the thread's stream is in the log in memory."""
        self._ephemeral_ids.add(thread_id)

    async def forget(self, thread_id: str) -> None:
        """Drop what is left of a thread that lived only in memory; others are not touched."""
        if thread_id in self._ephemeral_ids:
            self._ephemeral_ids.discard(thread_id)
            await self.ephemeral.forget(thread_stream(thread_id))
