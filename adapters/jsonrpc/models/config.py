"""`config/read` and `host/config/reload`: the defaults of new threads, and the file with them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.policy import ApprovalsReviewer, AskForApproval, SandboxMode
from threadhost.adapters.jsonrpc.models.preferences import Personality, ReasoningSummary, Verbosity
from threadhost.adapters.jsonrpc.models.scalars import I64, ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.events.empty import no_dict

UNSAID: Any = Field(default=None, exclude_if=lambda value: value is None)
"""The default of a field whose key is left out while nothing sets it."""


class ConfigReadParams(Params):
    """The folder from which to see the configuration, and whether to return its layers."""

    include_layers: bool = False
    """Whether the answer has `layers`, the values of each source by itself."""
    cwd: str | None = None
    """The value for `config.cwd`, relative to the client's folder; the client's folder if absent or
    null."""


class EffectiveConfig(SnakeWire):
    """The defaults of a new thread, under the names of a configuration file.

    Keys that nothing sets are left out. `personality`, `profile`, `turn_timeout_ms` and
    `model_providers` are this host's own.
    """

    model: str
    """The model."""
    model_provider: str
    """Its provider, by its name."""
    approval_policy: AskForApproval
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer
    sandbox_mode: SandboxMode
    """The sandbox of commands; the host runs no commands."""
    cwd: str
    """The working folder: the requested one, or the client's own."""
    model_context_window: I64 | None = UNSAID
    """The tokens of the model's context window; absent if that is not known."""
    model_auto_compact_token_limit: I64 | None = UNSAID
    """The number of tokens from which the history is compacted; absent for never."""
    model_reasoning_effort: ReasoningEffort | None = UNSAID
    """The reasoning effort; absent for the model's default."""
    model_reasoning_summary: ReasoningSummary | None = UNSAID
    """Whether the model summarises its reasoning; absent for the provider's default."""
    model_verbosity: Verbosity | None = UNSAID
    """The verbosity of the model; absent for its default."""
    service_tier: str | None = UNSAID
    """The service tier; absent for the provider's default."""
    instructions: str | None = UNSAID
    """The system instructions; absent for none."""
    developer_instructions: str | None = UNSAID
    """The developer message ahead of the history; absent for none."""
    personality: Personality | None = UNSAID
    """The tone of answers; absent if none was chosen."""
    profile: str | None = UNSAID
    """The profile of the file that applies; absent for none."""
    turn_timeout_ms: I64 | None = UNSAID
    """The time limit of a turn, in milliseconds; 0 for none, absent for the host's limit."""
    model_providers: dict[str, object] | None = UNSAID
    """The providers in the file, by name, without secrets; absent for none."""


class UserLayer(Wire):
    """A configuration file, and the profile of it that applies."""

    type: Literal["user"] = "user"
    file: str
    """The path of the file."""
    profile: str | None = None
    """The profile of it that applies; null for none."""


class SessionFlagsLayer(Wire):
    """The command line and the environment of the host's start."""

    type: Literal["sessionFlags"] = "sessionFlags"


LayerSource = Annotated[UserLayer | SessionFlagsLayer, Tagged()]


class LayerMetadata(Wire):
    """The source of a key; `version` is a digest of its contents."""

    name: LayerSource
    """The source: a file, or the command line and environment of the host."""
    version: str
    """A digest of its contents."""


class ConfigLayer(LayerMetadata):
    """The values of one source, without secrets.

    `unused_keys`, which are not in `config`, is this host's own.
    """

    config: dict[str, object]
    """The values of the source, without secrets."""
    disabled_reason: str | None = None
    """Always null: every listed source applies."""
    unused_keys: list[str]
    """Keys that only codex uses."""


class ConfigReadResponse(Result):
    """The configuration, the origin of each key, and each layer whole, the strongest first.

    `layers` is None where they were not asked for.
    """

    config: EffectiveConfig
    """The configuration that is in force."""
    origins: dict[str, LayerMetadata] = Field(default_factory=no_dict)
    """For each key, the source with the highest precedence that sets it."""
    layers: list[ConfigLayer] | None = None
    """The values of each source by itself, highest precedence first; null unless requested."""


class ConfigRequirementsReadResponse(Result):
    """The requirements of an administrator: none."""

    supports_independent_speed_modes: bool | None = None
    """Always null: there are no requirements."""
    requirements: None = None
    """Always null: there are no requirements."""


class ConfigReloadResponse(Result):
    """The file that was read again; keys are spelled as in the file."""

    file: str
    """The file that was read."""
    version: str
    """A digest of its contents."""
    changed: list[str]
    """The keys whose new values apply from now on."""
    needs_restart: list[str]
    """The keys whose new values apply only after a restart."""
    unused_keys: list[str]
    """The keys that this host does not use."""
