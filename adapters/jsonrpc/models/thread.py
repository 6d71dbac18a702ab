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
    """The place, by its id: always `local`."""
    cwd: str
    """The folder there."""
    runtime_workspace_roots: list[str]


class ThreadSectionAppearance(Wire):
    """How a section is drawn."""

    color: str | None = None
    """Its colour; null for none."""
    icon: str | None = None
    """Its picture; null for none."""


class ThreadSection(Wire):
    """The part of a client's list that a thread stands in."""

    id: str
    name: str
    appearance: ThreadSectionAppearance | None = None
    """How it is drawn; null for as others are."""


class GitInfo(Wire):
    """The repository a thread was started in."""

    sha: str | None = None
    """The commit; null if that is not known."""
    branch: str | None = None
    """The branch; null if that is not known."""
    origin_url: str | None = None
    """Where the repository was cloned from; null if that is not known."""


class Thread(Wire):
    """One thread; `turns` is filled only where a method promises it.

    Times are seconds since the epoch. `session_id` is the id of the root of its tree.
    """

    id: str
    """The thread, by its id: a UUID."""
    environments: list[ThreadEnvironment] | None = None
    """Where it works; null unless it is loaded."""
    extra: dict[str, object] | None = None
    """Always null: nothing more is kept."""
    session_id: str
    """The root of its tree, by its id."""
    forked_from_id: str | None = None
    """The thread that it was copied from, by its id; null if it was not."""
    attached_to_thread_id: str | None = None
    """Always null: no thread is attached to another here."""
    parent_thread_id: str | None = None
    preview: str
    """The first words of its user that were not taken back; empty where there are none."""
    ephemeral: bool
    """Whether it lives in memory alone."""
    section: ThreadSection | None = None
    """Always null: the host keeps no sections."""
    section_entered_at: I64 | None = None
    """Always null: the host keeps no sections."""
    project_id: str | None = None
    """Always null: the host keeps no projects."""
    history_mode: ThreadHistoryMode = "paginated"
    """How clients read its history."""
    model_provider: str
    """The provider of its model, by its name."""
    model: str | None = None
    """Its model; null if that cannot be read."""
    reasoning_effort: ReasoningEffort | None = None
    """How long its model thinks; null for as long as it does by itself."""
    created_at: I64
    updated_at: I64
    recency_at: I64 | None = None
    """When it was last worked with, in seconds since 1970; never null here."""
    status: ThreadStatus
    """Whether it is loaded, idle, at work, or has failed."""
    path: str | None = None
    """Where its rollout is, or would be; null for a thread in memory."""
    cwd: str
    """The folder it works in."""
    cli_version: str
    """The version of the protocol."""
    originator: str | None = None
    """The client that started it, by its name; null if that is not known."""
    source: SessionSource
    """What started it: a client, an agent, or another program, by its kind."""
    can_accept_direct_input: bool | None = None
    """True if it is loaded; else null."""
    thread_source: str | None = None
    """A word of the client's for where it came from; null for none."""
    agent_nickname: str | None = None
    agent_role: str | None = None
    git_info: GitInfo | None = None
    """The repository it was started in; null if nobody said."""
    name: str | None = None
    """The thread's name; null if it has none."""
    daybreak_enabled: bool | None = None
    """A flag of the client's; null if nobody set it."""
    turns: list[Turn] = Field(default_factory=no_list)
    """Its turns; empty where no method promises them."""


NO_TURNS = b'"turns":[]'


class ThreadResult(Result):
    """A result that begins with a thread; the thread's turns may be JSON already."""

    thread: Thread
    _turns: bytes = PrivateAttr(b"")

    def with_turns(self, turns: bytes) -> Self:
        """The same result with these turns: JSON objects separated by commas."""
        copy = self.model_copy()
        copy._turns = turns  # noqa: SLF001  (of the same class)
        return copy

    @property
    def is_large(self) -> bool:
        """Whether writing it takes so long that it must not block the loop."""
        return len(self._turns) > LARGE_CHARS or super().is_large

    def encode(self) -> bytes:
        """This object as compact UTF-8 JSON."""
        return self._spliced(super().encode())

    def encode_in_steps(self) -> bytes:
        """`encode` for a large object; not for the event loop."""
        return self._spliced(super().encode_in_steps())

    def _spliced(self, encoded: bytes) -> bytes:
        if not self._turns:
            return encoded
        # A thread ends with its turns, and nothing before them can contain these bytes.
        before, after = encoded.split(NO_TURNS, 1)
        return b'%b"turns":[%b]%b' % (before, self._turns, after)
