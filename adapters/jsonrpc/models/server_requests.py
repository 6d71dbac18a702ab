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
    """The call, by its id."""
    namespace: str | None = None
    """The group that the tool belongs to; null for none."""
    tool: str
    """The tool, by its name."""
    arguments: object
    """Its arguments, as its schema has them."""


class DynamicToolCallResponse(Result):
    """What the tool said, for the model to see."""

    content_items: list[DynamicToolCallOutput]
    """What the model is to see of it."""
    success: bool
    """Whether it went well."""


class ToolRequestUserInputOption(Wire):
    """An answer to choose."""

    label: str
    """What is chosen."""
    description: str
    """What that means."""


class ToolRequestUserInputQuestion(Wire):
    """A question; with `is_other` the user may answer freely, `is_secret` hides what is typed."""

    id: str
    header: str
    """What it is about, in few words."""
    question: str
    """The question."""
    is_other: bool = False
    """Whether the user may answer in words of their own."""
    is_secret: bool = False
    """Whether what is typed must not be seen."""
    options: list[ToolRequestUserInputOption] | None = None
    """Answers to choose from; null if any will do."""


class ToolRequestUserInputParams(Params):
    """Questions for the user; `item_id` is the id of the model's call."""

    thread_id: str
    turn_id: str
    item_id: str
    """The call of the model's that asks, by its id."""
    questions: list[ToolRequestUserInputQuestion]
    """The questions."""
    is_blocking: bool
    """Whether the turn waits for the answers."""
    auto_resolution_ms: U64 | None = None
    """After how long it goes on without answers, in milliseconds; null for never."""


class ToolRequestUserInputAnswer(Wire):
    """What was chosen or typed for one question."""

    answers: list[str]
    """What was chosen, by its label, or typed."""


class ToolRequestUserInputResponse(Result):
    """The answers by the ids of their questions."""

    answers: dict[str, ToolRequestUserInputAnswer]
    """The answers, by the ids of their questions."""


class ServerRequestResolvedNotification(Notification):
    """A request of the host is answered or taken back; an answer is not waited for any more."""

    method: ClassVar[str] = "serverRequest/resolved"
    thread_id: str
    request_id: str | int
