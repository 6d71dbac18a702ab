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
from threadhost.adapters.jsonrpc.models.scalars import AbsolutePath, IdempotencyKey, ReasoningEffort
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

    A null `service_tier` means the default tier, an absent one means none: see `model_fields_set`.
    `parent_thread_id` and `idempotency_key` are this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("allow_provider_model_fallback", "runtime_workspace_roots", "permissions"),
        *("multi_agent_mode", "history_mode", "project_id", "environments", "dynamic_tools"),
        *("selected_capability_roots", "daybreak_enabled", "mock_experimental_field"),
        "experimental_raw_events",
    )
    model: str | None = None
    """The model; `PROVIDER:MODEL` also names its provider; if absent or null, that of `config`, or
    the host's default."""
    model_provider: str | None = None
    """The provider, with its default model if no model is named; null for the host's default."""
    allow_provider_model_fallback: bool = False
    """Ignored: the turn fails if the provider does not have the model."""
    service_tier: str | None = None
    """The service tier; null for the provider's default, absent for that of the configuration."""
    cwd: str | None = None
    """The working folder, relative to the client's folder, or to `~`, the home folder of the host's
    user; if absent or null, the client's folder."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Ignored: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval; if absent or null, the policy of `config`, or else
    `never`."""
    approvals_reviewer: ApprovalsReviewer | None = None
    """The reviewer of approvals: stored and shown, but the host always asks the user; if absent or
    null, that of `config`, or else `user`."""
    sandbox: SandboxMode | None = None
    """The sandbox of commands: stored and shown, but the host runs no commands; if absent or null,
    that of `config`, or else `read-only`; not together with `permissions`."""
    permissions: str | None = None
    """A profile of `permissionProfile/list`, in place of `sandbox`; null for none."""
    config: dict[str, object] | None = None
    """Keys of the configuration file for this thread; keys that the host does not know are stored;
    null for none."""
    service_name: str | None = None
    """Ignored: the host sends no reports."""
    base_instructions: str | None = None
    """The system instructions; if absent or null, those of the configuration, if any."""
    developer_instructions: str | None = None
    """The developer message ahead of the history; if absent or null, that of the configuration, if
    any."""
    personality: Personality | None = None
    """The tone of answers; if absent or null, that of the configuration."""
    multi_agent_mode: MultiAgentMode | None = None
    """Ignored: the configuration says whether a model may start agents."""
    ephemeral: bool | None = None
    """Whether it is ephemeral: kept only in memory, without a trace after its end; null for no."""
    history_mode: ThreadHistoryMode | None = None
    """How clients read its history; `paginated` if absent or null."""
    session_start_source: ThreadStartSource | None = None
    """Ignored: the host runs no hooks."""
    thread_source: str | None = None
    """The client's word for the source of the thread, stored and shown; null for none."""
    project_id: str | None = None
    """Ignored: the host keeps no projects."""
    environments: list[TurnEnvironmentParams] | None = None
    """Ignored: the host works only in its own environment."""
    dynamic_tools: list[DynamicToolSpec] | None = None
    """Tools that the client runs itself, offered to the model for the life of the thread; null for
    none."""
    selected_capability_roots: list[SelectedCapabilityRoot] | None = None
    """Ignored: the host has no such roots."""
    daybreak_enabled: bool | None = None
    """Ignored: `thread/metadata/update` sets the flag."""
    mock_experimental_field: str | None = None
    """Ignored: the field only tests experimental fields."""
    experimental_raw_events: bool = False
    """Ignored: `host/events/subscribe` sends everything."""
    parent_thread_id: str | None = None
    """Extension of this host: the id of the parent; null to start the root of a new tree."""
    idempotency_key: IdempotencyKey | None = None


class ActivePermissionProfile(Wire):
    """The named profile that the permissions came from."""

    id: str
    """The profile, by its name."""
    extends: str | None = None
    """Always null: profiles of this host extend no others."""


class ThreadSetup(ThreadResult):
    """A loaded thread with the settings its turns will have."""

    model: str
    """The model."""
    model_provider: str
    """Its provider, by its name."""
    service_tier: str | None = None
    """The requested service tier; null for the provider's default."""
    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    """Its working folder."""
    runtime_workspace_roots: list[str] = Field(default_factory=no_list)
    instruction_sources: list[str] = Field(default_factory=no_list)
    """The files of its instructions: always none."""
    approval_policy: AskForApproval
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer
    sandbox: SandboxPolicy
    """The sandbox of commands; the host runs no commands."""
    active_permission_profile: ActivePermissionProfile | None = None
    reasoning_effort: ReasoningEffort | None = None
    """The reasoning effort; null for the model's default."""


class ThreadStartResponse(ThreadSetup):
    """The new thread, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
