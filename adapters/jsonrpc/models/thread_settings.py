"""`thread/settings/update`, and the settings of a thread as clients see them."""

from typing import ClassVar

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Empty, Notification, Params, Wire
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxPolicy,
)
from threadhost.adapters.jsonrpc.models.preferences import Personality, ReasoningSummary
from threadhost.adapters.jsonrpc.models.scalars import ReasoningEffort
from threadhost.adapters.jsonrpc.models.settings import (
    CollaborationMode,
    MultiAgentMode,
    TurnEnvironmentParams,
)
from threadhost.adapters.jsonrpc.models.thread import ThreadEnvironment
from threadhost.adapters.jsonrpc.models.thread_start import ActivePermissionProfile
from threadhost.events.empty import no_list


class ThreadSettingsUpdateParams(Params):
    """A thread and the settings of its next turns; absent or null settings stay unchanged.

    The exception is a null `service_tier`, which means the default tier: see `model_fields_set`.
    """

    thread_id: str
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    """The working folder from now on, relative to the client's folder; null leaves it unchanged."""
    environments: list[TurnEnvironmentParams] | None = None
    """The environment of turns: one, with the id `local`, whose folder becomes the working folder;
    null leaves it unchanged."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from now on; null leaves the policy unchanged."""
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    """The sandbox of commands: stored and shown, but the host runs no commands; null leaves it
    unchanged; not together with `permissions`."""
    permissions: str | None = None
    """A profile of `permissionProfile/list`, in place of `sandboxPolicy`; null for none."""
    model: str | None = None
    """The model from now on, not empty; `PROVIDER:MODEL` also names its provider; null leaves it
    unchanged."""
    service_tier: str | None = None
    """The service tier; null for the provider's default, absent leaves it unchanged."""
    effort: ReasoningEffort | None = None
    """The reasoning effort, one of those of the model; null leaves it unchanged."""
    summary: ReasoningSummary | None = None
    """Whether the model summarises its reasoning; null leaves it unchanged."""
    collaboration_mode: CollaborationMode | None = None
    """The preset whose model, effort and instructions to use, only `default`; null leaves these
    unchanged."""
    multi_agent_mode: MultiAgentMode | None = None
    """Ignored: the configuration says whether a model may start agents."""
    personality: Personality | None = None
    """The tone of answers from now on; null leaves it unchanged."""


class ThreadSettingsUpdateResponse(Empty):
    """The settings are those that were asked for."""


class ThreadSettings(Wire):
    """All settings of a thread's next turns."""

    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    """Its working folder."""
    environments: list[ThreadEnvironment] | None = None
    """The environments in which it works: always this host alone; null if none is shown."""
    approval_policy: AskForApproval
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer
    sandbox_policy: SandboxPolicy
    """The sandbox of commands; the host runs no commands."""
    active_permission_profile: ActivePermissionProfile | None = None
    model: str
    """The model."""
    model_provider: str
    """Its provider, by its name."""
    service_tier: str | None = None
    """The requested service tier; null for the provider's default."""
    effort: ReasoningEffort | None = None
    """The reasoning effort; null for the model's default."""
    summary: ReasoningSummary | None = None
    """Whether the model summarises its reasoning; null for the provider's default."""
    collaboration_mode: CollaborationMode
    """The mode of turns, with its settings: on this host always `default`."""
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    personality: Personality | None = None
    """The tone of answers; null if none was chosen."""


class ThreadSettingsUpdatedNotification(Notification):
    """The settings of a thread changed."""

    method: ClassVar[str] = "thread/settings/updated"
    thread_id: str
    thread_settings: ThreadSettings
    """All settings of its next turns."""
