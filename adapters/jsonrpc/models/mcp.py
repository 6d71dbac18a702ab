"""MCP servers: their status, what they offer, and direct calls by clients."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.field_limits import ID, ITEMS, JSON, NAME, TEXT, declare
from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32

declare(
    arguments=ITEMS,
    connector_id=ID,
    meta=JSON,
    origin_call_id=ID,
    server=NAME,
    server_name=NAME,
    target=JSON,
    tool=NAME,
    uri=TEXT,
)

McpServerStartupState = Literal["starting", "ready", "failed", "cancelled"]
McpServerFailureReason = Literal["reauthenticationRequired"]
McpServerConnectionStatus = Literal[
    "notStarted",
    "starting",
    "connected",
    "authenticationRequired",
    "failed",
    "cancelled",
    "disabled",
]
McpAuthStatus = Literal["unknown", "unsupported", "notLoggedIn", "bearerToken", "oAuth"]


class McpServerStatusUpdatedNotification(Notification):
    """A server starts, is ready, or failed; with a thread, as that one began."""

    method: ClassVar[str] = "mcpServer/startupStatus/updated"
    thread_id: str | None = None
    """The thread that was just begun, by its id; null if it is about the server alone."""
    name: str
    """The server, by its name in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    status: McpServerStartupState
    """How far its start is."""
    error: str | None = None
    """Why it failed; null if it did not."""
    failure_reason: McpServerFailureReason | None = None
    """Which kind of failure it is, where clients know one; else null."""


class McpToolCallProgressNotification(Notification):
    """A server said how far a call has come."""

    method: ClassVar[str] = "item/mcpToolCall/progress"
    thread_id: str
    turn_id: str
    item_id: str
    message: str
    """What the server says of it."""


class ListMcpServerStatusParams(Params):
    """Which servers, how much of each, and where the page begins."""

    cursor: str | None = None
    limit: U32 | None = None
    """How many servers the page has at most, at least 1; all without it, or null."""
    detail: Literal["full", "toolsAndAuthOnly"] | None = None
    """`toolsAndAuthOnly` leaves out resources and their templates; without it, or null, all is
    shown."""
    thread_id: str | None = None
    """Taken and not used: all threads share the servers."""
    server_name: str | None = None
    """The one server that is wanted, by its name; null for all."""
    environment_id: str | None = None
    """Taken and not used: the servers are those of the host."""


class Tool(Wire):
    """A tool as its server describes it."""

    name: str
    """What it is called."""
    title: str | None = None
    description: str | None = None
    input_schema: object
    """The JSON Schema of its arguments."""
    output_schema: object = None
    """The JSON Schema of its structured answer; null if it says none."""
    annotations: object = None
    """What it does to the world, as MCP says it; null if it does not say."""
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class Resource(Wire):
    """Something that a server lets be read."""

    name: str
    uri: str
    """Where it is."""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: I64 | None = None
    """How large it is, in bytes; null if the server does not say."""
    annotations: object = None
    """For whom it is, as MCP says it; null if it does not say."""
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class ResourceTemplate(Wire):
    """How the names of some resources are made."""

    name: str
    uri_template: str
    """The form of their addresses."""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    annotations: object = None
    """For whom they are, as MCP says it; null if it does not say."""


class McpServerInfo(Wire):
    """What a server calls itself."""

    name: str
    version: str
    """Its version."""
    title: str | None = None
    description: str | None = None
    icons: list[object] | None = None
    website_url: str | None = None
    """Its page; null if it gives none."""


class McpServerStatus(Wire):
    """One server of the configuration: whether it is connected, and what it offers.

    `tools_error` says why it has no tools, or which were left out.
    """

    name: str
    """The server, by its name in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    plugin_id: str | None = None
    runtime_status: McpServerConnectionStatus | None = None
    """Whether it is connected; null where that is not known."""
    server_info: McpServerInfo | None = None
    """What it calls itself; null while it has not said."""
    server_capabilities: object = None
    """What it can, as MCP says it; null while it has not said."""
    tools: dict[str, Tool]
    """Its tools, by their names."""
    tools_error: str | None = None
    """Why it has no tools, or which were left out; null if neither."""
    tool_list_meta: object = None
    """Always null: nothing is said of the list itself."""
    resources: list[Resource]
    """Its resources; empty unless `detail` is `full`."""
    resource_templates: list[ResourceTemplate]
    """Forms of the addresses of its resources; empty unless `detail` is `full`."""
    auth_status: McpAuthStatus
    """How the host says who it is."""
    http_origin: str | None = None
    """Where it is reached over HTTP; null if it is a program of the host."""


class ListMcpServerStatusResponse(Result):
    """One page, in the order of their names."""

    data: list[McpServerStatus]
    """The servers, by their names."""
    next_cursor: str | None = None


class McpServerToolCallParams(Params):
    """A tool that a client calls by itself, on behalf of a thread."""

    thread_id: str
    """The thread on whose behalf it is called, by its id; nothing of it goes into that."""
    server: str
    """The server, by its name in the configuration."""
    tool: str
    """The tool, by its name."""
    arguments: dict[str, Any] | None = None
    """Its arguments, as its schema has them; null for none."""
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")
    """Taken and not used: the host says of itself who calls."""
    environment_id: str | None = None
    """Taken and not used: the servers are those of the host."""


class McpServerToolCallResponse(Result):
    """What the tool answered."""

    content: list[object]
    """What the tool answered, part by part, as MCP has it."""
    structured_content: object = None
    """The same as a JSON object; null if it gives none."""
    is_error: bool | None = None
    """Whether the tool says that it failed; null if it does not say."""
    meta: object = Field(default=None, alias="_meta")


class McpResourceReadParams(Params):
    """A resource of a server."""

    server: str
    """The server, by its name in the configuration."""
    uri: str
    """The resource, by its URI."""
    thread_id: str | None = None
    """Taken and not used: what a resource holds is the same for all threads."""
    environment_id: str | None = None
    """Taken and not used: the servers are those of the host."""
    connector_id: str | None = None
    """Taken and not used: the host has no connectors."""
    origin_call_id: str | None = None
    """Taken and not used: the host has no connectors."""
    target: dict[str, Any] | None = None
    """Taken and not used: the host has no connectors."""
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")
    """Taken and not used: the host says of itself who reads."""


class McpResourceReadResponse(Result):
    """What it holds, each part as text or as base64."""

    contents: list[dict[str, Any]]
    """What it holds, each part as text or as base64."""
    origin_call_id: str | None = None
    """Always null: the host has no connectors."""


class McpServerRefreshResponse(Result):
    """The configuration was read again."""
