"""`thread/resume`: a stored thread made live, or a live one joined."""

from typing import ClassVar

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxMode,
)
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
    sort_direction: SortDirection | None = None
    items_view: TurnItemsView | None = None


class SetupOverrides(Params):
    """What a thread that is taken up does otherwise from now on."""

    thread_id: str
    path: str | None = None
    model: str | None = None
    model_provider: str | None = None
    service_tier: str | None = None
    cwd: str | None = None
    runtime_workspace_roots: list[AbsolutePath] | None = None
    approval_policy: AskForApproval | None = None
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox: SandboxMode | None = None
    permissions: str | None = None
    config: dict[str, object] | None = None
    base_instructions: str | None = None
    developer_instructions: str | None = None
    exclude_turns: bool = False


class ThreadResumeParams(SetupOverrides):
    """Which thread, and how much of its history comes with the answer."""

    experimental: ClassVar[tuple[str, ...]] = (
        *("path", "runtime_workspace_roots", "permissions", "history", "initial_turns_page"),
    )
    history: list[dict[str, object]] | None = None
    personality: Personality | None = None
    initial_turns_page: ThreadResumeInitialTurnsPageParams | None = None


class ThreadResumeResponse(ThreadSetup):
    """The thread, loaded; the cursors are of its newest turn and item."""

    collaboration_mode: CollaborationMode | None = None
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    initial_turns_page: TurnsPage | None = None
    turns_backwards_cursor: str | None = None
    items_backwards_cursor: str | None = Field(default=None)
