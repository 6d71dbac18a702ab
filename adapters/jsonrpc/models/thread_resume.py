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
    """The page of turns that comes with the answer."""

    limit: U32 | None = None
    """How many turns it has at most, 1 to 100; 25 without it, or null."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, as without it, or null; `asc` for the oldest first."""
    items_view: TurnItemsView | None = None
    """How much of its items each turn shows; `summary` without it, or null."""


class SetupOverrides(Params):
    """The changed settings of a thread that is resumed."""

    thread_id: str
    """The thread, by its id: a UUID; not looked at where `path` is given."""
    path: str | None = None
    """The thread by its rollout's path, as `thread.path` has it; null for by its id."""
    model: str | None = None
    """The model from now on; `PROVIDER:MODEL` names its provider, too; null leaves it as it is."""
    model_provider: str | None = None
    """The provider of the model from now on, with its own default model if none is named; null
    leaves it as it is."""
    service_tier: str | None = None
    """How its provider serves it; null for the provider's default, absent leaves it as it is."""
    cwd: str | None = None
    """The folder from now on, from the client's own on; null leaves it as it is."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Taken and not used: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from now on; null leaves it as it is."""
    approvals_reviewer: ApprovalsReviewer | None = None
    """Kept and shown, but it is always the user who is asked; null leaves it as it is."""
    sandbox: SandboxMode | None = None
    """What commands might touch: kept and shown, but the host runs none; null leaves it as it is;
    not together with `permissions`."""
    permissions: str | None = None
    """A named profile in place of a `sandbox`, as `permissionProfile/list` has them; null for
    none."""
    config: dict[str, object] | None = None
    """Keys of the configuration file that hold for this thread, laid over those it has; keys that
    the host does not read are kept; null for none."""
    base_instructions: str | None = None
    """The instructions of the system from now on; null leaves them as they are."""
    developer_instructions: str | None = None
    """The developer's message ahead of the history from now on; null leaves it as it is."""
    exclude_turns: bool = False
    """Whether the answer goes without the history, whose `turns` are empty then."""


class ThreadResumeParams(SetupOverrides):
    """Which thread, and how much of its history comes with the answer."""

    experimental: ClassVar[tuple[str, ...]] = (
        *("path", "runtime_workspace_roots", "permissions", "history", "initial_turns_page"),
    )
    history: list[dict[str, object]] | None = None
    """Refused unless it is null: the host has the history of its threads."""
    personality: Personality | None = None
    """The tone of answers from now on; null leaves it as it is."""
    initial_turns_page: ThreadResumeInitialTurnsPageParams | None = None
    """The page of turns that comes with the answer; null for none."""


class ThreadResumeResponse(ThreadSetup):
    """The thread, loaded; the cursors are of its newest turn and item."""

    collaboration_mode: CollaborationMode | None = None
    """The mode that turns have, with its settings: here always `default`, never null."""
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    initial_turns_page: TurnsPage | None = None
    """The page of turns that was asked for; null if none was."""
    turns_backwards_cursor: str | None = None
    items_backwards_cursor: str | None = Field(default=None)
