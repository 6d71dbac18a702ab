"""Policies of approvals, and of what a sandbox lets a command touch."""

from functools import cache
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.variants import Named, Tagged
from threadhost.events.empty import no_list

ApprovalsReviewer = Literal["user", "auto_review", "guardian_subagent"]
SandboxMode = Literal["read-only", "workspace-write", "danger-full-access"]
NetworkAccess = Literal["restricted", "enabled"]


class GranularRules(SnakeWire):
    """Which kinds of question may be asked at all."""

    sandbox_approval: bool
    """Whether it may be asked about the sandbox: kept and shown."""
    rules: bool
    """Whether it may be asked by rules: kept and shown."""
    skill_approval: bool = False
    """Whether it may be asked about skills: kept and shown."""
    request_permissions: bool = False
    """Whether more permissions may be asked for: kept and shown."""
    mcp_elicitations: bool
    """Whether calls of tools may be asked about; without, what needs an approval is not called."""


class GranularApproval(Wire):
    """Approval switched on and off for each kind of question."""

    gate: ClassVar[str | None] = "askForApproval.granular"
    granular: GranularRules
    """Which kinds of question may be asked."""


ApprovalName = Literal["untrusted", "on-request", "never"]
AskForApproval = Annotated[
    ApprovalName | GranularApproval,
    Named(),
]


class ReadOnlySandbox(Wire):
    """Everything may be read, nothing written."""

    type: Literal["readOnly"] = "readOnly"
    network_access: bool = False


class WorkspaceWriteSandbox(Wire):
    """The workspace and the named roots may be written."""

    type: Literal["workspaceWrite"] = "workspaceWrite"
    writable_roots: list[str] = Field(default_factory=no_list)
    """Folders that may be written beside `cwd`."""
    network_access: bool = False
    exclude_tmpdir_env_var: bool = False
    """Whether the folder of `TMPDIR` may not be written."""
    exclude_slash_tmp: bool = False
    """Whether `/tmp` may not be written."""


class FullAccessSandbox(Wire):
    """No sandbox."""

    type: Literal["dangerFullAccess"] = "dangerFullAccess"


class ExternalSandbox(Wire):
    """Somebody else keeps the sandbox."""

    type: Literal["externalSandbox"] = "externalSandbox"
    network_access: NetworkAccess = "restricted"


SandboxPolicy = Annotated[
    ReadOnlySandbox | WorkspaceWriteSandbox | FullAccessSandbox | ExternalSandbox,
    Tagged(),
]

_POLICIES: dict[SandboxMode, type[ReadOnlySandbox | WorkspaceWriteSandbox | FullAccessSandbox]] = {
    "read-only": ReadOnlySandbox,
    "workspace-write": WorkspaceWriteSandbox,
    "danger-full-access": FullAccessSandbox,
}

PROFILES: dict[str, SandboxMode] = {
    ":read-only": "read-only",
    ":workspace": "workspace-write",
    ":danger-full-access": "danger-full-access",
}
"""The named sets of permissions, each the sandbox mode that it stands for."""


@cache
def sandbox_policy(mode: SandboxMode) -> SandboxPolicy:
    """The policy that a mode stands for, without network and without extra roots."""
    return _POLICIES[mode]()
