"""What becomes of some threads of a plan in one append: each asked its own rule."""

from collections.abc import Collection, Mapping, Sequence

from threadhost.actors.thread import DeleteThread, decide
from threadhost.events.base import StreamState
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.rows import StreamHead
from threadhost.events.thread import Thread


class TombstoneBatch(NamedTuple):
    """Threads as their streams stand, and the tombstones of those that are still to be buried."""

    tombstones: Sequence[StreamAppend]
    deleted: Sequence[str]
    """All that have a stream: closed by this append, or by one of an earlier process."""
    missing: Sequence[str]
    """Those that have none."""
    buried: Sequence[str]
    key_numbers: Sequence[int]

    @property
    def before(self) -> int:
        """How many an earlier process had buried."""
        return len(self.deleted) - len(self.buried)

    @classmethod
    def of(
        cls,
        command: DeleteThread,
        thread_ids: Sequence[str],
        heads: Mapping[str, StreamHead],
        fenced: Collection[str] = (),
    ) -> "TombstoneBatch":
        """Ask the rule of each thread; some may be `fenced` beside their log.

        Raises ThreadNotFenced.
        """
        rule = decide.dispatch(DeleteThread)  # found once: there may be a thousand threads
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
