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
    """The model; `PROVIDER:MODEL` names its provider, too; without it, or null, that of `config`,
    or the host's default."""
    model_provider: str | None = None
    """The provider of the model, with its own default model if none is named; null for the host's
    default."""
    allow_provider_model_fallback: bool = False
    """Taken and not used: a model that its provider does not have fails the turn."""
    service_tier: str | None = None
    """How its provider serves it; null for the provider's default, absent for what the
    configuration says."""
    cwd: str | None = None
    """The folder it works in, from the client's own on, or from `~`, the home folder of whoever
    runs the host; the client's own without it, or null."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Taken and not used: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval; that of `config` without it, or null, or else `never`."""
    approvals_reviewer: ApprovalsReviewer | None = None
    """Kept and shown, but it is always the user who is asked; that of `config` without it, or null,
    or else `user`."""
    sandbox: SandboxMode | None = None
    """What commands might touch: kept and shown, but the host runs none; that of `config` without
    it, or null, or else `read-only`; not together with `permissions`."""
    permissions: str | None = None
    """A named profile in place of a `sandbox`, as `permissionProfile/list` has them; null for
    none."""
    config: dict[str, object] | None = None
    """Keys of the configuration file that hold for this thread; keys that the host does not read
    are kept; null for none."""
    service_name: str | None = None
    """Taken and not used: the host reports to nobody."""
    base_instructions: str | None = None
    """The instructions of the system; without it, or null, those of the configuration, if any."""
    developer_instructions: str | None = None
    """The developer's message ahead of the history; without it, or null, that of the configuration,
    if any."""
    personality: Personality | None = None
    """The tone of answers; without it, or null, what the configuration says."""
    multi_agent_mode: MultiAgentMode | None = None
    """Taken and not used: the configuration says whether a model may start agents."""
    ephemeral: bool | None = None
    """Whether it lives in memory alone, and leaves nothing behind; null for not."""
    history_mode: ThreadHistoryMode | None = None
    """How clients read its history; `paginated` without it, or null."""
    session_start_source: ThreadStartSource | None = None
    """Taken and not used: the host runs no hooks that could be told."""
    thread_source: str | None = None
    """A word of the client's for where the thread comes from, kept and shown; null for none."""
    project_id: str | None = None
    """Taken and not used: the host keeps no projects."""
    environments: list[TurnEnvironmentParams] | None = None
    """Taken and not used: the host works in no place but its own."""
    dynamic_tools: list[DynamicToolSpec] | None = None
    """Tools that the client runs itself, offered to the model as long as the thread lives; null for
    none."""
    selected_capability_roots: list[SelectedCapabilityRoot] | None = None
    """Taken and not used: the host has no such roots."""
    daybreak_enabled: bool | None = None
    """Taken and not used: `thread/metadata/update` sets the flag."""
    mock_experimental_field: str | None = None
    """Taken and not used: it is there to try what is experimental."""
    experimental_raw_events: bool = False
    """Taken and not used: `host/events/subscribe` tells everything."""
    parent_thread_id: str | None = None
    """This host's own: the thread to start it below, by its id; null for the root of a tree of its
    own."""
    idempotency_key: IdempotencyKey | None = None


class ActivePermissionProfile(Wire):
    """The named profile that the permissions came from."""

    id: str
    """The profile, by its name."""
    extends: str | None = None
    """Always null: no profile builds on another here."""


class ThreadSetup(ThreadResult):
    """A loaded thread with the settings its turns will have."""

    model: str
    """The model."""
    model_provider: str
    """Its provider, by its name."""
    service_tier: str | None = None
    """The service tier that its provider is asked for; null if the provider decides that."""
    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    """The folder it works in."""
    runtime_workspace_roots: list[str] = Field(default_factory=no_list)
    instruction_sources: list[str] = Field(default_factory=no_list)
    """Files that instructions came from: always none."""
    approval_policy: AskForApproval
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer
    sandbox: SandboxPolicy
    """What commands might touch; the host runs none."""
    active_permission_profile: ActivePermissionProfile | None = None
    reasoning_effort: ReasoningEffort | None = None
    """How long the model thinks; null for as long as it does by itself."""


class ThreadStartResponse(ThreadSetup):
    """The new thread, loaded and idle."""

    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
