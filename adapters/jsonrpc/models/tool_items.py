"""Items of actions: tool calls of every kind, and the activity of subagents.

Every item ends with its times of start and completion (ms since the epoch; null while unknown).
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
    """A command that ran; `command_actions` are the actions recognised in it."""

    type: Literal["commandExecution"] = "commandExecution"
    id: str
    plugin_id: str | None = None
    script_path: str | None = None
    """The script that was run; null for none."""
    command: str
    """The command."""
    cwd: str
    """The folder in which it ran."""
    process_id: str | None = None
    """The id of the process; null if it is not known."""
    source: CommandExecutionSource = "agent"
    """The origin of the command."""
    status: CommandExecutionStatus
    """How it ended, if it ended."""
    command_actions: list[dict[str, object]]
    """The actions that were recognised in it."""
    aggregated_output: str | None = None
    """Its whole output; null if that is not known."""
    exit_code: I32 | None = None
    """Its exit code; null if it has none."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class McpToolCallResult(Wire):
    """The answer of an MCP tool, in blocks."""

    content: list[object]
    """The parts of its answer, in MCP's form."""
    structured_content: object = None
    """The same as a JSON object; null if it gives none."""
    meta: object = Field(default=None, alias="_meta")


class McpToolCallError(Wire):
    """Why an MCP tool did not answer."""

    message: str
    """Why it did not answer."""


class McpToolCallAppContext(Wire):
    """The connector behind an MCP tool."""

    connector_id: str
    """The id of the connector."""
    link_id: str | None = None
    """The id of the link to it; null for none."""
    resource_uri: str | None = None
    """The resource that it shows; null for none."""
    app_name: str | None = None
    """The app; null if that is not known."""
    action_name: str | None = None
    """What the app does; null if that is not known."""


class McpAppUi(Wire):
    """The location of the tool's own user interface, and how to show it."""

    resource_uri: str
    """Its location."""
    preferred_model_display_mode: Literal["inline", "fullscreen"]
    """How to show it."""


class McpToolCallItem(Wire):
    """A call of a tool that an MCP server offers."""

    type: Literal["mcpToolCall"] = "mcpToolCall"
    id: str
    server: str
    """The name of the server in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    tool: str
    """The name of the tool."""
    status: ToolCallStatus
    """Its status."""
    arguments: object
    """The arguments of the call."""
    app_context: McpToolCallAppContext | None = None
    """Always null: the host has no connectors."""
    mcp_app_resource_uri: str | None = Field(default=None, exclude_if=operator.not_)
    """Absent: the host has no connectors."""
    mcp_app_ui: McpAppUi | None = None
    """Always null: the host has no connectors."""
    plugin_id: str | None = None
    read_only_hint: bool | None = None
    """Whether the tool declares that it only reads; null if it does not declare it."""
    result: McpToolCallResult | None = None
    """Its answer; null before."""
    error: McpToolCallError | None = None
    """Why it did not answer; null if it answered."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class OutputText(Wire):
    """Text in the answer of a client's tool."""

    type: Literal["inputText"] = "inputText"
    text: str
    """The text."""


class OutputImage(Wire):
    """A picture in the answer of a client's tool."""

    type: Literal["inputImage"] = "inputImage"
    image_url: str
    """The URL of the picture, or its contents as a `data:` URL."""


class OutputAudio(Wire):
    """Sound in the answer of a client's tool."""

    type: Literal["inputAudio"] = "inputAudio"
    audio_url: str
    """The URL of the sound, or its contents as a `data:` URL."""


DynamicToolCallOutput = Annotated[OutputText | OutputImage | OutputAudio, Tagged()]


class DynamicToolCallItem(Wire):
    """A call of a tool that the client offers."""

    type: Literal["dynamicToolCall"] = "dynamicToolCall"
    id: str
    namespace: str | None = None
    """The namespace of the tool; null for none."""
    tool: str
    """The name of the tool."""
    arguments: object
    """The arguments of the call."""
    status: ToolCallStatus
    """Its status."""
    content_items: list[DynamicToolCallOutput] | None = None
    """Its answer; null before."""
    success: bool | None = None
    """Whether it succeeded; null while that is not known."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class CollabAgentState(Wire):
    """The last known activity of a subagent."""

    status: CollabAgentStatus
    """The last known activity of the agent."""
    message: str | None = None
    """Its last message, or why it failed; null for none."""


class CollabAgentToolCallItem(Wire):
    """A call of a tool that acts on other threads."""

    type: Literal["collabAgentToolCall"] = "collabAgentToolCall"
    id: str
    tool: CollabAgentTool
    """The tool of the call."""
    status: CollabAgentToolCallStatus
    """Its status."""
    sender_thread_id: str
    """The id of the thread whose model calls it."""
    receiver_thread_ids: list[str]
    """The ids of the threads that it acts on."""
    prompt: str | None = None
    """The prompt that they get; null for none."""
    model: str | None = None
    """The model of an agent that the call starts; null if it starts none."""
    reasoning_effort: ReasoningEffort | None = None
    """The reasoning effort of that model; null if none was chosen."""
    agents_states: dict[str, CollabAgentState]
    """The statuses of the agents, by id."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class SubAgentActivityItem(Wire):
    """An event of a subagent of this thread."""

    type: Literal["subAgentActivity"] = "subAgentActivity"
    model: str | None = None
    """The model of the agent; null if it is not known."""
    reasoning_effort: ReasoningEffort | None = None
    """The reasoning effort of its model; null if none was chosen."""
    id: str
    kind: SubAgentActivityKind
    """What happened."""
    agent_thread_id: str
    """The id of the agent."""
    agent_path: str
    """Its path in its team."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
