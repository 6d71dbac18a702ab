"""`thread/start`: a new thread, alone or under a parent."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.deferred import Deferred
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxMode,
    SandboxPolicy,
)
from threadhost.adapters.jsonrpc.models.preferences import Personality, ThreadStartSource
from threadhost.adapters.jsonrpc.models.scalars import (
    AbsolutePath,
    IdempotencyKey,
    ReasoningEffort,
)
from threadhost.adapters.jsonrpc.models.thread import ThreadHistoryMode, ThreadResult
from threadhost.events.empty import no_list

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.settings import (
        DynamicToolSpec,
        MultiAgentMode,
        SelectedCapabilityRoot,
        TurnEnvironmentParams,
    )
else:
    DynamicToolSpec = Annotated[object, Deferred("settings", "DynamicToolSpec")]
    MultiAgentMode = Annotated[object, Deferred("settings", "MultiAgentMode")]
    SelectedCapabilityRoot = Annotated[object, Deferred("settings", "SelectedCapabilityRoot")]
    TurnEnvironmentParams = Annotated[object, Deferred("settings", "TurnEnvironmentParams")]


class ThreadStartParams(Params):
    """Settings of a new thread; what is left out has the host's default.

    A `service_tier` that is null means the default tier, one that is absent means none: ask
    `model_fields_set`. `parent_thread_id` and `idempotency_key` are this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("allow_provider_model_fallback", "runtime_workspace_roots", "permissions"),
        *("multi_agent_mode", "history_mode", "project_id", "environments", "dynamic_tools"),
        *("selected_capability_roots", "daybreak_enabled", "mock_experimental_field"),
        "experimental_raw_events",
    )
    model: str | None = None
    model_provider: str | None = None
    allow_provider_model_fallback: bool = False
    service_tier: str | None = None
    cwd: str | None = None
    runtime_workspace_roots: list[AbsolutePath] | None = None
    approval_policy: AskForApproval | None = None
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox: SandboxMode | None = None
    permissions: str | None = None
    config: dict[str, object] | None = None
    service_name: str | None = None
    base_instructions: str | None = None
    developer_instructions: str | None = None
    personality: Personality | None = None
    multi_agent_mode: MultiAgentMode | None = None
    ephemeral: bool | None = None
    history_mode: ThreadHistoryMode | None = None
    session_start_source: ThreadStartSource | None = None
    thread_source: str | None = None
    project_id: str | None = None
    environments: list[TurnEnvironmentParams] | None = None
    dynamic_tools: list[DynamicToolSpec] | None = None
    selected_capability_roots: list[SelectedCapabilityRoot] | None = None
    daybreak_enabled: bool | None = None
    mock_experimental_field: str | None = None
    experimental_raw_events: bool = False
    parent_thread_id: str | None = None
    idempotency_key: IdempotencyKey | None = None


class ActivePermissionProfile(Wire):
    """The named profile that the permissions came from."""

    id: str
    extends: str | None = None


class ThreadSetup(ThreadResult):
    """A loaded thread with the settings its turns will have."""

    model: str
    model_provider: str
    service_tier: str | None = None
    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    runtime_workspace_roots: list[str] = Field(default_factory=no_list)
    instruction_sources: list[str] = Field(default_factory=no_list)
    approval_policy: AskForApproval
    approvals_reviewer: ApprovalsReviewer
    sandbox: SandboxPolicy
    active_permission_profile: ActivePermissionProfile | None = None
    reasoning_effort: ReasoningEffort | None = None


class ThreadStartResponse(ThreadSetup):
    """The new thread, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
