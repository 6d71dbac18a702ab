"""The port to models: what a request holds, how a response streams, and how a call fails.

A model endpoint is as little trusted as a client. An implementation of this port passes on these
types alone, bounded and checked; no other form of an answer becomes an event.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import FAILURE_CODES

Phase = Literal["commentary", "partial_answer", "final_answer"]
ItemKind = Literal["message", "reasoning", "call"]


class ModelSettings(NamedTuple):
    """The settings of a model call: everything of a request but its history and tools.

    None leaves a setting to the provider. `instructions` are the system's; `developer` is sent as a
    message of the developer ahead of the history.
    """

    model: str
    provider: str = ""
    instructions: str | None = None
    developer: str | None = None
    effort: str | None = None
    summary: str | None = None
    verbosity: str | None = None
    service_tier: str | None = None
    output_schema: dict[str, object] | None = None


class AgentOf(NamedTuple):
    """The thread that an agent works for, and the root of their tree."""

    parent_id: str
    session_id: str


class ModelRequest(NamedTuple):
    """One call of a model.

    `history` and `tools` hold one Responses API item each, as compact UTF-8 JSON, oldest first.
    They are encoded once and kept, so that a call costs no more than joining them.
    """

    thread_id: str
    turn_id: str
    history: Sequence[bytes]
    tools: Sequence[bytes]
    settings: ModelSettings
    agent_of: AgentOf | None = None
    """The parent and the root of the thread, if it is an agent."""


class TokenUsage(NamedTuple):
    """Tokens of one model response as the provider counted them, each from 0 to 2^53 - 1."""

    input: int
    cached_input: int
    output: int
    reasoning_output: int
    total: int


class Message(NamedTuple):
    """A message of a model; `is_refusal` if the model declines the task."""

    text: str
    phase: Phase | None = None
    is_refusal: bool = False


class Reasoning(NamedTuple):
    """The reasoning of a model: for people to read, and `encrypted` for its provider alone."""

    summary: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    encrypted: str | None = None


class FunctionCall(NamedTuple):
    """A call of a tool; `arguments` is the text that the model wrote, JSON or not."""

    name: str
    arguments: str
    namespace: str | None = None


OutputItem = Message | Reasoning | FunctionCall


class OutputStarted(NamedTuple):
    """The model began an item; `number` names it within this answer and is never used again."""

    number: int
    kind: ItemKind


class TextDelta(NamedTuple):
    """A piece of a message's text; empty for a call, which is shown only when complete."""

    number: int
    text: str


class ReasoningDelta(NamedTuple):
    """A piece of a part of the reasoning: of its summary, or of the reasoning itself."""

    number: int
    part: int
    text: str
    of_summary: bool = True


class OutputDone(NamedTuple):
    """An item is complete."""

    number: int
    item: OutputItem


class ResponseDone(NamedTuple):
    """The response is over; `stopped_early` names the reason if it stopped before its end.

    `skipped` counts, by kind, what could not be used. `model` and `finish_reason` are the
    provider's own words, if it says which model answered and why it stopped.
    """

    response_id: str | None
    usage: TokenUsage | None
    stopped_early: str | None = None
    skipped: dict[str, int] | None = None
    model: str = ""
    finish_reason: str = ""


ModelEvent = OutputStarted | TextDelta | ReasoningDelta | OutputDone | ResponseDone


class ModelFailed(Exception):
    """A model call failed.

    The message is fit to show to a user: it names what failed and holds no secret. `code` is one of
    FAILURE_CODES. `details` are further words of the provider, such as the id of the request. A
    retry may cure a transient failure, after `retry_after_ms` if that is given.
    """

    def __init__(
        self,
        message: str,
        code: str,
        http_status: int | None = None,
        *,
        is_transient: bool = False,
        retry_after_ms: int | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code if code in FAILURE_CODES else "other"
        self.http_status = http_status
        self.is_transient = is_transient
        self.retry_after_ms = retry_after_ms
        self.details = details


class CallLimits(NamedTuple):
    """How long a host waits for a provider, and how often it retries; 0 means no limit of time.

    Only output of the model counts as progress: bytes that keep a connection alive do not.
    """

    request_retries_max: int = 4
    """Retries of calls that failed before the response began."""
    stream_retries_max: int = 5
    """Retries of calls whose response broke off."""
    retry_wait_max_ms: int = 60_000
    """The longest wait before a retry; if a provider asks for more, the call fails."""
    idle_timeout_ms: int = 300_000
    """A response without progress for this long has failed."""
    response_timeout_ms: int = 3_600_000
    """The limit for one response, from the request to its end."""
    slow_after_ms: int = 30_000
    """After this long without progress, clients are warned."""


class ModelWindow(NamedTuple):
    """The size of a model's window in tokens, and from how many on the history is summed up."""

    tokens_max: int | None = None
    compact_from_tokens: int | None = None


class ModelClient(Protocol):
    """The providers of models behind one port; a request names its provider."""

    @property
    def name(self) -> str:
        """The id of the provider for threads that name none."""

    @property
    def default_model(self) -> str:
        """The model for threads that name none."""

    def limits(self, provider: str) -> CallLimits:
        """The call limits for a provider."""

    def window(self, provider: str, model: str) -> ModelWindow:
        """The window of a model, as far as it is known."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response. Raises ModelFailed. Cancelling closes the call at once."""

    async def warm_up(self) -> None:
        """Import and prepare what the first call needs, without blocking the loop."""

    async def close(self) -> None:
        """Release connections; idempotent."""
