"""`turn/start` and `turn/interrupt`: a turn's beginning and its early end."""

from typing import Annotated, ClassVar

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.policy import (
    ApprovalsReviewer,
    AskForApproval,
    SandboxPolicy,
)
from threadhost.adapters.jsonrpc.models.preferences import (
    CyberAccessProgram,
    Personality,
    ReasoningSummary,
)
from threadhost.adapters.jsonrpc.models.scalars import (
    AbsolutePath,
    IdempotencyKey,
    OneOrMany,
    ReasoningEffort,
)
from threadhost.adapters.jsonrpc.models.settings import (
    AdditionalContextEntry,
    CollaborationMode,
    MultiAgentMode,
    TurnEnvironmentParams,
)
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.user_input import UserInput

FunctionCallOutputBody = Annotated[
    str | list[dict[str, object]], OneOrMany("FunctionCallOutputBody")
]


class TurnToolOutput(Wire):
    """A tool's output that starts a turn in place of a person's words."""

    name: str
    namespace: str | None = None
    output: FunctionCallOutputBody
    retain: bool = False


class TurnStartParams(Params):
    """What is said to the thread, and what changes from this turn on.

    `idempotency_key` is this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("responsesapi_client_metadata", "responsesapi_client_metadata_patch"),
        *("additional_context", "environments", "runtime_workspace_roots", "permissions"),
        *("collaboration_mode", "multi_agent_mode", "cyber_access_program"),
    )
    thread_id: str
    input: list[UserInput]
    client_user_message_id: str | None = None
    tool_output: TurnToolOutput | None = None
    responsesapi_client_metadata: dict[str, str] | None = None
    responsesapi_client_metadata_patch: dict[str, str] | None = None
    additional_context: dict[str, AdditionalContextEntry] | None = None
    environments: list[TurnEnvironmentParams] | None = None
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    runtime_workspace_roots: list[AbsolutePath] | None = None
    approval_policy: AskForApproval | None = None
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    permissions: str | None = None
    model: str | None = None
    service_tier: str | None = None
    service_tier_for_turn: str | None = None
    effort: ReasoningEffort | None = None
    summary: ReasoningSummary | None = None
    personality: Personality | None = None
    output_schema: object = None
    collaboration_mode: CollaborationMode | None = None
    multi_agent_mode: MultiAgentMode | None = None
    cyber_access_program: CyberAccessProgram | None = None
    parent_turn_id: str | None = None
    root_turn_id: str | None = None
    turn_trigger: str | None = None
    idempotency_key: IdempotencyKey | None = None


class TurnStartResponse(Result):
    """The turn, in progress and still empty."""

    turn: Turn


class TurnInterruptParams(Params):
    """The turn to stop."""

    thread_id: str
    turn_id: str


class TurnInterruptResponse(Empty):
    """The turn has stopped."""
