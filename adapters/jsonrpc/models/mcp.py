"""MCP servers: how they are, what they offer, and calls of theirs that no model made."""

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
    name: str
    environment_id: str | None = None
    status: McpServerStartupState
    error: str | None = None
    failure_reason: McpServerFailureReason | None = None


class McpToolCallProgressNotification(Notification):
    """A server said how far a call has come."""

    method: ClassVar[str] = "item/mcpToolCall/progress"
    thread_id: str
    turn_id: str
    item_id: str
    message: str


class ListMcpServerStatusParams(Params):
    """Which servers, how much of each, and where the page begins."""

    cursor: str | None = None
    limit: U32 | None = None
    detail: Literal["full", "toolsAndAuthOnly"] | None = None
    thread_id: str | None = None
    server_name: str | None = None
    environment_id: str | None = None


class Tool(Wire):
    """A tool as its server describes it."""

    name: str
    title: str | None = None
    description: str | None = None
    input_schema: object
    output_schema: object = None
    annotations: object = None
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class Resource(Wire):
    """Something that a server lets be read."""

    name: str
    uri: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: I64 | None = None
    annotations: object = None
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class ResourceTemplate(Wire):
    """How the names of some resources are made."""

    name: str
    uri_template: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    annotations: object = None


class McpServerInfo(Wire):
    """What a server calls itself."""

    name: str
    version: str
    title: str | None = None
    description: str | None = None
    icons: list[object] | None = None
    website_url: str | None = None


class McpServerStatus(Wire):
    """One server of the configuration: whether it is connected, and what it offers.

    `tools_error` says why it has no tools, or which were left out.
    """

    name: str
    environment_id: str | None = None
    plugin_id: str | None = None
    runtime_status: McpServerConnectionStatus | None = None
    server_info: McpServerInfo | None = None
    server_capabilities: object = None
    tools: dict[str, Tool]
    tools_error: str | None = None
    tool_list_meta: object = None
    resources: list[Resource]
    resource_templates: list[ResourceTemplate]
    auth_status: McpAuthStatus
    http_origin: str | None = None


class ListMcpServerStatusResponse(Result):
    """One page, in the order of their names."""

    data: list[McpServerStatus]
    next_cursor: str | None = None


class McpServerToolCallParams(Params):
    """A tool that a client calls by itself, on behalf of a thread."""

    thread_id: str
    server: str
    tool: str
    arguments: dict[str, Any] | None = None
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")
    environment_id: str | None = None


class McpServerToolCallResponse(Result):
    """What the tool answered."""

    content: list[object]
    structured_content: object = None
    is_error: bool | None = None
    meta: object = Field(default=None, alias="_meta")


class McpResourceReadParams(Params):
    """A resource of a server."""

    server: str
    uri: str
    thread_id: str | None = None
    environment_id: str | None = None
    connector_id: str | None = None
    origin_call_id: str | None = None
    target: dict[str, Any] | None = None
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")


class McpResourceReadResponse(Result):
    """What it holds, each part as text or as base64."""

    contents: list[dict[str, Any]]
    origin_call_id: str | None = None


class McpServerRefreshResponse(Result):
    """The configuration was read again."""
