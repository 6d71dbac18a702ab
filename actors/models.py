"""The port to models: what one is asked, how it answers piece by piece, and how it fails.

A model endpoint is as little trusted as a client. Whoever implements this port hands over nothing
but these types, bounded and checked; nothing of an answer becomes an event in another form.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import FAILURE_CODES

Phase = Literal["commentary", "partial_answer", "final_answer"]
ItemKind = Literal["message", "reasoning", "call"]


class ModelSettings(NamedTuple):
    """How a model is asked: everything of a request but its history and tools.

    None leaves a setting to the provider. `instructions` are the system's, `developer` stand as a
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

    `history` and `tools` hold one Responses API item each, as compact UTF-8 JSON, oldest first;
    they are encoded once and kept, so that a call costs no more than joining them.
    """

    thread_id: str
    turn_id: str
    history: Sequence[bytes]
    tools: Sequence[bytes]
    settings: ModelSettings
    agent_of: AgentOf | None = None
    """Whose agent the thread is, if it is one."""


class TokenUsage(NamedTuple):
    """Tokens of one model response as the provider counted them, each from 0 to 2^53 - 1."""

    input: int
    cached_input: int
    output: int
    reasoning_output: int
    total: int


class Message(NamedTuple):
    """What a model says; `is_refusal` where it says that it will not do as asked."""

    text: str
    phase: Phase | None = None
    is_refusal: bool = False


class Reasoning(NamedTuple):
    """What a model thought: for people to read, and `encrypted` for its provider alone."""

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
    """A piece of the text of a message; of a call, which is shown whole, an empty one."""

    number: int
    text: str


class ReasoningDelta(NamedTuple):
    """A piece of one part of what a model thought: of its summary, or of the thought itself."""

    number: int
    part: int
    text: str
    of_summary: bool = True


class OutputDone(NamedTuple):
    """An item is complete."""

    number: int
    item: OutputItem


class ResponseDone(NamedTuple):
    """The answer is over; for a reason to stop before its end, if `stopped_early` names one.

    `skipped` counts, by kind, what of the answer could not be used. `model` and `finish_reason` are
    the provider's own words, if it says which model answered and why it stopped.
    """

    response_id: str | None
    usage: TokenUsage | None
    stopped_early: str | None = None
    skipped: dict[str, int] | None = None
    model: str = ""
    finish_reason: str = ""


ModelEvent = OutputStarted | TextDelta | ReasoningDelta | OutputDone | ResponseDone


class ModelFailed(Exception):
    """A model call did not end well.

    The message is fit to show to a user: it names what failed and holds no secret. `code` is one of
    FAILURE_CODES. `details` are further words of the provider, such as the id of the request.
    A transient failure may pass if the call is made again, after `retry_after_ms` if that is given.
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
    """How patient a host is with a provider's answers; 0 means no limit of time.

    Only what the model says counts as progress: bytes that keep a connection alive do not.
    """

    request_retries_max: int = 4
    """Calls made again that failed before the answer began."""
    stream_retries_max: int = 5
    """Calls made again whose answer broke off."""
    retry_wait_max_ms: int = 60_000
    """The longest wait before a call is made again; a provider that asks for more is given up."""
    idle_timeout_ms: int = 300_000
    """Without progress for so long, an answer has failed."""
    response_timeout_ms: int = 3_600_000
    """For one answer, from the request to its end."""
    slow_after_ms: int = 30_000
    """Without progress for so long, clients are warned."""


class ModelWindow(NamedTuple):
    """How much a model takes in: tokens in all, and from how many on the history is summed up."""

    tokens_max: int | None = None
    compact_from_tokens: int | None = None


class ModelClient(Protocol):
    """Providers of model responses behind one door; a request names the one that it is for."""

    @property
    def name(self) -> str:
        """The id of the provider of threads that name none."""

    @property
    def default_model(self) -> str:
        """The model of threads that name none."""

    def limits(self, provider: str) -> CallLimits:
        """How patient to be with a provider."""

    def window(self, provider: str, model: str) -> ModelWindow:
        """How much a model takes in, as far as that is known."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed. Cancelling closes the call at once."""

    async def warm_up(self) -> None:
        """Import and prepare what the first call will need, without holding up the loop."""

    async def close(self) -> None:
        """Release connections; idempotent."""
