"""`collaborationMode/list`: the presets of a turn."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.mode_list import (
    CollaborationModeListParams,
    CollaborationModeListResponse,
    CollaborationModeMask,
)
from threadhost.adapters.jsonrpc.registry import method


@method("collaborationMode/list", CollaborationModeListParams, experimental=True, reads=True)
async def list_modes(
    params: CollaborationModeListParams, call: Call
) -> CollaborationModeListResponse:
    """List the only preset, which changes nothing."""
    default = CollaborationModeMask(name="Default", mode="default")
    return CollaborationModeListResponse(data=[default])
