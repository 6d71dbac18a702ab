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
    """A server is starting, ready, or failed; with a thread, at the start of that thread."""

    method: ClassVar[str] = "mcpServer/startupStatus/updated"
    thread_id: str | None = None
    """The id of the thread that was just started; null if the notification is about the server
    alone."""
    name: str
    """The name of the server in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    status: McpServerStartupState
    """The state of its start."""
    error: str | None = None
    """The reason of its failure; null if it did not fail."""
    failure_reason: McpServerFailureReason | None = None
    """The kind of the failure, if clients know it; else null."""


class McpToolCallProgressNotification(Notification):
    """A server reported the progress of a call."""

    method: ClassVar[str] = "item/mcpToolCall/progress"
    thread_id: str
    turn_id: str
    item_id: str
    message: str
    """The message of the server."""


class ListMcpServerStatusParams(Params):
    """The servers to list, the detail of each, and the start of the page."""

    cursor: str | None = None
    limit: U32 | None = None
    """The largest number of servers of the page, at least 1; no limit if absent or null."""
    detail: Literal["full", "toolsAndAuthOnly"] | None = None
    """`toolsAndAuthOnly` leaves out resources and their templates; absent or null for
    everything."""
    thread_id: str | None = None
    """Ignored: all threads share the servers."""
    server_name: str | None = None
    """The name of the only server to return; null for all."""
    environment_id: str | None = None
    """Ignored: the servers are those of the host."""


class Tool(Wire):
    """A tool as its server describes it."""

    name: str
    """Its name."""
    title: str | None = None
    description: str | None = None
    input_schema: object
    """The JSON Schema of its arguments."""
    output_schema: object = None
    """The JSON Schema of its structured answer; null for none."""
    annotations: object = None
    """Its MCP annotations, which describe its effects; null for none."""
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class Resource(Wire):
    """A resource that a server offers for reading."""

    name: str
    uri: str
    """Its location."""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: I64 | None = None
    """Its size in bytes; null if the server does not say."""
    annotations: object = None
    """Its audience in MCP's form; null for none."""
    icons: list[object] | None = None
    meta: object = Field(default=None, alias="_meta")


class ResourceTemplate(Wire):
    """A template of the URIs of resources."""

    name: str
    uri_template: str
    """The form of their addresses."""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    annotations: object = None
    """Their audience in MCP's form; null for none."""


class McpServerInfo(Wire):
    """The name that a server gives itself."""

    name: str
    version: str
    """Its version."""
    title: str | None = None
    description: str | None = None
    icons: list[object] | None = None
    website_url: str | None = None
    """Its web page; null if it gives none."""


class McpServerStatus(Wire):
    """One server of the configuration: whether it is connected, and what it offers.

    `tools_error` says why it has no tools, or which were left out.
    """

    name: str
    """The name of the server in the configuration."""
    environment_id: str | None = None
    """Always null: the servers are those of the host."""
    plugin_id: str | None = None
    runtime_status: McpServerConnectionStatus | None = None
    """Whether it is connected; null if that is not known."""
    server_info: McpServerInfo | None = None
    """The name that it gives itself; null before it has sent one."""
    server_capabilities: object = None
    """Its MCP capabilities; null before it has sent them."""
    tools: dict[str, Tool]
    """Its tools, by their names."""
    tools_error: str | None = None
    """Why it has no tools, or which tools were left out; null for neither."""
    tool_list_meta: object = None
    """Always null: the list has no metadata."""
    resources: list[Resource]
    """Its resources; empty unless `detail` is `full`."""
    resource_templates: list[ResourceTemplate]
    """Forms of the addresses of its resources; empty unless `detail` is `full`."""
    auth_status: McpAuthStatus
    """How the host authenticates itself."""
    http_origin: str | None = None
    """Its HTTP address; null if it is a program that the host runs."""


class ListMcpServerStatusResponse(Result):
    """One page, in the order of their names."""

    data: list[McpServerStatus]
    """The servers, in the order of their names."""
    next_cursor: str | None = None


class McpServerToolCallParams(Params):
    """A tool that a client calls by itself, on behalf of a thread."""

    thread_id: str
    """The id of the thread for which the tool is called; its history does not get the call."""
    server: str
    """The name of the server in the configuration."""
    tool: str
    """The name of the tool."""
    arguments: dict[str, Any] | None = None
    """Its arguments, which must match its schema; null for none."""
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")
    """Ignored: the host itself names the caller."""
    environment_id: str | None = None
    """Ignored: the servers are those of the host."""


class McpServerToolCallResponse(Result):
    """What the tool answered."""

    content: list[object]
    """The parts of the tool's answer, in MCP's form."""
    structured_content: object = None
    """The same as a JSON object; null if it gives none."""
    is_error: bool | None = None
    """Whether the tool reports a failure; null if it does not say."""
    meta: object = Field(default=None, alias="_meta")


class McpResourceReadParams(Params):
    """A resource of a server."""

    server: str
    """The name of the server in the configuration."""
    uri: str
    """The URI of the resource."""
    thread_id: str | None = None
    """Ignored: what a resource holds is the same for all threads."""
    environment_id: str | None = None
    """Ignored: the servers are those of the host."""
    connector_id: str | None = None
    """Ignored: the host has no connectors."""
    origin_call_id: str | None = None
    """Ignored: the host has no connectors."""
    target: dict[str, Any] | None = None
    """Ignored: the host has no connectors."""
    meta: dict[str, Any] | None = Field(default=None, alias="_meta")
    """Ignored: the host itself names the reader."""


class McpResourceReadResponse(Result):
    """Its contents, each part as text or as base64."""

    contents: list[dict[str, Any]]
    """Its contents, each part as text or as base64."""
    origin_call_id: str | None = None
    """Always null: the host has no connectors."""


class McpServerRefreshResponse(Result):
    """The configuration was read again."""
