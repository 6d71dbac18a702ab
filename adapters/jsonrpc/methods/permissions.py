"""`permissionProfile/list`: the named sets of permissions."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.paging import page
from threadhost.adapters.jsonrpc.models.permission_list import (
    PermissionProfileListParams,
    PermissionProfileListResponse,
    PermissionProfileSummary,
)
from threadhost.adapters.jsonrpc.models.policy import PROFILES
from threadhost.adapters.jsonrpc.registry import method


@method("permissionProfile/list", PermissionProfileListParams, reads=True)
async def list_profiles(
    params: PermissionProfileListParams, call: Call
) -> PermissionProfileListResponse:
    """List the permission profiles: one for each sandbox mode."""
    profiles = [PermissionProfileSummary(id=name) for name in PROFILES]
    listed, following = page(profiles, params.cursor, params.limit)
    return PermissionProfileListResponse(data=list(listed), next_cursor=following)
