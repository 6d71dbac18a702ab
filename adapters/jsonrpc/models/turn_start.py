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
    """A tool's output that starts a turn in place of a person's words."""

    name: str
    """The tool whose output it is."""
    namespace: str | None = None
    """The group that the tool belongs to; null for none."""
    output: FunctionCallOutputBody
    """What the tool gave: a text, or parts of content."""
    retain: bool = False
    """Taken and not used: it stays in the history, as all that is said to a thread."""


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
    """The thread, by its id; a stored one is taken up and followed."""
    input: list[UserInput]
    client_user_message_id: str | None = None
    tool_output: TurnToolOutput | None = None
    """What a tool gave that no model called: it is said in a tag with the tool's name, in place of
    `input`; null for none."""
    responsesapi_client_metadata: dict[str, str] | None = None
    """Taken and not used: nothing of a client's goes to a provider beside the input."""
    responsesapi_client_metadata_patch: dict[str, str] | None = None
    additional_context: dict[str, AdditionalContextEntry] | None = None
    environments: list[TurnEnvironmentParams] | None = None
    """The place where turns work: one, with the id `local`, whose folder counts from now on; null
    or none of them leaves it as it is."""
    disabled_plugin_ids: list[str] | None = None
    cwd: str | None = None
    """The folder from this turn on, from the client's own on; null leaves it as it is."""
    runtime_workspace_roots: list[AbsolutePath] | None = None
    """Taken and not used: `cwd` is the only folder of a thread."""
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval from this turn on; null leaves it as it is."""
    approvals_reviewer: ApprovalsReviewer | None = None
    sandbox_policy: SandboxPolicy | None = None
    """What commands might touch: kept and shown, but the host runs none; null leaves it as it is;
    not together with `permissions`."""
    permissions: str | None = None
    """A named profile in place of a `sandboxPolicy`, as `permissionProfile/list` has them; null for
    none."""
    model: str | None = None
    """The model from this turn on, not empty; `PROVIDER:MODEL` names its provider, too; null leaves
    it as it is."""
    service_tier: str | None = None
    """How its provider serves it from this turn on; null for as it usually does."""
    service_tier_for_turn: str | None = None
    """Taken and not used: `serviceTier` holds from this turn on."""
    effort: ReasoningEffort | None = None
    """How long the model thinks from this turn on, a word that it knows; null leaves it as it
    is."""
    summary: ReasoningSummary | None = None
    """Whether what it thinks is summed up from this turn on; null leaves it as it is."""
    personality: Personality | None = None
    """The tone of answers from this turn on; null leaves it as it is."""
    output_schema: object = None
    """The JSON Schema that the last message of this turn has to fit; null, or what is no object,
    for none."""
    collaboration_mode: CollaborationMode | None = None
    """The preset to take over from this turn on, `default` alone: its model, effort and
    instructions; null leaves these as they are."""
    multi_agent_mode: MultiAgentMode | None = None
    """Taken and not used: the configuration says whether a model may start agents."""
    cyber_access_program: CyberAccessProgram | None = None
    """Taken and not used: the host takes part in no such program."""
    parent_turn_id: str | None = None
    """Taken and not used: the log says which turn led to this one."""
    root_turn_id: Marked | None = None
    """The turn that led to this one, of any thread, as turns that agents begin have it; null or
    empty for none. A turn that runs keeps its own."""
    turn_trigger: str | None = None
    """Taken and not used: the log says who asked for the turn."""
    idempotency_key: IdempotencyKey | None = None


class TurnStartResponse(Result):
    """The turn, in progress and still empty."""

    turn: Turn
    """The turn, in progress and still empty; the one that runs if the input joins that."""


class TurnInterruptParams(Params):
    """The turn to stop."""

    thread_id: str
    turn_id: str
    """The turn that is to end, by its id; it has to be the one that runs."""


class TurnInterruptResponse(Empty):
    """The turn has stopped."""
