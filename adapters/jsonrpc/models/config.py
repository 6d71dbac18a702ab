"""What holds where a client says nothing, and the file that says it, read again."""

from typing import Annotated, Any, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxMode,
)
from threadhost.adapters.jsonrpc.models.preferences import (
    Personality,
    ReasoningSummary,
    Verbosity,
)
from threadhost.adapters.jsonrpc.models.scalars import I64, ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_dict

UNSAID: Any = Field(default=None, exclude_if=lambda value: value is None)
"""The default of a key that is left out where nobody says anything."""


class ConfigReadParams(Params):
    """As seen from which folder, and whether with the layers that it came from."""

    include_layers: bool = False
    cwd: str | None = None


class EffectiveConfig(SnakeWire):
    """The defaults of a new thread, under the names of a configuration file.

    What nobody has said is left out. `personality`, `profile`, `turn_timeout_ms` and
    `model_providers` are this host's own.
    """

    model: str
    model_provider: str
    approval_policy: AskForApproval
    approvals_reviewer: ApprovalsReviewer
    sandbox_mode: SandboxMode
    cwd: str
    model_context_window: I64 | None = UNSAID
    model_auto_compact_token_limit: I64 | None = UNSAID
    model_reasoning_effort: ReasoningEffort | None = UNSAID
    model_reasoning_summary: ReasoningSummary | None = UNSAID
    model_verbosity: Verbosity | None = UNSAID
    service_tier: str | None = UNSAID
    instructions: str | None = UNSAID
    developer_instructions: str | None = UNSAID
    personality: Personality | None = UNSAID
    profile: str | None = UNSAID
    turn_timeout_ms: I64 | None = UNSAID
    model_providers: dict[str, object] | None = UNSAID


class UserLayer(Wire):
    """A configuration file, and the profile of it that holds."""

    type: Literal["user"] = "user"
    file: str
    profile: str | None = None


class SessionFlagsLayer(Wire):
    """What the host was told at its start, in its command line or its environment."""

    type: Literal["sessionFlags"] = "sessionFlags"


LayerSource = Annotated[UserLayer | SessionFlagsLayer, Tagged()]


class LayerMetadata(Wire):
    """Where a key comes from; `version` is a digest of what stands there."""

    name: LayerSource
    version: str


class ConfigLayer(LayerMetadata):
    """What one place says, without secrets.

    `unused_keys`, which are not among `config`, are this host's own.
    """

    config: dict[str, object]
    disabled_reason: str | None = None
    unused_keys: list[str]


class ConfigReadResponse(Result):
    """The configuration, where each key was said, and each place whole, the strongest first.

    `layers` is None where they were not asked for.
    """

    config: EffectiveConfig
    origins: dict[str, LayerMetadata] = Field(default_factory=no_dict)
    layers: list[ConfigLayer] | None = None


class ConfigRequirementsReadResponse(Result):
    """What an administrator demands: nothing."""

    supports_independent_speed_modes: bool | None = None
    requirements: None = None


class ConfigReloadResponse(Result):
    """The file, which was read again, and a digest of it; keys of it are as it spells them.

    `changed` says something else than it did and holds from now on, `needsRestart` something else
    than the host was started with. `unusedKeys` have no use on this host.
    """

    file: str
    version: str
    changed: list[str]
    needs_restart: list[str]
    unused_keys: list[str]
