"""`permissionProfile/list`: the named sets of permissions that a thread can have."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32


class PermissionProfileListParams(Params):
    """From where, how many, and as seen from which folder."""

    cursor: str | None = None
    limit: U32 | None = None
    """How many profiles the page has at most, at least 1; all without it, or null."""
    cwd: str | None = None
    """Taken and not used: the profiles are the same everywhere."""


class PermissionProfileSummary(Wire):
    """A profile, and whether it may be chosen."""

    id: str
    description: str | None = None
    allowed: bool = True
    """Whether it may be chosen: always."""


class PermissionProfileListResponse(Result):
    """One page of profiles."""

    data: list[PermissionProfileSummary]
    """The profiles."""
    next_cursor: str | None = None
