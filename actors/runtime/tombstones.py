"""The tombstones of a batch of threads, each decided by the thread's own rule."""

from collections.abc import Collection, Mapping, Sequence

from threadhost.actors.thread import DeleteThread, decide
from threadhost.events.base import StreamState
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.rows import StreamHead
from threadhost.events.thread import Thread


class TombstoneBatch(NamedTuple):
    """The outcome of a batch: tombstones to append, and which threads have a stream."""

    tombstones: Sequence[StreamAppend]
    deleted: Sequence[str]
    """Threads with a stream, closed by this append or by an earlier process."""
    missing: Sequence[str]
    """Threads without a stream."""
    buried: Sequence[str]
    key_numbers: Sequence[int]

    @property
    def before(self) -> int:
        """How many an earlier process had deleted."""
        return len(self.deleted) - len(self.buried)

    @classmethod
    def of(
        cls,
        command: DeleteThread,
        thread_ids: Sequence[str],
        heads: Mapping[str, StreamHead],
        fenced: Collection[str] = (),
    ) -> "TombstoneBatch":
        """Decide for each thread; `fenced` ones are fenced outside of their log.

        Raises ThreadNotFenced.
        """
        rule = decide.dispatch(DeleteThread)  # looked up once: there may be a thousand threads
        tombstones: list[StreamAppend] = []
        deleted, missing, buried, key_numbers = [], [], [], []
        for thread_id in thread_ids:
            stream = thread_stream(thread_id)
            head = heads.get(stream)
            if head is None:
                missing.append(thread_id)
                continue
            deleted.append(thread_id)
            if head.key_id is not None:
                key_numbers.append(head.key_id)
            state = StreamState.FENCED if thread_id in fenced else head.state
            events = rule(command, Thread(id=thread_id, version=head.version, state=state))
            if events:
                buried.append(thread_id)
                tombstones.append(StreamAppend(stream, events, head.version))
        return cls(tombstones, deleted, missing, buried, key_numbers)
