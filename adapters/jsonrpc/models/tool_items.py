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
    """A command that ran; `command_actions` is what it was understood to do."""

    type: Literal["commandExecution"] = "commandExecution"
    id: str
    plugin_id: str | None = None
    script_path: str | None = None
    """The script that was run; null for none."""
    command: str
    """The command."""
    cwd: str
    """The folder it ran in."""
    process_id: str | None = None
    """The process, by its id; null if that is not known."""
    source: CommandExecutionSource = "agent"
    """Who ran it."""
    status: CommandExecutionStatus
    """How it ended, if it did."""
    command_actions: list[dict[str, object]]
    """What it was understood to do."""
    aggregated_output: str | None = None
    """All that it wrote; null if that is not known."""
    exit_code: I32 | None = None
    """Its exit code; null if it has none."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class McpToolCallResult(Wire):
    """What an MCP tool answered, block by block."""

    content: list[object]
    """What it answered, part by part, as MCP has it."""
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
    """The connector, by its id."""
    link_id: str | None = None
    """The link to it, by its id; null for none."""
    resource_uri: str | None = None
    """The resource it shows; null for none."""
    app_name: str | None = None
    """The app; null if that is not known."""
    action_name: str | None = None
    """What the app does; null if that is not known."""


class McpAppUi(Wire):
    """Where the tool's own user interface is, and how it wants to be shown."""

    resource_uri: str
    """Where it is."""
    preferred_model_display_mode: Literal["inline", "fullscreen"]
    """How it wants to be shown."""


class McpToolCallItem(Wire):
    """A call of a tool that an MCP server offers."""

    type: Literal["mcpToolCall"] = "mcpToolCall"
    id: str
    server: str
    """The server, by its name in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    tool: str
    """The tool, by its name."""
    status: ToolCallStatus
    """How it stands."""
    arguments: object
    """What it was called with."""
    app_context: McpToolCallAppContext | None = None
    """Always null: the host has no connectors."""
    mcp_app_resource_uri: str | None = Field(default=None, exclude_if=operator.not_)
    """Absent: the host has no connectors."""
    mcp_app_ui: McpAppUi | None = None
    """Always null: the host has no connectors."""
    plugin_id: str | None = None
    read_only_hint: bool | None = None
    """Whether the tool says that it only looks; null if it does not say."""
    result: McpToolCallResult | None = None
    """What it answered; null while it has not."""
    error: McpToolCallError | None = None
    """Why it did not answer; null if it did."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class OutputText(Wire):
    """Text that a client's tool answered."""

    type: Literal["inputText"] = "inputText"
    text: str
    """The text."""


class OutputImage(Wire):
    """A picture that a client's tool answered."""

    type: Literal["inputImage"] = "inputImage"
    image_url: str
    """Where the picture lies, or all of it as a `data:` URL."""


class OutputAudio(Wire):
    """Sound that a client's tool answered."""

    type: Literal["inputAudio"] = "inputAudio"
    audio_url: str
    """Where the sound lies, or all of it as a `data:` URL."""


DynamicToolCallOutput = Annotated[OutputText | OutputImage | OutputAudio, Tagged()]


class DynamicToolCallItem(Wire):
    """A call of a tool that the client itself offers."""

    type: Literal["dynamicToolCall"] = "dynamicToolCall"
    id: str
    namespace: str | None = None
    """The group that the tool belongs to; null for none."""
    tool: str
    """The tool, by its name."""
    arguments: object
    """What it was called with."""
    status: ToolCallStatus
    """How it stands."""
    content_items: list[DynamicToolCallOutput] | None = None
    """What it answered; null while it has not."""
    success: bool | None = None
    """Whether it went well; null while that is not known."""
    duration_ms: I64 | None = None
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class CollabAgentState(Wire):
    """What a subagent last was seen doing."""

    status: CollabAgentStatus
    """What the agent was doing when it was last looked at."""
    message: str | None = None
    """What it said last, or why it failed; null for nothing."""


class CollabAgentToolCallItem(Wire):
    """A call of one of the tools that act on other threads."""

    type: Literal["collabAgentToolCall"] = "collabAgentToolCall"
    id: str
    tool: CollabAgentTool
    """Which tool it is."""
    status: CollabAgentToolCallStatus
    """How it stands."""
    sender_thread_id: str
    """The thread whose model calls it, by its id."""
    receiver_thread_ids: list[str]
    """The threads that it is about, by their ids."""
    prompt: str | None = None
    """What they are told; null for nothing."""
    model: str | None = None
    """The model of an agent that is started; null where none is."""
    reasoning_effort: ReasoningEffort | None = None
    """How long that model thinks; null where none was chosen."""
    agents_states: dict[str, CollabAgentState]
    """How they stand, by their ids."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None


class SubAgentActivityItem(Wire):
    """Something that happened to a subagent of this thread."""

    type: Literal["subAgentActivity"] = "subAgentActivity"
    model: str | None = None
    """The model of the agent; null if that is not said."""
    reasoning_effort: ReasoningEffort | None = None
    """How long its model thinks; null where none was chosen."""
    id: str
    kind: SubAgentActivityKind
    """What happened."""
    agent_thread_id: str
    """The agent, by its id."""
    agent_path: str
    """Where it stands in its team."""
    started_at_ms: I64 | None = None
    completed_at_ms: I64 | None = None
