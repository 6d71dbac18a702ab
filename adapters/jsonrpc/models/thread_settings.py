"""`thread/settings/update`, and the settings of a thread as clients hear of them."""

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
    """A thread and the settings of its next turns; what is absent or null stays as it is.

    But a `service_tier` that is null means the default tier: ask `model_fields_set`.
    """

    thread_id: str
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    environments: list[TurnEnvironmentParams] | None = None
    approval_policy: AskForApproval | None = None
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    permissions: str | None = None
    model: str | None = None
    service_tier: str | None = None
    effort: ReasoningEffort | None = None
    summary: ReasoningSummary | None = None
    collaboration_mode: CollaborationMode | None = None
    multi_agent_mode: MultiAgentMode | None = None
    personality: Personality | None = None


class ThreadSettingsUpdateResponse(Empty):
    """The settings are those that were asked for."""


class ThreadSettings(Wire):
    """All settings of a thread's next turns."""

    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    environments: list[ThreadEnvironment] | None = None
    approval_policy: AskForApproval
    approvals_reviewer: ApprovalsReviewer
    sandbox_policy: SandboxPolicy
    active_permission_profile: ActivePermissionProfile | None = None
    model: str
    model_provider: str
    service_tier: str | None = None
    effort: ReasoningEffort | None = None
    summary: ReasoningSummary | None = None
    collaboration_mode: CollaborationMode
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    personality: Personality | None = None


class ThreadSettingsUpdatedNotification(Notification):
    """A thread's settings are others than before."""

    method: ClassVar[str] = "thread/settings/updated"
    thread_id: str
    thread_settings: ThreadSettings
