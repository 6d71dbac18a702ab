"""What the host asks of its clients: to run a tool of theirs, or to put questions to the user."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.adapters.jsonrpc.models.tool_items import DynamicToolCallOutput


class DynamicToolCallParams(Params):
    """A call of a tool that the client offered."""

    thread_id: str
    turn_id: str
    call_id: str
    namespace: str | None = None
    tool: str
    arguments: object


class DynamicToolCallResponse(Result):
    """What the tool said, for the model to see."""

    content_items: list[DynamicToolCallOutput]
    success: bool


class ToolRequestUserInputOption(Wire):
    """An answer to choose."""

    label: str
    description: str


class ToolRequestUserInputQuestion(Wire):
    """A question; with `is_other` the user may answer freely, `is_secret` hides what is typed."""

    id: str
    header: str
    question: str
    is_other: bool = False
    is_secret: bool = False
    options: list[ToolRequestUserInputOption] | None = None


class ToolRequestUserInputParams(Params):
    """Questions for the user; `item_id` is the id of the model's call."""

    thread_id: str
    turn_id: str
    item_id: str
    questions: list[ToolRequestUserInputQuestion]
    is_blocking: bool
    auto_resolution_ms: U64 | None = None


class ToolRequestUserInputAnswer(Wire):
    """What was chosen or typed for one question."""

    answers: list[str]


class ToolRequestUserInputResponse(Result):
    """The answers by the ids of their questions."""

    answers: dict[str, ToolRequestUserInputAnswer]


class ServerRequestResolvedNotification(Notification):
    """A request of the host is answered or taken back; an answer is not waited for any more."""

    method: ClassVar[str] = "serverRequest/resolved"
    thread_id: str
    request_id: str | int
