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
    """The kinds of questions that may be asked at all."""

    sandbox_approval: bool
    """Whether the user may be asked about the sandbox; stored and shown."""
    rules: bool
    """Whether rules may ask the user; stored and shown."""
    skill_approval: bool = False
    """Whether the user may be asked about skills; stored and shown."""
    request_permissions: bool = False
    """Whether the user may be asked for more permissions; stored and shown."""
    mcp_elicitations: bool
    """Whether the user may be asked about tool calls; if not, calls that need an approval are not
    made."""


class GranularApproval(Wire):
    """A policy that allows or forbids each kind of question."""

    gate: ClassVar[str | None] = "askForApproval.granular"
    granular: GranularRules
    """The kinds of questions that may be asked."""


ApprovalName = Literal["untrusted", "on-request", "never"]
AskForApproval = Annotated[
    ApprovalName | GranularApproval,
    Named(),
]


class ReadOnlySandbox(Wire):
    """Commands may read everything and write nothing."""

    type: Literal["readOnly"] = "readOnly"
    network_access: bool = False


class WorkspaceWriteSandbox(Wire):
    """Commands may write the workspace and the named roots."""

    type: Literal["workspaceWrite"] = "workspaceWrite"
    writable_roots: list[str] = Field(default_factory=no_list)
    """The folders that commands may write besides `cwd`."""
    network_access: bool = False
    exclude_tmpdir_env_var: bool = False
    """Whether commands must not write the folder of `TMPDIR`."""
    exclude_slash_tmp: bool = False
    """Whether commands must not write `/tmp`."""


class FullAccessSandbox(Wire):
    """No sandbox."""

    type: Literal["dangerFullAccess"] = "dangerFullAccess"


class ExternalSandbox(Wire):
    """An outer program provides the sandbox."""

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
