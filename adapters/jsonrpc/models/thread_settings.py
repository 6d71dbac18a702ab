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
    """A thread and the settings of its next turns; what is absent or null stays as it is.

    The exception is a null `service_tier`, which means the default tier: see `model_fields_set`.
    """

    thread_id: str
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    """The folder from now on, from the client's own on; null leaves it as it is."""
    environments: list[TurnEnvironmentParams] | None = None
    """The place where turns work: one, with the id `local`, whose folder counts; null leaves it as
    it is."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from now on; null leaves it as it is."""
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    """What commands might touch: kept and shown, but the host runs none; null leaves it as it is;
    not together with `permissions`."""
    permissions: str | None = None
    """A named profile in place of a `sandboxPolicy`, as `permissionProfile/list` has them; null for
    none."""
    model: str | None = None
    """The model from now on, not empty; `PROVIDER:MODEL` names its provider, too; null leaves it as
    it is."""
    service_tier: str | None = None
    """How its provider serves it; null for the provider's default, absent leaves it as it is."""
    effort: ReasoningEffort | None = None
    """How long the model thinks, a word that it knows; null leaves it as it is."""
    summary: ReasoningSummary | None = None
    """Whether what it thinks is summed up; null leaves it as it is."""
    collaboration_mode: CollaborationMode | None = None
    """The preset to take over, `default` alone: its model, effort and instructions; null leaves
    these as they are."""
    multi_agent_mode: MultiAgentMode | None = None
    """Taken and not used: the configuration says whether a model may start agents."""
    personality: Personality | None = None
    """The tone of answers from now on; null leaves it as it is."""


class ThreadSettingsUpdateResponse(Empty):
    """The settings are those that were asked for."""


class ThreadSettings(Wire):
    """All settings of a thread's next turns."""

    disabled_plugin_ids: list[str] = Field(default_factory=no_list)
    cwd: str
    """The folder it works in."""
    environments: list[ThreadEnvironment] | None = None
    """The places it works in: this host is the only one; null where none is shown."""
    approval_policy: AskForApproval
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer
    sandbox_policy: SandboxPolicy
    """What commands might touch; the host runs none."""
    active_permission_profile: ActivePermissionProfile | None = None
    model: str
    """The model."""
    model_provider: str
    """Its provider, by its name."""
    service_tier: str | None = None
    """The service tier that its provider is asked for; null if the provider decides that."""
    effort: ReasoningEffort | None = None
    """How long the model thinks; null for as long as it does by itself."""
    summary: ReasoningSummary | None = None
    """Whether what it thinks is summed up; null if its provider decides that."""
    collaboration_mode: CollaborationMode
    """The mode that turns have, with its settings: here always `default`."""
    multi_agent_mode: MultiAgentMode = "explicitRequestOnly"
    personality: Personality | None = None
    """The tone of answers; null if none was chosen."""


class ThreadSettingsUpdatedNotification(Notification):
    """A thread's settings are others than before."""

    method: ClassVar[str] = "thread/settings/updated"
    thread_id: str
    thread_settings: ThreadSettings
    """All settings of its next turns."""
