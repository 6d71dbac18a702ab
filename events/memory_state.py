"""What the rules of memory need: jobs, notes and the text made of all notes, folded."""

from collections.abc import Iterable, Mapping

from threadhost.events.base import Event, Gap, Recorded
from threadhost.events.dispatch import by_type
from threadhost.events.memory import (
    CONSOLIDATION,
    STOPPED,
    Consolidated,
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    NoteTaken,
)
from threadhost.events.named_tuple import NamedTuple

JOBS_KEPT_MAX = 1_024
"""How many threads' jobs are kept; beyond that the oldest finished one is dropped, and its thread
may get a new job."""


class Job(NamedTuple):
    """The newest job of a thread, or of the consolidation; the holder of the token works on it."""

    token: str = ""
    attempt: int = 0
    until_ms: int = 0
    epoch: int = 0
    source_at_ms: int = 0
    sources: tuple[str, ...] = ()
    thread_ids: tuple[str, ...] = ()
    retry_at_ms: int = 0
    gave_up: bool = False
    is_done: bool = False


class Note(NamedTuple):
    """The note about a thread, by the id of its text."""

    text_id: str
    source_at_ms: int = 0


class Summary(NamedTuple):
    """The text that later threads are given, and the notes that it is made of."""

    text_id: str = ""
    notes: frozenset[str] = frozenset()
    thread_ids: tuple[str, ...] = ()
    at_ms: int = 0


NO_JOBS: Mapping[str, Job] = {}
NO_NOTES: Mapping[str, Note] = {}


class Memory(NamedTuple):
    """The aggregate: what is remembered, and which jobs are under way.

    Notes are in the order in which they were taken.
    """

    version: int = 0
    jobs: Mapping[str, Job] = NO_JOBS
    notes: Mapping[str, Note] = NO_NOTES
    summary: Summary = Summary()
    reset_at_ms: int = 0
    """The time of the last reset; threads are remembered again if they went on after it."""
    dropped: tuple[str, ...] = ()
    """Dropped texts whose keys may still exist."""

    def job(self, thread_id: str) -> Job:
        """The newest job of a thread."""
        return self.jobs.get(thread_id, Job())

    def holds(self, thread_id: str, token: str) -> bool:
        """Whether this token belongs to the job that is under way."""
        return bool(token) and self.job(thread_id).token == token

    @property
    def wanted(self) -> frozenset[str]:
        """The notes that the text should be made of."""
        return frozenset(note.text_id for note in self.notes.values())

    @property
    def is_stale(self) -> bool:
        """Whether the text is made of other notes than those that exist."""
        return self.wanted != self.summary.notes

    @property
    def text_ids(self) -> tuple[str, ...]:
        """The ids of all texts that exist."""
        summary_ids = (self.summary.text_id,) if self.summary.text_id else ()
        return (*(note.text_id for note in self.notes.values()), *summary_ids)


def fold_memory(recorded: Iterable[Recorded], state: Memory | None = None) -> Memory:
    """Fold these events of the stream into the memory."""
    state = state or Memory()
    for fact in recorded:
        state = evolve_memory(fact.event, state)._replace(version=fact.version)
    return state


@by_type
def evolve_memory(fact: Event | Gap, memory: Memory) -> Memory:
    """What is remembered after the fact. It never refuses."""
    return memory


@evolve_memory.register
def _claimed(fact: JobClaimed, memory: Memory) -> Memory:
    job = Job(
        fact.token,
        fact.attempt,
        fact.claimed_at_ms + fact.lease_ms,
        fact.epoch,
        fact.source_at_ms,
        tuple(fact.sources),
        tuple(fact.thread_ids),
    )
    return _with_job(memory, fact.thread_id, job)


@evolve_memory.register
def _failed(fact: JobFailed, memory: Memory) -> Memory:
    """An attempt that failed only because the host was stopped does not count."""
    job = memory.job(fact.thread_id)
    attempt = job.attempt - (fact.reason == STOPPED)
    ended = job._replace(
        token="", attempt=attempt, retry_at_ms=fact.retry_at_ms, gave_up=fact.gave_up
    )
    return _with_job(memory, fact.thread_id, ended)


@evolve_memory.register
def _skipped(fact: JobSkipped, memory: Memory) -> Memory:
    remaining = _without(memory, {fact.thread_id})
    return _with_job(remaining, fact.thread_id, _ended_well(memory.job(fact.thread_id)))


@evolve_memory.register
def _note_taken(fact: NoteTaken, memory: Memory) -> Memory:
    job, remaining = memory.job(fact.thread_id), _without(memory, {fact.thread_id}, is_kept=True)
    notes = {**remaining.notes, fact.thread_id: Note(fact.text_id, job.source_at_ms)}
    return _with_job(remaining._replace(notes=notes), fact.thread_id, _ended_well(job))


@evolve_memory.register
def _consolidated(fact: Consolidated, memory: Memory) -> Memory:
    job = memory.job(CONSOLIDATION)
    summary = Summary(fact.text_id, frozenset(job.sources), tuple(fact.thread_ids), fact.at_ms)
    consolidated = _without_summary(memory)._replace(summary=summary)
    return _with_job(consolidated, CONSOLIDATION, _ended_well(job))


@evolve_memory.register
def _forgotten(fact: MemoriesForgotten, memory: Memory) -> Memory:
    if fact.why == "reset":
        return Memory(reset_at_ms=fact.at_ms, dropped=(*memory.dropped, *memory.text_ids))
    keys = set(fact.thread_ids)
    if fact.why == "crowdedOut":  # a text made of the crowded-out notes may still be used
        return _without(memory, keys)
    jobs = dict(memory.jobs)
    if not keys.isdisjoint(memory.job(CONSOLIDATION).thread_ids):
        keys = {*keys, CONSOLIDATION}
    for key in keys:
        jobs.pop(key, None)
    is_told = not keys.isdisjoint(memory.summary.thread_ids)
    remaining = _without(memory._replace(jobs=jobs), keys)
    return _without_summary(remaining) if is_told else remaining


@evolve_memory.register
def _keys_destroyed(fact: MemoryKeysDestroyed, memory: Memory) -> Memory:
    text_ids = set(fact.text_ids)
    return memory._replace(
        dropped=tuple(text_id for text_id in memory.dropped if text_id not in text_ids)
    )


def _without(memory: Memory, keys: set[str], *, is_kept: bool = False) -> Memory:
    """Remove the notes of these threads; the text stays while other notes exist, or if `is_kept`.

    Without any note, the consolidation has no source either: its job and its text are dropped.
    """
    notes = dict(memory.notes)
    dropped = [notes.pop(key).text_id for key in keys if key in notes]
    remaining = memory._replace(notes=notes, dropped=(*memory.dropped, *dropped))
    if notes or is_kept:
        return remaining
    jobs = {key: job for key, job in remaining.jobs.items() if key != CONSOLIDATION}
    return _without_summary(remaining._replace(jobs=jobs))


def _without_summary(memory: Memory) -> Memory:
    text_id = memory.summary.text_id
    dropped = (*memory.dropped, text_id) if text_id else memory.dropped
    return memory._replace(summary=Summary(), dropped=dropped)


def _ended_well(job: Job) -> Job:
    """The job after success: the next one begins anew."""
    return Job(source_at_ms=job.source_at_ms, is_done=True)


def _with_job(memory: Memory, key: str, job: Job) -> Memory:
    jobs = dict(memory.jobs)  # a copy is fast enough: streams are folded as a whole
    jobs.pop(key, None)
    jobs[key] = job
    if len(jobs) > JOBS_KEPT_MAX:
        spare_keys = (spare for spare in jobs if spare and not jobs[spare].token)
        jobs.pop(next(spare_keys, key))
    return memory._replace(jobs=jobs)
