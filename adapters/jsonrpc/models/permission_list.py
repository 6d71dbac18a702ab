"""`permissionProfile/list`: the named sets of permissions that a thread can have."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32


class PermissionProfileListParams(Params):
    """From where, how many, and as seen from which folder."""

    cursor: str | None = None
    limit: U32 | None = None
    """The largest number of profiles of the page, at least 1; no limit if absent or null."""
    cwd: str | None = None
    """Ignored: the profiles are the same everywhere."""


class PermissionProfileSummary(Wire):
    """A profile, and whether it may be chosen."""

    id: str
    description: str | None = None
    allowed: bool = True
    """Whether it may be chosen: always true."""


class PermissionProfileListResponse(Result):
    """One page of profiles."""

    data: list[PermissionProfileSummary]
    """The profiles."""
    next_cursor: str | None = None
