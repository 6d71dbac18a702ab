"""The host's requests to clients: to run a client's tool, or to ask the user questions."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.adapters.jsonrpc.models.tool_items import DynamicToolCallOutput


class DynamicToolCallParams(Params):
    """A call of a tool that the client offered."""

    thread_id: str
    turn_id: str
    call_id: str
    """The id of the call."""
    namespace: str | None = None
    """The namespace of the tool; null for none."""
    tool: str
    """The name of the tool."""
    arguments: object
    """Its arguments, which match its schema."""


class DynamicToolCallResponse(Result):
    """The output of the tool, for the model."""

    content_items: list[DynamicToolCallOutput]
    """The output that the model sees."""
    success: bool
    """Whether it succeeded."""


class ToolRequestUserInputOption(Wire):
    """An answer that the user can choose."""

    label: str
    """The label of the answer."""
    description: str
    """What the answer means."""


class ToolRequestUserInputQuestion(Wire):
    """A question; with `is_other` the user may answer freely, `is_secret` hides what is typed."""

    id: str
    header: str
    """Its subject, in few words."""
    question: str
    """The question."""
    is_other: bool = False
    """Whether the user may give a free answer."""
    is_secret: bool = False
    """Whether the client must hide the typed answer."""
    options: list[ToolRequestUserInputOption] | None = None
    """The answers to choose from; null for a free answer."""


class ToolRequestUserInputParams(Params):
    """Questions for the user; `item_id` is the id of the model's call."""

    thread_id: str
    turn_id: str
    item_id: str
    """The id of the model's call that asks."""
    questions: list[ToolRequestUserInputQuestion]
    """The questions."""
    is_blocking: bool
    """Whether the turn waits for the answers."""
    auto_resolution_ms: U64 | None = None
    """The time after which the turn goes on without answers, in milliseconds; null for never."""


class ToolRequestUserInputAnswer(Wire):
    """The answer to one question."""

    answers: list[str]
    """The labels of the chosen answers, or the typed text."""


class ToolRequestUserInputResponse(Result):
    """The answers by the ids of their questions."""

    answers: dict[str, ToolRequestUserInputAnswer]
    """The answers, by the ids of their questions."""


class ServerRequestResolvedNotification(Notification):
    """A request of the host was answered or withdrawn; the host expects no answer any more."""

    method: ClassVar[str] = "serverRequest/resolved"
    thread_id: str
    request_id: str | int
