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
    """As seen from which folder, and whether with the layers that it came from."""

    include_layers: bool = False
    """Whether `layers` says what each place says by itself."""
    cwd: str | None = None
    """The folder that `config.cwd` is to be, from the client's own on; that one without it, or
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
    """What commands might touch; the host runs none."""
    cwd: str
    """The folder it works in: the one asked for, or the client's own."""
    model_context_window: I64 | None = UNSAID
    """Tokens that the model takes in; absent if that is not known."""
    model_auto_compact_token_limit: I64 | None = UNSAID
    """From so many tokens on the history is summed up; absent if never."""
    model_reasoning_effort: ReasoningEffort | None = UNSAID
    """How long the model thinks; absent if it decides that."""
    model_reasoning_summary: ReasoningSummary | None = UNSAID
    """Whether what it thinks is summed up; absent if its provider decides that."""
    model_verbosity: Verbosity | None = UNSAID
    """How much it says; absent if it decides that."""
    service_tier: str | None = UNSAID
    """How its provider serves it; absent if that decides."""
    instructions: str | None = UNSAID
    """The instructions of the system; absent if there are none."""
    developer_instructions: str | None = UNSAID
    """The developer's message ahead of the history; absent if there is none."""
    personality: Personality | None = UNSAID
    """The tone of answers; absent if none was chosen."""
    profile: str | None = UNSAID
    """The profile of the file that holds; absent if none does."""
    turn_timeout_ms: I64 | None = UNSAID
    """How long a turn may take, in milliseconds; 0 is for ever, absent the host's own limit."""
    model_providers: dict[str, object] | None = UNSAID
    """The providers that the file describes, by name, without secrets; absent for none."""


class UserLayer(Wire):
    """A configuration file, and the profile of it that holds."""

    type: Literal["user"] = "user"
    file: str
    """The file, by its path."""
    profile: str | None = None
    """The profile of it that holds; null if none does."""


class SessionFlagsLayer(Wire):
    """What the host was told at its start, in its command line or its environment."""

    type: Literal["sessionFlags"] = "sessionFlags"


LayerSource = Annotated[UserLayer | SessionFlagsLayer, Tagged()]


class LayerMetadata(Wire):
    """Where a key comes from; `version` is a digest of what stands there."""

    name: LayerSource
    """The place: a file, or what the host was told at its start."""
    version: str
    """A digest of what stands there."""


class ConfigLayer(LayerMetadata):
    """What one place says, without secrets.

    `unused_keys`, which are not in `config`, is this host's own.
    """

    config: dict[str, object]
    """What stands there, without secrets."""
    disabled_reason: str | None = None
    """Always null: each place that is listed holds."""
    unused_keys: list[str]
    """Keys that mean something to codex alone."""


class ConfigReadResponse(Result):
    """The configuration, where each key was said, and each place whole, the strongest first.

    `layers` is None where they were not asked for.
    """

    config: EffectiveConfig
    """The configuration that is in force."""
    origins: dict[str, LayerMetadata] = Field(default_factory=no_dict)
    """For each key the strongest place that says it."""
    layers: list[ConfigLayer] | None = None
    """Each place by itself, the strongest first; null unless they were asked for."""


class ConfigRequirementsReadResponse(Result):
    """What an administrator demands: nothing."""

    supports_independent_speed_modes: bool | None = None
    """Always null: nothing is demanded."""
    requirements: None = None
    """Always null: nothing is demanded."""


class ConfigReloadResponse(Result):
    """The file, which was read again; keys of it are as it spells them."""

    file: str
    """The file that was read."""
    version: str
    """A digest of what it says."""
    changed: list[str]
    """What says something else than it did, and holds from now on."""
    needs_restart: list[str]
    """What says something else than the host was started with, and counts at its next start."""
    unused_keys: list[str]
    """What has no use on this host."""
