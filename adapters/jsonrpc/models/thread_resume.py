"""`thread/resume`: activates a stored thread, or joins a live one."""

from typing import ClassVar

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.policy import ApprovalsReviewer, AskForApproval, SandboxMode
from threadhost.adapters.jsonrpc.models.preferences import Personality
from threadhost.adapters.jsonrpc.models.scalars import U32, AbsolutePath
from threadhost.adapters.jsonrpc.models.settings import CollaborationMode, MultiAgentMode
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection
from threadhost.adapters.jsonrpc.models.thread_start import ThreadSetup
from threadhost.adapters.jsonrpc.models.turn import TurnItemsView
from threadhost.adapters.jsonrpc.models.turn_list import TurnsPage


class ThreadResumeInitialTurnsPageParams(Wire):
    """The page of turns to include in the answer."""

    limit: U32 | None = None
    """The largest number of turns of the page, 1 to 100; 25 if absent or null."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, which is the default if absent or null; `asc` for the oldest
    first."""
    items_view: TurnItemsView | None = None
    """Which items each turn contains; `summary` if absent or null."""


class SetupOverrides(Params):
    """The changed settings of a thread that is resumed."""

    thread_id: str
    """The id of the thread, a UUID; ignored if `path` is given."""
    path: str | None = None
    """The path of the thread's rollout file, as in `thread.path`; null to use the id."""
    model: str | None = None
    """The model from now on; `PROVIDER:MODEL` also names its provider; null leaves it unchanged."""
    model_provider: str | None = None
    """The provider from now on, with its default model if no model is named; null leaves it
    unchanged."""
    service_tier: str | None = None
    """The service tier; null for the provider's default, absent leaves it unchanged."""
    cwd: str | None = None
    """The working folder from now on, relative to the client's folder; null leaves it unchanged."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Ignored: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from now on; null leaves the policy unchanged."""
    approvals_reviewer: ApprovalsReviewer | None = None
    """The reviewer of approvals: stored and shown, but the host always asks the user; null leaves
    it unchanged."""
    sandbox: SandboxMode | None = None
    """The sandbox of commands: stored and shown, but the host runs no commands; null leaves it
    unchanged; not together with `permissions`."""
    permissions: str | None = None
    """A profile of `permissionProfile/list`, in place of `sandbox`; null for none."""
    config: dict[str, object] | None = None
    """Keys of the configuration file for this thread, merged over those it has; keys that the host
    does not know are stored; null for none."""
    base_instructions: str | None = None
    """The system instructions from now on; null leaves them unchanged."""
    developer_instructions: str | None = None
    """The developer message ahead of the history from now on; null leaves it unchanged."""
    exclude_turns: bool = False
    """Whether the answer leaves out the history; its `turns` are then empty."""


class ThreadResumeParams(SetupOverrides):
    """The thread, and how much of its history to return."""

    experimental: ClassVar[tuple[str, ...]] = (
        *("path", "runtime_workspace_roots", "permissions", "history", "initial_turns_page"),
    )
    history: list[dict[str, object]] | None = None
    """Refused unless it is null: the host has the history of its threads."""
    personality: Personality | None = None
    """The tone of answers from now on; null leaves it unchanged."""
    initial_turns_page: ThreadResumeInitialTurnsPageParams | None = None
    """The page of turns to include in the answer; null for none."""


class ThreadResumeResponse(ThreadSetup):
    """The thread, loaded; the cursors are of its newest turn and item."""

    collaboration_mode: CollaborationMode | None = None
    """The mode of turns, with its settings: on this host always `default`, never null."""
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    initial_turns_page: TurnsPage | None = None
    """The requested page of turns; null if none was requested."""
    turns_backwards_cursor: str | None = None
    items_backwards_cursor: str | None = Field(default=None)
