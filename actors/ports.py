"""What actors need from the outside world, as protocols: models, clocks and files."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Protocol

from threadhost.actors.origin import Origin


class ModelSettings(NamedTuple):
    """How a model is asked: everything of a request but its history and tools."""

    model: str
    instructions: str | None = None
    effort: str | None = None
    output_schema: dict[str, object] | None = None


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


class TokenUsage(NamedTuple):
    """Tokens of one model response, as the provider counted them."""

    input: int
    cached_input: int
    output: int
    reasoning_output: int
    total: int


class OutputStarted(NamedTuple):
    """The model began an output item of this Responses API `type`."""

    item_id: str
    type: str


class TextDelta(NamedTuple):
    """A piece of the text of an output item."""

    item_id: str
    text: str


class OutputDone(NamedTuple):
    """An output item is complete; `item` is the whole Responses API item."""

    item_id: str
    item: dict[str, object]


class ResponseDone(NamedTuple):
    """The response ended well."""

    response_id: str
    usage: TokenUsage | None


ModelEvent = OutputStarted | TextDelta | OutputDone | ResponseDone


class ModelFailed(Exception):
    """A model call did not end well.

    The message is fit to show to a user: it names what failed and holds no secret. `code` is the
    `codexErrorInfo` variant that clients know.
    """

    def __init__(self, message: str, code: str, http_status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status


class ModelClient(Protocol):
    """A provider of model responses."""

    @property
    def name(self) -> str:
        """The provider's id, shown to clients as `modelProvider`."""
        ...

    @property
    def default_model(self) -> str:
        """The model of threads that name none."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed. Cancelling closes the call at once."""
        ...

    async def warm_up(self) -> None:
        """Import and prepare what the first call will need, without holding up the loop."""
        ...

    async def close(self) -> None:
        """Release connections; idempotent."""
        ...


class ToolCall(NamedTuple):
    """A call that somebody outside has to answer.

    Either of a client's tool, or of nobody's, when `questions` are for the user. `origin` is what
    led to the turn.
    """

    thread_id: str
    turn_id: str
    call_id: str
    origin: Origin
    tool: str = ""
    namespace: str | None = None
    arguments: object = None
    questions: Sequence[dict[str, Any]] = ()


class ToolResult(NamedTuple):
    """What came of a call: parts as clients give them; `reached` if anybody took it on."""

    content: Sequence[dict[str, Any]]
    success: bool
    reached: bool = True


class Tools(Protocol):
    """Whoever answers calls that the host itself cannot."""

    async def call(self, call: ToolCall) -> ToolResult:
        """The answer of a client's tool; cancelling takes the call back."""
        ...

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """The user's answers, as one text; cancelling takes the questions back."""
        ...


class Clock(Protocol):
    """Wall time for records, monotonic time for time-outs."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...


class Ids(Protocol):
    """A source of new identifiers (UUID version 7, RFC 9562)."""

    def new(self) -> str:
        """A fresh identifier in canonical text form."""
        ...


class ThreadFiles(Protocol):
    """Files that belong to one thread and go with it."""

    def list(self, thread_id: str) -> Sequence[str]:
        """Names of the files that exist for the thread."""
        ...

    def remove(self, thread_id: str) -> int:
        """Remove them all, durably; returns how many went. Raises OSError if one cannot go."""
        ...
