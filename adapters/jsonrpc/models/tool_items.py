"""Items that are done: tool calls of every kind and what subagents do.

Every item ends with when it started and completed (ms since the epoch; null while unknown).
"""

import operator
from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import I32, I64, ReasoningEffort
from threadhost.adapters.jsonrpc.models.variants import Tagged

ToolCallStatus = Literal["inProgress", "completed", "failed"]
CommandExecutionStatus = Literal["inProgress", "completed", "failed", "declined"]
CommandExecutionSource = Literal[
    "agent", "userShell", "unifiedExecStartup", "unifiedExecInteraction"
]
CollabAgentToolCallStatus = Literal["inProgress", "completed", "failed", "interrupted"]
CollabAgentTool = Literal[
    "spawnAgent",
    "sendInput",
    "resumeAgent",
    "wait",
    "closeAgent",
    "sendMessage",
    "followupTask",
    "interruptAgent",
    "listAgents",
]
CollabAgentStatus = Literal[
    "pendingInit", "running", "interrupted", "completed", "errored", "shutdown", "notFound"
]
SubAgentActivityKind = Literal["started", "interacted", "interrupted", "completed"]


class CommandExecutionItem(Wire):
    """A command that ran; `command_actions` is what it was understood to do."""

    type: Literal["commandExecution"] = "commandExecution"
    id: str
    plugin_id: str | None = None
    script_path: str | None = None
    command: str
    cwd: str
    process_id: str | None = None
    source: CommandExecutionSource = "agent"
    status: CommandExecutionStatus
    command_actions: list[dict[str, object]]
    aggregated_output: str | None = None
    exit_code: I32 | None = None
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class McpToolCallResult(Wire):
    """What an MCP tool answered, block by block."""

    content: list[object]
    structured_content: object = None
    meta: object = Field(default=None, alias="_meta")


class McpToolCallError(Wire):
    """Why an MCP tool did not answer."""

    message: str


class McpToolCallAppContext(Wire):
    """The connector behind an MCP tool."""

    connector_id: str
    link_id: str | None = None
    resource_uri: str | None = None
    app_name: str | None = None
    action_name: str | None = None


class McpAppUi(Wire):
    """Where the tool's own user interface is, and how it wants to be shown."""

    resource_uri: str
    preferred_model_display_mode: Literal["inline", "fullscreen"]


class McpToolCallItem(Wire):
    """A call of a tool that an MCP server offers."""

    type: Literal["mcpToolCall"] = "mcpToolCall"
    id: str
    server: str
    environment_id: str | None = None
    tool: str
    status: ToolCallStatus
    arguments: object
    app_context: McpToolCallAppContext | None = None
    mcp_app_resource_uri: str | None = Field(default=None, exclude_if=operator.not_)
    mcp_app_ui: McpAppUi | None = None
    plugin_id: str | None = None
    read_only_hint: bool | None = None
    result: McpToolCallResult | None = None
    error: McpToolCallError | None = None
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class OutputText(Wire):
    """Text that a client's tool answered."""

    type: Literal["inputText"] = "inputText"
    text: str


class OutputImage(Wire):
    """A picture that a client's tool answered."""

    type: Literal["inputImage"] = "inputImage"
    image_url: str


class OutputAudio(Wire):
    """Sound that a client's tool answered."""

    type: Literal["inputAudio"] = "inputAudio"
    audio_url: str


DynamicToolCallOutput = Annotated[OutputText | OutputImage | OutputAudio, Tagged()]


class DynamicToolCallItem(Wire):
    """A call of a tool that the client itself offers."""

    type: Literal["dynamicToolCall"] = "dynamicToolCall"
    id: str
    namespace: str | None = None
    tool: str
    arguments: object
    status: ToolCallStatus
    content_items: list[DynamicToolCallOutput] | None = None
    success: bool | None = None
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class CollabAgentState(Wire):
    """What a subagent last was seen doing."""

    status: CollabAgentStatus
    message: str | None = None


class CollabAgentToolCallItem(Wire):
    """A call of one of the tools that act on other threads."""

    type: Literal["collabAgentToolCall"] = "collabAgentToolCall"
    id: str
    tool: CollabAgentTool
    status: CollabAgentToolCallStatus
    sender_thread_id: str
    receiver_thread_ids: list[str]
    prompt: str | None = None
    model: str | None = None
    reasoning_effort: ReasoningEffort | None = None
    agents_states: dict[str, CollabAgentState]
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class SubAgentActivityItem(Wire):
    """Something that happened to a subagent of this thread."""

    type: Literal["subAgentActivity"] = "subAgentActivity"
    model: str | None = None
    reasoning_effort: ReasoningEffort | None = None
    id: str
    kind: SubAgentActivityKind
    agent_thread_id: str
    agent_path: str
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
