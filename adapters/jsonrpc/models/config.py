"""`config/read` and `configRequirements/read`: what holds where a client says nothing."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, SnakeWire
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxMode,
)
from threadhost.events.empty import no_dict


class ConfigReadParams(Params):
    """As seen from which folder, and whether with the layers that it came from."""

    include_layers: bool = False
    cwd: str | None = None


class EffectiveConfig(SnakeWire):
    """The defaults of a new thread, under the names of a configuration file."""

    model: str
    model_provider: str
    approval_policy: AskForApproval
    approvals_reviewer: ApprovalsReviewer
    sandbox_mode: SandboxMode
    cwd: str


class ConfigReadResponse(Result):
    """The configuration; no file stands behind it, so no key has an origin and there is no layer.

    `layers` is None where they were not asked for.
    """

    config: EffectiveConfig
    origins: dict[str, object] = Field(default_factory=no_dict)
    layers: list[object] | None = None


class ConfigRequirementsReadResponse(Result):
    """What an administrator demands: nothing."""

    supports_independent_speed_modes: bool | None = None
    requirements: None = None
