"""Commands on memory, and the pure rules that turn them into events."""

from collections.abc import Collection, Mapping, Sequence

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.events.base import Event
from threadhost.events.dispatch import by_type
from threadhost.events.memory import (
    CONSOLIDATION,
    LOST,
    STOPPED,
    Consolidated,
    JobClaimed,
    JobFailed,
    JobSkipped,
    MemoriesForgotten,
    MemoryKeysDestroyed,
    NoteTaken,
    Skip,
    TextDropped,
    TextWritten,
    Why,
)
from threadhost.events.memory_state import Job, Memory
from threadhost.events.named_tuple import NamedTuple

TRIES_MAX = 3


class MemoryPolicy(NamedTuple):
    """How memories are made; times are in milliseconds."""

    generates: bool = True
    """Whether notes are made of threads."""
    uses: bool = True
    """Whether the models of threads are given the memory."""
    extract_model: str | None = None
    """The model that makes notes; None takes the thread's own."""
    consolidation_model: str | None = None
    """The model that consolidates all notes; None takes the host's default."""
    idle_ms: int = 6 * 3_600_000
    """Unless it is archived, a thread counts as over this long after its last change."""
    age_max_ms: int = 30 * 86_400_000
    """Threads whose last change is older than this are ignored."""
    notes_max: int = 256
    """How many notes are kept; the oldest go first."""
    backlog_max: int = 16
    """How many threads that were over before the host started get a note in the host's lifetime."""
    jobs_max: int = 2
    """How many threads are worked on at once."""
    cooldown_ms: int = 6 * 3_600_000
    """The wait between two consolidations, unless something was forgotten."""
    lease_ms: int = 600_000
    """The lease of one job."""
    retry_wait_ms: int = 60_000
    """The wait after the first failure of a job; eight times as long after the second."""
    keeps_out_external: bool = False
    """Whether threads that used servers' tools get no notes."""


class Text(NamedTuple):
    """An answer of a model, cleaned for storage."""

    text: str
    hidden: int = 0
    is_cut: bool = False


class Changes(NamedTuple):
    """The new events: in the stream of memory, and in the streams of texts, by their ids."""

    events: Sequence[Event] = ()
    texts: Mapping[str, Event] = {}


class NotDue(Exception):
    """A job may not begin now; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StaleToken(Refusal):
    """A job of memory ended after its lease ran out, or after the job became void."""


class Claim(Command):
    """Begin a job: the note of a thread last changed at `source_at_ms`, or the consolidation."""

    thread_id: str
    token: str
    at_ms: int
    lease_ms: int
    epoch: int = 0
    source_at_ms: int = 0


class Fail(Command):
    """Record that the job failed, for this reason."""

    thread_id: str
    token: str
    reason: str
    at_ms: int
    wait_ms: int


class SkipThread(Command):
    """Record that a thread gives nothing to note."""

    thread_id: str
    token: str
    reason: Skip
    at_ms: int
    tokens: int = 0


class TakeNote(Command):
    """Record the note of a thread."""

    thread_id: str
    token: str
    text_id: str
    text: Text
    at_ms: int
    notes_max: int
    tokens: int = 0


class Consolidate(Command):
    """Record the text that consolidates all notes."""

    token: str
    text_id: str
    text: Text
    at_ms: int
    tokens: int = 0


class Forget(Command):
    """Drop the memory of these threads; a reset drops all memory."""

    why: Why
    at_ms: int
    thread_ids: Sequence[str] = ()


class NoteKeysDestroyed(Command):
    """Record that the keys of these texts are destroyed."""

    text_ids: Sequence[str]


@by_type
def decide_memory(command: Command, memory: Memory) -> Changes:
    """The events of a command. Raises NotDue for a claim, StaleToken for the end of a job."""
    raise LookupError(f"no rule for {type(command).__name__} in {memory.version}")


@decide_memory.register
def _claim(command: Claim, memory: Memory) -> Changes:
    job, key = memory.job(command.thread_id), command.thread_id
    is_same = _is_same(command, memory)
    if reason := _why_not(command, job, memory, is_same=is_same):
        raise NotDue(reason)
    losses = _lost(key, job) if job.token else ()
    attempt = job.attempt + 1 if is_same else 1
    if attempt > TRIES_MAX:
        return Changes(losses)
    of_all = memory.notes if key == CONSOLIDATION else {}
    claimed = JobClaimed(
        thread_id=key,
        token=command.token,
        attempt=attempt,
        claimed_at_ms=command.at_ms,
        lease_ms=command.lease_ms,
        epoch=command.epoch,
        source_at_ms=command.source_at_ms,
        sources=[note.text_id for note in of_all.values()],
        thread_ids=list(of_all),
    )
    return Changes((*losses, claimed))


def _is_same(command: Claim, memory: Memory) -> bool:
    """Whether the last job had the same sources: newer sources start again with all tries."""
    job = memory.job(command.thread_id)
    if command.thread_id == CONSOLIDATION:
        return memory.wanted == frozenset(job.sources)
    return job.source_at_ms >= command.source_at_ms


def _why_not(command: Claim, job: Job, memory: Memory, *, is_same: bool) -> str:
    """Why a job may not begin now; "" if it may."""
    if job.token and job.epoch == command.epoch and command.at_ms < job.until_ms:
        return "running"
    if command.thread_id == CONSOLIDATION:
        is_done = not memory.is_stale
    else:
        is_done = (is_same and job.is_done) or command.source_at_ms <= memory.reset_at_ms
    if is_done:
        return "upToDate"
    if is_same and job.gave_up:
        return "exhausted"
    return "backingOff" if is_same and command.at_ms < job.retry_at_ms else ""


def _lost(key: str, job: Job) -> Sequence[Event]:
    """The end of a job whose process or lease is over."""
    gave_up = job.attempt >= TRIES_MAX
    return (JobFailed(thread_id=key, token=job.token, reason=LOST, gave_up=gave_up),)


@decide_memory.register
def _fail(command: Fail, memory: Memory) -> Changes:
    job = memory.job(command.thread_id)
    if not memory.holds(command.thread_id, command.token):
        return Changes()
    gave_up = job.attempt >= TRIES_MAX
    is_stopped = command.reason == STOPPED
    wait_ms = command.wait_ms * 8 ** (job.attempt - 1)
    failed = JobFailed(
        thread_id=command.thread_id,
        token=command.token,
        reason=command.reason,
        retry_at_ms=0 if gave_up or is_stopped else command.at_ms + wait_ms,
        gave_up=gave_up and not is_stopped,
    )
    return Changes((failed,))


@decide_memory.register
def _skip(command: SkipThread, memory: Memory) -> Changes:
    """A skipped thread loses its older note, which is not true of it any more."""
    _require_held(memory, command.thread_id, command.token, command.at_ms)
    skipped = JobSkipped(
        thread_id=command.thread_id,
        token=command.token,
        reason=command.reason,
        tokens=command.tokens,
    )
    older = memory.notes.get(command.thread_id)
    if older is None:
        return Changes((skipped,))
    is_last = len(memory.notes) == 1
    summary_ids = [memory.summary.text_id] if is_last and memory.summary.text_id else []
    return Changes((skipped,), _dropped("replaced", [older.text_id, *summary_ids]))


@decide_memory.register
def _take_note(command: TakeNote, memory: Memory) -> Changes:
    _require_held(memory, command.thread_id, command.token, command.at_ms)
    taken = NoteTaken(
        thread_id=command.thread_id,
        token=command.token,
        text_id=command.text_id,
        tokens=command.tokens,
    )
    older = memory.notes.get(command.thread_id)
    texts = {
        command.text_id: written(command.text),
        **_dropped("replaced", [older.text_id] if older else []),
    }
    other_ids = [key for key in memory.notes if key != command.thread_id]
    crowded = other_ids[: max(0, len(other_ids) + 1 - command.notes_max)]
    if not crowded:
        return Changes((taken,), texts)
    texts |= _dropped("crowdedOut", [memory.notes[key].text_id for key in crowded])
    forgotten = MemoriesForgotten(why="crowdedOut", at_ms=command.at_ms, thread_ids=crowded)
    return Changes((taken, forgotten), texts)


@decide_memory.register
def _consolidate(command: Consolidate, memory: Memory) -> Changes:
    _require_held(memory, CONSOLIDATION, command.token, command.at_ms)
    consolidated = Consolidated(
        token=command.token,
        text_id=command.text_id,
        thread_ids=list(memory.job(CONSOLIDATION).thread_ids),
        at_ms=command.at_ms,
        tokens=command.tokens,
    )
    older = memory.summary.text_id
    texts = _dropped("replaced", [older] if older else [])
    return Changes((consolidated,), {command.text_id: written(command.text), **texts})


@decide_memory.register
def _forget(command: Forget, memory: Memory) -> Changes:
    is_reset = command.why == "reset"
    noted = [t for t in command.thread_ids if t in memory.notes or t in memory.jobs]
    summed_up = [t for t in command.thread_ids if t in memory.summary.thread_ids]
    named = list(dict.fromkeys((*noted, *summed_up)))
    if not named and not is_reset:
        return Changes()
    text_ids = [memory.notes[t].text_id for t in named if t in memory.notes]
    if memory.summary.text_id and (summed_up or len(text_ids) == len(memory.notes)):
        text_ids.append(memory.summary.text_id)
    if is_reset:
        text_ids = list(memory.text_ids)
    forgotten = MemoriesForgotten(why=command.why, at_ms=command.at_ms, thread_ids=named)
    return Changes((forgotten,), _dropped(command.why, text_ids))


@decide_memory.register
def _note_keys_destroyed(command: NoteKeysDestroyed, memory: Memory) -> Changes:
    return Changes((MemoryKeysDestroyed(text_ids=list(command.text_ids)),))


def threads_of_texts(memory: Memory, text_ids: Collection[str]) -> Sequence[str]:
    """The fewest threads whose memory has to be forgotten so that these texts are dropped."""
    noted = [thread_id for thread_id, note in memory.notes.items() if note.text_id in text_ids]
    summed_up = memory.summary.thread_ids if memory.summary.text_id in text_ids else ()
    return [*noted, *(summed_up[:1] if {*noted}.isdisjoint(summed_up) else ())]


def _dropped(reason: Why, text_ids: Sequence[str]) -> dict[str, Event]:
    return {text_id: TextDropped(text_id=text_id, why=reason) for text_id in text_ids}


def written(text: Text) -> TextWritten:
    """The record of a text."""
    return TextWritten(text=text.text, hidden=text.hidden, is_cut=text.is_cut)


def _require_held(memory: Memory, key: str, token: str, at_ms: int) -> None:
    if not memory.holds(key, token):
        raise StaleToken(
            f"the memory job of {key or 'all notes'} was cancelled, or another worker has it"
        )
    if at_ms >= memory.job(key).until_ms:
        raise StaleToken(f"the lease of the memory job of {key or 'all notes'} expired")
