"""A thread as clients see it."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, PrivateAttr

from threadhost.adapters.jsonrpc.models.base import Result, Wire
from threadhost.adapters.jsonrpc.models.deferred import Deferred
from threadhost.adapters.jsonrpc.models.scalars import I64, ReasoningEffort
from threadhost.adapters.jsonrpc.models.source import SessionSource
from threadhost.adapters.jsonrpc.models.status import ThreadStatus
from threadhost.events.bounds import LARGE_CHARS
from threadhost.events.empty import no_list

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.turn import Turn
else:
    Turn = Annotated[object, Deferred("turn", "Turn")]

ThreadHistoryMode = Literal["legacy", "paginated"]


class ThreadEnvironment(Wire):
    """A place where a loaded thread works."""

    environment_id: str
    cwd: str
    runtime_workspace_roots: list[str]


class ThreadSectionAppearance(Wire):
    """How a section is drawn."""

    color: str | None = None
    icon: str | None = None


class ThreadSection(Wire):
    """The part of a client's list that a thread stands in."""

    id: str
    name: str
    appearance: ThreadSectionAppearance | None = None


class GitInfo(Wire):
    """The repository a thread was started in."""

    sha: str | None = None
    branch: str | None = None
    origin_url: str | None = None


class Thread(Wire):
    """One thread; `turns` is filled only where a method promises it.

    Times are seconds since the epoch. `session_id` is the id of the root of its tree.
    """

    id: str
    environments: list[ThreadEnvironment] | None = None
    extra: dict[str, object] | None = None
    session_id: str
    forked_from_id: str | None = None
    attached_to_thread_id: str | None = None
    parent_thread_id: str | None = None
    preview: str
    ephemeral: bool
    section: ThreadSection | None = None
    section_entered_at: I64 | None = None
    project_id: str | None = None
    history_mode: ThreadHistoryMode = "paginated"
    model_provider: str
    model: str | None = None
    reasoning_effort: ReasoningEffort | None = None
    created_at: I64
    updated_at: I64
    recency_at: I64 | None = None
    status: ThreadStatus
    path: str | None = None
    cwd: str
    cli_version: str
    originator: str | None = None
    source: SessionSource
    can_accept_direct_input: bool | None = None
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    git_info: GitInfo | None = None
    name: str | None = None
    daybreak_enabled: bool | None = None
    turns: list[Turn] = Field(default_factory=no_list)


NO_TURNS = b'"turns":[]'


class ThreadResult(Result):
    """The result of one method that begins with a thread, whose turns may be JSON already."""

    thread: Thread
    _turns: bytes = PrivateAttr(b"")

    def with_turns(self, turns: bytes) -> Self:
        """The same with these turns: JSON objects with commas between them."""
        copy = self.model_copy()
        copy._turns = turns  # noqa: SLF001  (of the same class)
        return copy

    @property
    def is_large(self) -> bool:
        """Whether it takes so long to write that others should not have to wait for it."""
        return len(self._turns) > LARGE_CHARS or super().is_large

    def encode(self) -> bytes:
        """This object as compact UTF-8 JSON."""
        return self._spliced(super().encode())

    def encode_in_steps(self) -> bytes:
        """The same for a large object, beside the loop."""
        return self._spliced(super().encode_in_steps())

    def _spliced(self, encoded: bytes) -> bytes:
        if not self._turns:
            return encoded
        # A thread ends with its turns, and nothing before them could be spelled like this.
        before, after = encoded.split(NO_TURNS, 1)
        return b'%b"turns":[%b]%b' % (before, self._turns, after)
