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
"""This host's own: true in an item whose model was cut off, absent everywhere else."""
MessagePhase = Literal["commentary", "partial_answer", "final_answer"]
AgentMessageDelivery = Literal["async"]


class UserMessageItem(Wire):
    """What a client sent with a turn."""

    type: Literal["userMessage"] = "userMessage"
    id: str
    client_id: str | None = None
    """The client's own id for the message; null if it gave none."""
    content: list[UserInput]
    """What was said, part by part."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class MemoryCitationEntry(Wire):
    """Lines of a memory file that an answer leans on."""

    path: str
    """The file."""
    line_start: U32
    """The first line."""
    line_end: U32
    """The last line."""
    note: str
    """What stands there."""


class MemoryCitation(Wire):
    """The memories that an answer leans on."""

    entries: list[MemoryCitationEntry]
    """The places."""
    thread_ids: list[str]
    """The threads that these were made of, by their ids."""


class AsyncUserInputQuestion(Wire):
    """A question that a message asks without waiting."""

    title: str
    options: list[str] | None = None
    """Answers to choose from; null if any will do."""


class AgentMessageItem(Wire):
    """What the model said; empty while it streams."""

    type: Literal["agentMessage"] = "agentMessage"
    moderation: AgentMessageModeration | None = None
    """What the provider's moderation says of it; null if nothing."""
    id: str
    text: str
    """What was said; as far as it is known."""
    phase: MessagePhase | None = None
    """Whether it is said on the way or at the end; null if the model does not say."""
    memory_citation: MemoryCitation | None = None
    """The memories it leans on; null if it names none."""
    delivery: AgentMessageDelivery | None = None
    """`async` if nobody waits for it; else null."""
    questions: list[AsyncUserInputQuestion] | None = None
    """What it asks without waiting; null for nothing."""
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
    """What the model thought: its summary, and the text where the provider gives it."""

    type: Literal["reasoning"] = "reasoning"
    id: str
    summary: list[str] = Field(default_factory=no_list)
    """What it thought, summed up, part by part."""
    content: list[str] = Field(default_factory=no_list)
    """What it thought, part by part, where its provider shows that."""
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
