"""`config/read` and `configRequirements/read`: what holds where a client says nothing."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import absolute
from threadhost.adapters.jsonrpc.models.config import (
    ConfigReadParams,
    ConfigReadResponse,
    ConfigRequirementsReadResponse,
    EffectiveConfig,
)
from threadhost.adapters.jsonrpc.registry import method


@method("config/read", ConfigReadParams)
async def read_config(params: ConfigReadParams, call: Call) -> ConfigReadResponse:
    """The defaults of a new thread; they come from the host's start, not from files."""
    config = EffectiveConfig(
        model=call.app.model.default_model,
        model_provider=call.app.model.name,
        approval_policy="never",
        approvals_reviewer="user",
        sandbox_mode="read-only",
        cwd=absolute(params.cwd or ""),
    )
    return ConfigReadResponse(config=config, layers=[] if params.include_layers else None)


@method("configRequirements/read")
async def read_requirements(params: None, call: Call) -> ConfigRequirementsReadResponse:
    """That no administrator demands anything."""
    del params, call
    return ConfigRequirementsReadResponse()
