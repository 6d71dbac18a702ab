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
    """An environment in which a loaded thread works."""

    environment_id: str
    """The id of the environment: always `local`."""
    cwd: str
    """The folder in that environment."""
    runtime_workspace_roots: list[str]


class ThreadSectionAppearance(Wire):
    """The appearance of a section."""

    color: str | None = None
    """Its colour; null for none."""
    icon: str | None = None
    """Its picture; null for none."""


class ThreadSection(Wire):
    """The section of a client's list that a thread belongs to."""

    id: str
    name: str
    appearance: ThreadSectionAppearance | None = None
    """How to draw it; null for the default."""


class GitInfo(Wire):
    """The repository a thread was started in."""

    sha: str | None = None
    """The commit; null if that is not known."""
    branch: str | None = None
    """The branch; null if that is not known."""
    origin_url: str | None = None
    """The URL from which the repository was cloned; null if that is not known."""


class Thread(Wire):
    """A thread; `turns` is empty unless the method returns turns.

    Times are seconds since the epoch. `session_id` is the id of the root of its tree.
    """

    id: str
    """The thread, by its id: a UUID."""
    environments: list[ThreadEnvironment] | None = None
    """The environments in which it works; null unless it is loaded."""
    extra: dict[str, object] | None = None
    """Always null: the host stores nothing more."""
    session_id: str
    """The id of the root of its tree."""
    forked_from_id: str | None = None
    """The id of the thread that it was copied from; null if it is no copy."""
    attached_to_thread_id: str | None = None
    """Always null: no thread is attached to another here."""
    parent_thread_id: str | None = None
    preview: str
    """The first words of the user that were not reverted; empty if there are none."""
    ephemeral: bool
    """Whether it is ephemeral: kept only in memory."""
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
    """The reasoning effort of its model; null for the model's default."""
    created_at: I64
    updated_at: I64
    recency_at: I64 | None = None
    """The time of its last activity, in seconds since 1970; never null here."""
    status: ThreadStatus
    """Whether it is loaded, idle, at work, or has failed."""
    path: str | None = None
    """The path of its rollout file, which may not exist; null for an ephemeral thread."""
    cwd: str
    """Its working folder."""
    cli_version: str
    """The version of the protocol."""
    originator: str | None = None
    """The client that started it, by its name; null if that is not known."""
    source: SessionSource
    """The kind of its source: a client, an agent, or another program."""
    can_accept_direct_input: bool | None = None
    """True if it is loaded; else null."""
    thread_source: str | None = None
    """The client's word for its source; null for none."""
    agent_nickname: str | None = None
    agent_role: str | None = None
    git_info: GitInfo | None = None
    """The repository in which it was started; null if no client named one."""
    name: str | None = None
    """The thread's name; null if it has none."""
    daybreak_enabled: bool | None = None
    """A flag of the client; null if it was not set."""
    turns: list[Turn] = Field(default_factory=no_list)
    """Its turns; empty unless the method returns them."""


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
