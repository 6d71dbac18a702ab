"""Items of text: messages, reasoning, plans, and the mark of a compaction.

Every item ends with its times of start and completion (ms since the epoch; null while unknown).
"""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.moderation import AgentMessageModeration
from threadhost.adapters.jsonrpc.models.scalars import I64, U32
from threadhost.adapters.jsonrpc.models.user_input import UserInput
from threadhost.events.empty import no_list

Incomplete = Annotated[Literal[True] | None, Field(exclude_if=lambda value: value is None)]
"""Extension of this host: true in an item whose model was cut off, absent everywhere else."""
MessagePhase = Literal["commentary", "partial_answer", "final_answer"]
AgentMessageDelivery = Literal["async"]


class UserMessageItem(Wire):
    """The input that a client sent with a turn."""

    type: Literal["userMessage"] = "userMessage"
    id: str
    client_id: str | None = None
    """The client's own id of the message; null if it gave none."""
    content: list[UserInput]
    """The parts of the message."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class MemoryCitationEntry(Wire):
    """Lines of a memory file that an answer is based on."""

    path: str
    """The file."""
    line_start: U32
    """The first line."""
    line_end: U32
    """The last line."""
    note: str
    """The contents of these lines."""


class MemoryCitation(Wire):
    """The memories that an answer is based on."""

    entries: list[MemoryCitationEntry]
    """The cited lines."""
    thread_ids: list[str]
    """The ids of the threads that these came from."""


class AsyncUserInputQuestion(Wire):
    """A question that a message asks without waiting."""

    title: str
    options: list[str] | None = None
    """The answers to choose from; null for a free answer."""


class AgentMessageItem(Wire):
    """A message of the model; its text is empty while it streams."""

    type: Literal["agentMessage"] = "agentMessage"
    moderation: AgentMessageModeration | None = None
    """The verdict of the provider's moderation; null for none."""
    id: str
    text: str
    """The text, as far as it is known."""
    phase: MessagePhase | None = None
    """Whether the message is commentary or the answer; null if the model does not say."""
    memory_citation: MemoryCitation | None = None
    """The memories that it is based on; null if it names none."""
    delivery: AgentMessageDelivery | None = None
    """`async` if the turn does not wait for an answer; else null."""
    questions: list[AsyncUserInputQuestion] | None = None
    """The questions that it asks without waiting; null for none."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
    incomplete: Incomplete = None


class PlanItem(Wire):
    """A plan that the model wrote down."""

    type: Literal["plan"] = "plan"
    id: str
    text: str
    """The plan."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class ReasoningItem(Wire):
    """The model's reasoning: its summary, and the text if the provider gives it."""

    type: Literal["reasoning"] = "reasoning"
    id: str
    summary: list[str] = Field(default_factory=no_list)
    """The parts of the summary of the reasoning."""
    content: list[str] = Field(default_factory=no_list)
    """The parts of the reasoning, if the provider shows it."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
    incomplete: Incomplete = None


class ContextCompactionItem(Wire):
    """The history before this point was replaced by a summary."""

    type: Literal["contextCompaction"] = "contextCompaction"
    id: str
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
    incomplete: Incomplete = None
