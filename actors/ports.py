"""What actors need from the outside world, as protocols: tools, clocks, pictures and files."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from threadhost.actors.origin import Origin
from threadhost.events.elicitation import Outcome
from threadhost.events.fold import Thread
from threadhost.events.goal_state import TreeCover
from threadhost.events.named_tuple import NamedTuple


class ToolCall(NamedTuple):
    """A call that somebody outside of the thread has to answer.

    It calls a tool of a client or of a `server`, or a tool of the host, whose `arguments` are then
    the model's raw text. With `questions` it calls no tool but asks the user. `origin` is the
    origin of the turn.
    """

    thread_id: str
    turn_id: str
    call_id: str
    origin: Origin
    tool: str = ""
    namespace: str | None = None
    arguments: object = None
    questions: Sequence[dict[str, Any]] = ()
    version: int = 0
    """The version of the call in the thread's stream."""
    server: str = ""
    approved: bool = False
    """Whether the user has approved what a host tool does beyond a limit."""


class ToolResult(NamedTuple):
    """The result of a call, in parts as clients give them; `reached` if anybody took it on.

    `by` is the principal who answered, "" if nobody did. `item` adds fields to the item that
    clients see of a call of a host tool, beside its status and its times. `whole` is a server's
    complete answer, as clients see it. `ends_turn` ends the turn without another request.
    """

    content: Sequence[dict[str, Any]]
    success: bool
    reached: bool = True
    by: str = ""
    item: Mapping[str, Any] | None = None
    whole: Mapping[str, Any] | None = None
    ends_turn: bool = False


class ElicitationAnswer(NamedTuple):
    """The outcome of a question on behalf of a call, and who answered it.

    `for_session`: the approval holds for later calls of the session, too.
    """

    outcome: Outcome
    content: dict[str, Any] | None = None
    for_session: bool = False
    by: str = ""


class Tools(Protocol):
    """The clients, who answer calls that the host itself cannot."""

    async def call(self, call: ToolCall) -> ToolResult:
        """The answer of a client's tool; cancelling withdraws the call."""

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """The user's answers, as one text; cancelling withdraws the questions."""

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """The user's answer to this question on behalf of a call; cancelling withdraws it."""


HostWork = Callable[[ToolCall], Awaitable[ToolResult]]
"""Does the work of a host tool outside the calling thread, within its own time limit.

Cancelling withdraws the call. Raises ApprovalNeeded, with nothing done, if the call needs an
approval first.
"""


class PictureUnreadable(Exception):
    """A picture cannot be shown to a model; the message names its path and says why."""


class Pictures(Protocol):
    """Pictures on this machine."""

    async def data_url(self, path: str) -> str:
        """The picture as a data URL (RFC 2397), read off the loop. Raises PictureUnreadable."""


class OutboxRelay(Protocol):
    """Delivers the outboxes of threads to other threads."""

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """Deliver what the thread's state holds for others; repeated calls are harmless.

        The messages are read from the log of the thread.
        """

    def note_state(self, thread: Thread, *, is_live: bool) -> None:
        """Note the new state of a thread, which may be an agent's; `is_live` if it has an actor."""


class Budgets(Protocol):
    """The goals that cover trees, for threads below the roots."""

    def of(self, session_id: str) -> TreeCover | None:
        """The goal that covers a tree, with its current use; None without one."""

    def set_cover(self, root_id: str, cover: TreeCover | None) -> None:
        """Set the cover of a root's goal; None if the goal covers nothing or is gone."""

    def post(self, root_id: str, thread_id: str) -> None:
        """Charge the root's goal with what a thread spent; repeated calls are harmless."""


class NoOutboxRelay:
    """The relay of a host whose threads send each other nothing."""

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """Leave the messages in the log."""

    def note_state(self, thread: Thread, *, is_live: bool) -> None:
        """Nothing follows the state."""


class ProgramLog(Protocol):
    """The host's own notes about threads; lines are buffered before they are written."""

    async def flush(self, thread_ids: Collection[str]) -> None:
        """Write the buffered lines of these threads."""


class NoProgramLog:
    """A host that keeps no notes."""

    async def flush(self, thread_ids: Collection[str]) -> None:
        """There is nothing to write."""


class FoundRollouts(Protocol):
    """The rollout files of some threads, as they were found."""

    def paths(self, thread_id: str) -> Sequence[str]:
        """The whole paths of a thread's files, the active ones first."""

    def remove(self, path: str) -> bool:
        """Remove one; False if it was removed before. Raises OSError."""


class Rollouts(Protocol):
    """The rollout files of threads, and their writer."""

    @property
    def are_there(self) -> bool:
        """Whether there may be any rollout files."""

    def find(self, thread_ids: Collection[str]) -> AbstractContextManager[FoundRollouts]:
        """Find the files of these threads, active and archived; runs off the loop.

        Removals are durable at the end of the block. Raises RolloutRefused if something that is no
        file of this home is in a file's place, or OSError.
        """

    async def close_files(self) -> None:
        """Wait until the writer has closed its files of fenced threads."""


class NoRollouts:
    """A host without rollout files."""

    are_there = False

    def paths(self, thread_id: str) -> Sequence[str]:
        """None."""
        return ()

    def remove(self, path: str) -> bool:
        """Nothing to remove."""
        return False

    def find(self, thread_ids: Collection[str]) -> AbstractContextManager[FoundRollouts]:
        """Finds nothing."""
        return nullcontext(self)

    async def close_files(self) -> None:
        """No file is open."""


class JobTies(Protocol):
    """Where to look for the jobs of a thread; the log, not this answer, says what holds."""

    async def pages_of(self, thread_ids: Sequence[str]) -> Sequence[tuple[str, int]]:
        """Jobs and their pages with rows that are assigned to these threads."""

    async def run_by(self, thread_ids: Sequence[str]) -> Sequence[str]:
        """Jobs that run for these threads and are not over."""


class Clock(Protocol):
    """Wall time for records, monotonic time for time-outs."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    def monotonic(self) -> float:
        """Seconds that never go backwards."""


class Ids(Protocol):
    """A source of new identifiers (UUID version 7, RFC 9562)."""

    def new(self) -> str:
        """A fresh identifier in canonical text form."""
