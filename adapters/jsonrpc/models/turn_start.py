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
    Marked,
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
    """The output of a tool that starts a turn in place of a user's input."""

    name: str
    """The tool whose output it is."""
    namespace: str | None = None
    """The namespace of the tool; null for none."""
    output: FunctionCallOutputBody
    """The output of the tool: a text, or parts of content."""
    retain: bool = False
    """Ignored: the context stays in the history like all input of a thread."""


class TurnStartParams(Params):
    """The input to the thread, and the settings that change from this turn on.

    `idempotency_key` is this host's own.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("responsesapi_client_metadata", "responsesapi_client_metadata_patch"),
        *("additional_context", "environments", "runtime_workspace_roots", "permissions"),
        *("collaboration_mode", "multi_agent_mode", "cyber_access_program"),
    )
    thread_id: str
    """The id of the thread; a stored thread is loaded and followed."""
    input: list[UserInput]
    client_user_message_id: str | None = None
    tool_output: TurnToolOutput | None = None
    """The output of a tool that no model called, in place of `input`: the model sees it in a tag
    with the tool's name; null for none."""
    responsesapi_client_metadata: dict[str, str] | None = None
    """Ignored: nothing of a client's goes to a provider beside the input."""
    responsesapi_client_metadata_patch: dict[str, str] | None = None
    additional_context: dict[str, AdditionalContextEntry] | None = None
    environments: list[TurnEnvironmentParams] | None = None
    """The environment of turns: one, with the id `local`, whose folder becomes the working folder
    from now on; null or an empty list leaves it unchanged."""
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    """The working folder from this turn on, relative to the client's folder; null leaves it
    unchanged."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Ignored: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from this turn on; null leaves the policy unchanged."""
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    """The sandbox of commands: stored and shown, but the host runs no commands; null leaves it
    unchanged; not together with `permissions`."""
    permissions: str | None = None
    """A profile of `permissionProfile/list`, in place of `sandboxPolicy`; null for none."""
    model: str | None = None
    """The model from this turn on, not empty; `PROVIDER:MODEL` also names its provider; null leaves
    it unchanged."""
    service_tier: str | None = None
    """The service tier from this turn on; null for the provider's default."""
    service_tier_for_turn: str | None = None
    """Ignored: `serviceTier` applies from this turn on."""
    effort: ReasoningEffort | None = None
    """The reasoning effort from this turn on, one of those of the model; null leaves it
    unchanged."""
    summary: ReasoningSummary | None = None
    """Whether the model summarises its reasoning from this turn on; null leaves it unchanged."""
    personality: Personality | None = None
    """The tone of answers from this turn on; null leaves it unchanged."""
    output_schema: object = None
    """The JSON Schema that the last message of this turn must match; null, or a value that is no
    object, for none."""
    collaboration_mode: CollaborationMode | None = None
    """The preset whose model, effort and instructions to use from this turn on, only `default`;
    null leaves these unchanged."""
    multi_agent_mode: MultiAgentMode | None = None
    """Ignored: the configuration says whether a model may start agents."""
    cyber_access_program: CyberAccessProgram | None = None
    """Ignored: the host takes part in no such program."""
    parent_turn_id: str | None = None
    """Ignored: the log says which turn led to this one."""
    root_turn_id: Marked | None = None
    """The id of the turn, of any thread, that led to this one, as turns of agents have it; null or
    empty for none. A running turn keeps its own."""
    turn_trigger: str | None = None
    """Ignored: the log says who asked for the turn."""
    idempotency_key: IdempotencyKey | None = None


class TurnStartResponse(Result):
    """The turn, in progress and still empty."""

    turn: Turn
    """The new turn, in progress and still empty; or the running turn, if the input joins it."""


class TurnInterruptParams(Params):
    """The turn to stop."""

    thread_id: str
    turn_id: str
    """The id of the turn to interrupt; it must be the running one."""


class TurnInterruptResponse(Empty):
    """The turn has stopped."""
