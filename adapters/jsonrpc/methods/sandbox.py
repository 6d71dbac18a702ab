"""The thread settings of a sandbox, or of a named permission profile in its place."""

from typing import Any

from threadhost.adapters.jsonrpc.errors import excerpt, one_of, refusal
from threadhost.adapters.jsonrpc.methods.common import plain
from threadhost.adapters.jsonrpc.models.policy import (
    PROFILES,
    SandboxMode,
    SandboxPolicy,
    sandbox_policy,
)

Changes = dict[str, Any]


def of_mode(mode: SandboxMode | None, profile: str | None) -> Changes:
    """The settings of a mode or a profile. Raises RpcError for both, or an unknown profile."""
    return _changes(None if mode is None else sandbox_policy(mode), profile, "sandbox")


def of_policy(policy: SandboxPolicy | None, profile: str | None) -> Changes:
    """The settings of a policy or a profile. Raises RpcError for both, or an unknown profile."""
    return _changes(policy, profile, "sandboxPolicy")


def _changes(policy: SandboxPolicy | None, profile: str | None, field: str) -> Changes:
    if profile is None:
        return {} if policy is None else {"sandbox": plain(policy), "permissions": None}
    if policy is not None:
        raise refusal("conflictingParams", f"`permissions` cannot be combined with `{field}`")
    mode = PROFILES.get(profile)
    if mode is None:
        words = f"unknown permission profile `{excerpt(profile)}`, expected {one_of([*PROFILES])}"
        raise refusal("permissionProfileNotFound", words)
    return {"sandbox": plain(sandbox_policy(mode)), "permissions": profile}
