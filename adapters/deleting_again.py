"""Repeats in a restored log the deletions that the replaced log knows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Self

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.hold import ReleaseHold
from threadhost.actors.job import JobNotFound
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.memory import SetMemoryMode
from threadhost.actors.memory_jobs import NoteKeysDestroyed, threads_of_texts
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.tree import holds_against
from threadhost.adapters.app import App
from threadhost.events.base import Event
from threadhost.events.bounds import batches
from threadhost.events.ids import (
    job_of,
    job_stream,
    memory_of,
    memory_stream,
    thread_of,
    thread_stream,
)
from threadhost.events.job import JobDeleted
from threadhost.events.memory import MemoriesForgotten, MemoryMode, TextDropped, Why
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import StreamAppend
from threadhost.events.thread import ThreadDeleted
from threadhost.events.words import pluralize
from threadhost.projections.tree import unfinished_deletions

TOMBSTONES_AT_ONCE = 500


class Deleted(NamedTuple):
    """The ids of deleted threads, jobs and texts of memory, each sorted."""

    threads: Sequence[str] = ()
    jobs: Sequence[str] = ()
    texts: Sequence[str] = ()

    @classmethod
    def of(cls, streams: Iterable[str]) -> Self:
        """Sort these streams by what they belong to; a page belongs to its job."""
        streams = list(streams)
        return cls(*(_ids(map(owner, streams)) for owner in (thread_of, job_of, memory_of)))

    def without(self, other: "Deleted") -> "Deleted":
        """Return what is not in `other`."""
        return Deleted(*(sorted({*a}.difference(b)) for a, b in zip(self, other, strict=True)))

    def union(self, other: "Deleted") -> "Deleted":
        """Return what is in either."""
        return Deleted(*(sorted({*a, *b}) for a, b in zip(self, other, strict=True)))

    @property
    def named(self) -> Sequence[str]:
        """The ids of the threads and jobs, which people know by their ids."""
        return [*self.threads, *self.jobs]

    @property
    def counted(self) -> str:
        """How many threads and jobs, in words."""
        counts = (len(self.threads), "thread"), (len(self.jobs), "job")
        return " and ".join(pluralize(count, noun) for count, noun in counts if count)

    def tombstones(self, reasons: Mapping[str, Why]) -> Iterator[tuple[str, Event]]:
        """The tombstone of each, with its stream; `reasons` says why a text was dropped."""
        for thread_id in self.threads:
            tombstone = ThreadDeleted(thread_id=thread_id, deletion_id="", root_id=thread_id)
            yield thread_stream(thread_id), tombstone
        for job_id in self.jobs:
            yield job_stream(job_id), JobDeleted(pages=0)
        for text_id in self.texts:
            yield (
                memory_stream(text_id),
                TextDropped(text_id=text_id, why=reasons.get(text_id, "deleted")),
            )


class LaterDeletions(NamedTuple):
    """What was deleted after a backup was taken.

    `revived` lives in the restored log and is deleted again, with the holds on the threads and jobs
    in `released`. `unknown` is in no stream of the restored log: its tombstones are recorded, so
    that no newer backup brings it back either. `reasons` says why texts were dropped, `modes`
    of which threads notes were forbidden since, or allowed again. `erased` are the streams whose
    keys are missing in the backup, as they were erased from it.
    """

    revived: Deleted = Deleted()
    released: frozenset[str] = frozenset()
    unknown: Deleted = Deleted()
    reasons: Mapping[str, Why] = {}
    modes: Mapping[str, MemoryMode] = {}
    erased: frozenset[str] = frozenset()


async def delete_again(app: App, later: LaterDeletions, cause: str) -> None:
    """Record the deletions. Raises Refusal or StoreError."""
    origin = policy("restore", app.ids.new(), cause)
    revived = later.revived
    if any(revived):
        unfinished = await unfinished_deletions(app.host.logs.durable.reads)
        await app.host.life.resume(Unfinished(unfinished, (), ()), cause)
    for thread_id in revived.threads:
        await _delete_thread(app, thread_id, origin, releases=thread_id in later.released)
    for job_id in revived.jobs:
        await _delete_job(app, job_id, origin, releases=job_id in later.released)
    if revived.texts or later.reasons or later.modes:
        await _forget(app, later, origin)
    tombstones_of_all = list(later.unknown.tombstones(later.reasons))
    for tombstones in batches(tombstones_of_all, TOMBSTONES_AT_ONCE):
        appends = (StreamAppend(stream, (tombstone,), 0) for stream, tombstone in tombstones)
        await app.host.logs.durable.append(*appends, meta=origin.at(app.clock.now_ms()))
    if later.unknown.texts:  # their keys are in no file of this home
        command = NoteKeysDestroyed(later.unknown.texts)
        await app.host.logs.memory(app.clock).change(command, origin)


async def _delete_thread(app: App, thread_id: str, origin: Origin, *, releases: bool) -> None:
    """Delete a thread again; `releases` also releases holds, as the earlier deletion required."""
    if releases:
        with suppress(ThreadNotFound):  # threads that depend on a missing one are deleted anyway
            await _release(app, thread_id, origin, with_below=True)
    with suppress(ThreadNotFound):  # deleted with a thread above it
        await app.host.trees.delete(thread_id, origin)


async def _delete_job(app: App, job_id: str, origin: Origin, *, releases: bool) -> None:
    """Delete a job again; `releases` also releases the holds on the thread that it runs for."""
    with suppress(JobNotFound):  # deleted with the thread that it ran for
        runner_id = (await app.host.jobs.actor(job_id)).job.runner_id
        if releases:
            with suppress(ThreadNotFound):
                await _release(app, runner_id, origin, with_below=False)
        await app.host.jobs.delete(job_id, origin)


async def _release(app: App, thread_id: str, origin: Origin, *, with_below: bool) -> None:
    session_id = await app.host.threads.session_of(thread_id)
    actor = await app.host.trees.actors.get(session_id)
    targets = await actor.targets_below(thread_id)
    for held_id, matter in holds_against(
        thread_id, targets if with_below else targets[:1], actor.tree
    ):
        command = ReleaseHold(held_id or thread_id, matter)
        await app.host.trees.actors.tell(session_id, TreeCommandEnvelope(command, origin))


async def _forget(app: App, later: LaterDeletions, origin: Origin) -> None:
    """Forbid, reset and drop memories again, as in the replaced log.

    A revived text is dropped with the memory of the threads that it is about.
    """
    memory = app.host.logs.memory(app.clock)
    notes = (await memory.state()).notes.items()
    noted = {t: "disabled" for t, n in notes if later.reasons.get(n.text_id) == "disabled"}
    forbidden = [t for t, mode in {**noted, **later.modes}.items() if mode == "disabled"]
    absent: list[str] = []
    for thread_id in forbidden:
        command = SetMemoryMode("disabled", is_repeated=True)
        try:
            await app.host.threads.amend(thread_id, command, origin)
        except Refusal:
            absent.append(thread_id)
    await memory.forget("disabled", origin, forbidden)
    for thread_ids in batches(absent, TOMBSTONES_AT_ONCE):  # a newer backup may have them
        at_ms = app.clock.now_ms()
        forgotten = MemoriesForgotten(why="disabled", at_ms=at_ms, thread_ids=list(thread_ids))
        append = StreamAppend(memory.stream, (forgotten,))
        await app.host.logs.durable.append(append, meta=origin.at(at_ms))
    thread_ids = threads_of_texts(await memory.state(), later.revived.texts)
    is_reset = "reset" in later.reasons.values()
    await memory.forget("reset" if is_reset else "deleted", origin, thread_ids)


def _ids(owners: Iterable[str | None]) -> Sequence[str]:
    return sorted({owner for owner in owners if owner})
