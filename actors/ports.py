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

    Of a client's tool, or of a `server`'s; of one of the host's, whose `arguments` are text as the
    model wrote it; or of nobody's, when `questions` are for the user. `origin` is what led to the
    turn.
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
    """Where in the thread's stream the call stands."""
    server: str = ""
    approved: bool = False
    """Whether what a tool of the host's does beyond a limit is approved."""


class ToolResult(NamedTuple):
    """What came of a call: parts as clients give them; `reached` if anybody took it on.

    `by` is the principal who answered, "" if nobody did. `item` has what clients then see of the
    call of a tool of the host's, beside its status and its times; `whole` is what a server
    answered, as clients are told of it. `ends_turn`: the model is asked nothing more.
    """

    content: Sequence[dict[str, Any]]
    success: bool
    reached: bool = True
    by: str = ""
    item: Mapping[str, Any] | None = None
    whole: Mapping[str, Any] | None = None
    ends_turn: bool = False


class ElicitationAnswer(NamedTuple):
    """What came of a question on behalf of a call, and who answered it.

    `for_session`: what was approved need not be asked for again.
    """

    outcome: Outcome
    content: dict[str, Any] | None = None
    for_session: bool = False
    by: str = ""


class Tools(Protocol):
    """Whoever answers calls that the host itself cannot."""

    async def call(self, call: ToolCall) -> ToolResult:
        """The answer of a client's tool; cancelling takes the call back."""

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """The user's answers, as one text; cancelling takes the questions back."""

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """What the user answers to this on behalf of a call; cancelling takes it back."""


HostWork = Callable[[ToolCall], Awaitable[ToolResult]]
"""Does what a call of a tool of the host's asks for beyond its own thread, within its own time.

Cancelling takes the call back. Raises ApprovalNeeded, with nothing done, for what is to be approved
first.
"""


class PictureUnreadable(Exception):
    """A picture cannot be shown to a model; the message names its path and says why."""


class Pictures(Protocol):
    """Pictures that lie on this machine."""

    async def data_url(self, path: str) -> str:
        """The picture as a data URL (RFC 2397), read off the loop. Raises PictureUnreadable."""


class OutboxRelay(Protocol):
    """Where threads post what they have for each other."""

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """A thread's state names something that is to be taken to another; more than once is fine.

        It is read from the log of the thread.
        """

    def stands(self, thread: Thread, *, is_live: bool) -> None:
        """An agent may stand otherwise than before; so it does now, with an actor or without."""


class Budgets(Protocol):
    """The goals that cover trees, for threads below the roots."""

    def of(self, session_id: str) -> TreeCover | None:
        """The goal that covers a tree, as it stands; None without one."""

    def stands(self, root_id: str, cover: TreeCover | None) -> None:
        """How the goal of a root stands now; None if it covers nothing, or is no more."""

    def post(self, root_id: str, thread_id: str) -> None:
        """A thread has spent something for the goal of its root; more than once is fine."""


class NoOutboxRelay:
    """For threads that tell each other nothing."""

    def post(self, thread_id: str, session_id: str | None = None) -> None:
        """Leave it in the log."""

    def stands(self, thread: Thread, *, is_live: bool) -> None:
        """Nobody waits for that."""


class ProgramLog(Protocol):
    """What the host notes of its own work for threads; lines wait before they are written."""

    async def flush(self, thread_ids: Collection[str]) -> None:
        """Write what waits, if anything does of these threads."""


class NoProgramLog:
    """Nothing is noted."""

    async def flush(self, thread_ids: Collection[str]) -> None:
        """Nothing waits."""


class FoundRollouts(Protocol):
    """The rollout files of some threads, as they were found."""

    def paths(self, thread_id: str) -> Sequence[str]:
        """The whole paths of a thread's files, the active ones first."""

    def remove(self, path: str) -> bool:
        """Remove one; False if it was gone by then. Raises OSError."""


class Rollouts(Protocol):
    """The rollout files of threads, and whoever writes them."""

    @property
    def are_there(self) -> bool:
        """Whether there may be any."""

    def find(self, thread_ids: Collection[str]) -> AbstractContextManager[FoundRollouts]:
        """All of these threads, active and archived; off the loop.

        What was removed is durably gone at the end of the block. Raises RolloutRefused for what
        stands there and is no file of this home, or OSError.
        """

    async def let_go(self) -> None:
        """Wait until nobody has a file open of a thread that is fenced by now."""


class NoRollouts:
    """There are none."""

    are_there = False

    def paths(self, thread_id: str) -> Sequence[str]:
        """None is there."""
        return ()

    def remove(self, path: str) -> bool:
        """It is not there."""
        return False

    def find(self, thread_ids: Collection[str]) -> AbstractContextManager[FoundRollouts]:
        """None are there."""
        return nullcontext(self)

    async def let_go(self) -> None:
        """Nobody has one open."""


class JobTies(Protocol):
    """Which jobs have to do with a thread: where to look, not what holds; the log says that."""

    async def pages_of(self, thread_ids: Sequence[str]) -> Sequence[tuple[str, int]]:
        """Jobs and their pages that have rows which are assigned to these threads."""

    async def run_by(self, thread_ids: Sequence[str]) -> Sequence[str]:
        """Jobs that run for these threads, and are not over."""


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
