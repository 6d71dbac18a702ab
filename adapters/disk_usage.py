"""The disk use of a home: by cause, by tree and by thread; nothing is changed."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from operator import add
from pathlib import Path

from threadhost.adapters.rollout_path import id_in
from threadhost.events.ids import TREE, thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.files import size_of
from threadhost.events.store.home import BLOBS, ROLLOUTS
from threadhost.events.store.port import Reads
from threadhost.events.store.rows import ROW_BYTES, StreamSize
from threadhost.events.store.sqlite.sizes import payload_files
from threadhost.projections.retention import ThreadAge, thread_ages


class Share(NamedTuple):
    """The bytes that some threads take: rows, payloads in them, payload files, rollouts."""

    threads: int = 0
    rows: int = 0
    payloads: int = 0
    payload_files: int = 0
    rollouts: int = 0

    @property
    def bytes(self) -> int:
        """The sum."""
        return self.rows + self.payloads + self.payload_files + self.rollouts

    def plus(self, other: "Share") -> "Share":
        """The sum of both, field by field."""
        return Share(*map(add, self, other))


class Usage(NamedTuple):
    """The disk use of a home by cause, and the share of each thread and tree in the log's part.

    `deleted` is the rest of deleted threads; `others` belongs to no thread: jobs, memory and the
    host's own stream. Views and indices are counted in the causes alone.
    """

    causes: Mapping[str, int]
    threads: Mapping[str, Share]
    trees: Mapping[str, Share]
    deleted: Share
    others: Share


async def usage(home: Path, reads: Reads, by_cause: Mapping[str, int]) -> Usage:
    """Measure a home whose disk use by cause is known."""
    streams = await reads.stream_sizes()
    files, rollouts = _payload_files(home / BLOBS), _rollouts(home)
    causes = _causes(by_cause, streams.values(), rollouts)
    shares = {
        stream: Share(
            int(thread_of(stream) is not None),
            size.rows * ROW_BYTES,
            size.payload_bytes,
            files[stream],
            rollouts[thread_of(stream) or ""],
        )
        for stream, size in streams.items()
    }
    return _usage_of(causes, shares, await thread_ages(reads))


def _usage_of(
    causes: Mapping[str, int], shares: Mapping[str, Share], ages: Iterable[ThreadAge]
) -> Usage:
    sessions = {age.thread_id: age.session_id for age in ages}
    threads: dict[str, Share] = {}
    trees: defaultdict[str, Share] = defaultdict(Share)
    deleted = others = Share()
    for stream, share in shares.items():
        thread_id = thread_of(stream)
        if thread_id in sessions and thread_id is not None:
            threads[thread_id] = share
            trees[sessions[thread_id]] = trees[sessions[thread_id]].plus(share)
        elif thread_id is not None:
            deleted = deleted.plus(share)
        elif stream.startswith(TREE) and stream.removeprefix(TREE) in sessions:
            session_id = stream.removeprefix(TREE)
            trees[session_id] = trees[session_id].plus(share)
        elif stream.startswith(TREE):
            deleted = deleted.plus(share)
        else:
            others = others.plus(share)
    return Usage(causes, threads, trees, deleted, others)


def _causes(
    by_cause: Mapping[str, int], streams: Iterable[StreamSize], rollouts: Mapping[str, int]
) -> Mapping[str, int]:
    """The causes, with the events of the log split into rows and payloads."""
    sizes = dict(by_cause)
    events = sizes.pop("events", None)
    if events is not None:
        payloads = sum(size.payload_bytes for size in streams)
        sizes |= {"logRows": max(0, events - payloads), "payloads": payloads}
    return sizes | {"rollouts": sum(rollouts.values())}


def _payload_files(root: Path) -> Counter[str]:
    """The size of payload files, by stream."""
    sizes: Counter[str] = Counter()
    for path in payload_files(root):
        sizes[path.parent.name] += size_of(path)
    return sizes


def _rollouts(home: Path) -> Counter[str]:
    """The size of rollout files, by thread; no link is followed."""
    sizes: Counter[str] = Counter()
    for root in ROLLOUTS:
        for folder, _, names in os.walk(home / root) if not (home / root).is_symlink() else ():
            for name in names:
                if thread_id := id_in(name):
                    sizes[thread_id] += size_of(Path(folder, name))
    return sizes
