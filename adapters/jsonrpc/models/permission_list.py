"""`permissionProfile/list`: the named sets of permissions that a thread can have."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32


class PermissionProfileListParams(Params):
    """From where, how many, and as seen from which folder."""

    cursor: str | None = None
    limit: U32 | None = None
    cwd: str | None = None


class PermissionProfileSummary(Wire):
    """A profile, and whether it may be chosen."""

    id: str
    description: str | None = None
    allowed: bool = True


class PermissionProfileListResponse(Result):
    """One page of profiles."""

    data: list[PermissionProfileSummary]
    next_cursor: str | None = None
