"""A thread's life: its events, its state, and how one follows from the other."""

from collections.abc import Callable, Mapping
from typing import Any

from threadhost.events.base import UNTIL_CLOSED, UPCASTERS, Event, Gap, StreamState, Upcaster, event
from threadhost.events.dispatch import by_type
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.open_call import MCP_ITEM as MCP_ITEM  # noqa: PLC0414  (re-exported)
from threadhost.events.open_call import OpenCall as OpenCall  # noqa: PLC0414  (likewise)
from threadhost.events.settings import ThreadSettings as ThreadSettings  # noqa: PLC0414  (likewise)
from threadhost.events.usage import NO_USAGE, Usage
from threadhost.events.words import HistoryMode, Id, Source, StopReason


@event("thread.started.v1", since="0.1", stream="thread", cause="asked")
class ThreadStarted(Event):
    """A thread was started, as a root or as a child of `parent_id`; its tree never changes."""

    thread_id: Id
    session_id: Id
    parent_id: Id | None = None
    forked_from_id: Id | None = None
    depth: int = 0
    ephemeral: bool = False
    source: Source
    history_mode: HistoryMode = "paginated"


@event("thread.configured.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class ThreadConfigured(Event):
    """The settings of a thread were set."""

    settings: ThreadSettings


@event("thread.renamed.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class ThreadRenamed(Event):
    """A client renamed the thread."""

    name: str


@event("thread.activated.v2", since="0.1", stream="thread", cause="asked")
class ThreadActivated(Event):
    """An actor was activated for the thread, with a fencing token of its own.

    It continued from the snapshot at `snapshot_version` of the stream; 0: it read all events.
    """

    activates = True
    incarnation: int
    snapshot_version: int = 0


UPCASTERS["thread.activated.v1"] = Upcaster(ThreadActivated.kind, dict)


@event("thread.draining.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class ThreadDraining(Event):
    """A shutdown was requested: no new work is admitted, and running work ends."""

    moves_fences = True
    moves_to = StreamState.DRAINING
    reason: StopReason


@event("thread.flushed.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class ThreadFlushed(Event):
    """All events of the actor are in the log."""


@event("thread.stopped.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class ThreadStopped(Event):
    """The actor stopped; the thread may be activated again unless its tree has fenced it."""

    moves_fences = True
    reason: StopReason


@event(
    "thread.shutdown_timed_out.v1",
    since="0.1",
    stream="thread",
    cause="asked",
    admitted=UNTIL_CLOSED,
)
class ThreadShutdownTimedOut(Event):
    """The actor did not stop by the deadline; its incarnation is over, and it is fenced out."""

    supersedes = True
    moves_fences = True
    reason: StopReason
    deadline_ms: int


@event("thread.archived.v1", since="0.1", stream="thread", cause="asked")
class ThreadArchived(Event):
    """The thread was archived, alone or with the root `root_id`; it cannot be activated."""

    root_id: Id


@event("thread.unarchived.v1", since="0.1", stream="thread", cause="asked")
class ThreadUnarchived(Event):
    """The thread was unarchived; threads that were archived with it stay archived."""


@event("thread.failed.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class ThreadFailed(Event):
    """The actor failed and was restarted from the log, or given up on."""

    error: Id
    attempt: int
    gave_up: bool


@event("thread.deleted.v1", since="0.1", stream="thread", cause="plan", admitted=UNTIL_CLOSED)
class ThreadDeleted(Event):
    """The tombstone: the thread is deleted, and its stream admits no event any more."""

    moves_fences = closes = True
    moves_to = StreamState.CLOSED
    thread_id: Id
    deletion_id: Id
    root_id: Id


COMPACTION = "compact"
"""The kind of a turn that summarises the history; it takes no input."""


class Compaction(NamedTuple):
    """A summary that a model was asked for, by the item that clients see meanwhile."""

    item_id: str


class ActiveTurn(NamedTuple):
    """The turn in flight, with the settings that it began with."""

    id: str
    started_at_ms: int
    settings: ThreadSettings | None = None
    root_turn_id: str | None = None
    """The turn of the tree's root that led to this one, if that is another turn."""
    items: int = 0
    requests: int = 0
    error: bool = False
    calls: tuple[OpenCall, ...] = ()
    kind: str = "regular"
    asking: bool = False
    """Whether a model was asked and has neither answered nor failed."""
    asked_at_version: int = 0
    """The version of the newest request."""
    heard_at_version: int = 0
    """The version of the newest event that the next request answers."""
    steered: bool = False
    """Whether there is input that the newest request does not contain."""
    left_out: int = 0
    """How many of the oldest lines of the history the newest request omitted."""
    called: bool = False
    """Whether the answer to the newest request calls tools."""
    reached: bool = False
    """Whether anyone outside the host accepted one of these calls."""
    unanswered: int = 0
    """Responses in a row that only called tools, none of which anyone outside the host accepted."""
    retries: int = 0
    """Model calls that failed in a row."""
    wait_ms: int = 0
    """How long the next model call has to wait after a failure; 0: not at all, or no longer."""
    compaction: Compaction | None = None
    """The summary that the newest request asks for."""
    compactions: int = 0
    """Summaries requested since a model last answered, successful or not."""
    held_back: tuple[dict[str, Any], ...] = ()
    """Messages that are recorded once the history before them is summarised."""
    pictures: tuple[str, ...] = ()
    """Messages whose pictures are not read yet."""

    @property
    def sums_up(self) -> bool:
        """Whether the newest request is for a summary."""
        return self.compaction is not None

    @property
    def counted(self) -> "ActiveTurn":
        """The turn with `unanswered` updated once a response and all its calls are over.

        A response that is a summary does not count.
        """
        if self.asking or self.calls or self.sums_up:
            return self
        is_unreached = self.called and not self.reached
        return self._replace(unanswered=self.unanswered + 1 if is_unreached else 0)

    @property
    def may_ask(self) -> bool:
        """Whether nothing has to happen before the next request."""
        return not (self.asking or self.wait_ms or self.calls or self.pictures)

    @property
    def waits_for_user(self) -> bool:
        """Whether the user was asked something and has not answered."""
        return any(call.questions is not None for call in self.calls)

    @property
    def waits_for_approval(self) -> bool:
        """Whether the user was asked for approval, or by a server, and has not answered."""
        return any(call.asks for call in self.calls)


class Queued(NamedTuple):
    """A turn in the queue; `version` is that of the event with its input."""

    id: str
    rank: int
    version: int


NO_PARTS: Mapping[str, Any] = {}


class Thread(NamedTuple):
    """The aggregate: what the rules of a thread need to know, folded from its stream."""

    id: str = ""
    session_id: str = ""
    parent_id: str | None = None
    depth: int = 0
    ephemeral: bool = False
    version: int = 0
    incarnation: int = 0
    state: StreamState = StreamState.OPEN
    settings: ThreadSettings | None = None
    name: str | None = None
    turn: ActiveTurn | None = None
    turns: int = 0
    turn_ended_at_version: int = 0
    """The version at which the newest turn ended."""
    usage: Usage = NO_USAGE
    last_usage: Usage = NO_USAGE
    usage_turn_id: str = ""
    """The turn of the newest response; empty after a revert until there is another response."""
    failed: bool = False
    archived: bool = False
    queue: tuple[Queued, ...] = ()
    queue_held: bool = False
    """Whether the queue stays held: the last turn was stopped or failed."""
    mended: Mapping[str, int] = NO_PARTS
    """How many items of its history were changed or omitted in requests, by rule, as clients see
    it."""
    parts: Mapping[str, Any] = NO_PARTS
    """The parts that nouns keep of the thread, by name."""
    copying: bool = False
    """Whether it is a fork that is not fully copied yet: then it exists for nobody."""
    gaps: int = 0
    """How many of its events cannot be read; the state lacks what they said."""

    @property
    def takes_next(self) -> bool:
        """Whether a queued turn is due now."""
        is_free = self.turn is None and self.state is StreamState.OPEN and not self.archived
        return is_free and bool(self.queue) and not self.queue_held

    def is_queued(self, submission_id: str) -> bool:
        """Whether this submission is in the queue."""
        return any(submission.id == submission_id for submission in self.queue)

    def at_version(self, version: int) -> "Thread":
        """Set the version; each fold calls this, and `_replace` takes twice as long."""
        values = list(self)
        values[_VERSION] = version
        return tuple.__new__(Thread, values)

    @property
    def exists(self) -> bool:
        """Whether the thread was completely started and is not deleted."""
        return self.version > 0 and self.state is not StreamState.CLOSED and not self.copying


_VERSION = Thread._fields.index("version")


@by_type
def evolve(fact: Event | Gap, thread: Thread) -> Thread:
    """Return the thread after the fact. Never refuses: what is in the log happened."""
    return thread


def in_turn(thread: Thread, turn_id: str, change: Callable[[ActiveTurn], ActiveTurn]) -> Thread:
    """Return the thread with its running turn changed, if that is this turn."""
    turn = thread.turn
    if turn is None or turn.id != turn_id:
        return thread
    return thread._replace(turn=change(turn))


def heard(thread: Thread, turn_id: str) -> Thread:
    """Mark the thread's next event as the newest that the turn's next request answers."""
    version = thread.version + 1
    return in_turn(thread, turn_id, lambda turn: turn._replace(heard_at_version=version))


@evolve.register
def _thread_started(fact: ThreadStarted, thread: Thread) -> Thread:
    return thread._replace(
        id=fact.thread_id,
        session_id=fact.session_id,
        parent_id=fact.parent_id,
        depth=fact.depth,
        ephemeral=fact.ephemeral,
    )


@evolve.register
def _thread_configured(fact: ThreadConfigured, thread: Thread) -> Thread:
    return thread._replace(settings=fact.settings)


@evolve.register
def _thread_renamed(fact: ThreadRenamed, thread: Thread) -> Thread:
    return thread._replace(name=fact.name)


@evolve.register
def _thread_activated(fact: ThreadActivated, thread: Thread) -> Thread:
    return thread._replace(incarnation=fact.incarnation, state=StreamState.OPEN)


@evolve.register
def _thread_draining(fact: ThreadDraining, thread: Thread) -> Thread:
    return thread._replace(state=StreamState.DRAINING)


@evolve.register
def _thread_stopped(fact: ThreadStopped, thread: Thread) -> Thread:
    return thread._replace(state=StreamState.OPEN)


@evolve.register
def _thread_shutdown_timed_out(fact: ThreadShutdownTimedOut, thread: Thread) -> Thread:
    return thread._replace(state=StreamState.OPEN, incarnation=thread.incarnation + 1)


@evolve.register
def _thread_failed(fact: ThreadFailed, thread: Thread) -> Thread:
    return thread._replace(failed=fact.gave_up)


@evolve.register
def _thread_archived(fact: ThreadArchived, thread: Thread) -> Thread:
    return thread._replace(archived=True)


@evolve.register
def _thread_unarchived(fact: ThreadUnarchived, thread: Thread) -> Thread:
    return thread._replace(archived=False)


@evolve.register
def _thread_deleted(fact: ThreadDeleted, thread: Thread) -> Thread:
    return thread._replace(state=StreamState.CLOSED, turn=None)
