"""The items of turns: the union of all types of item."""

from typing import Annotated

from threadhost.adapters.jsonrpc.models.message_items import (
    AgentMessageItem,
    ContextCompactionItem,
    PlanItem,
    ReasoningItem,
    UserMessageItem,
)
from threadhost.adapters.jsonrpc.models.tool_items import (
    CollabAgentToolCallItem,
    CommandExecutionItem,
    DynamicToolCallItem,
    McpToolCallItem,
    SubAgentActivityItem,
)
from threadhost.adapters.jsonrpc.models.variants import Tagged

ThreadItem = Annotated[
    UserMessageItem
    | AgentMessageItem
    | PlanItem
    | ReasoningItem
    | CommandExecutionItem
    | McpToolCallItem
    | DynamicToolCallItem
    | CollabAgentToolCallItem
    | SubAgentActivityItem
    | ContextCompactionItem,
    Tagged(),
]
