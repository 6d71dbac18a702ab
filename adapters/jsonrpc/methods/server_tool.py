"""`mcpServer*` and `config/mcpServer/reload`: direct use of MCP servers by clients."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from threadhost.actors.ports import ElicitationAnswer, ToolCall
from threadhost.adapters.configuration.mcp_servers import origin_of
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INTERNAL, refusal
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import canonical
from threadhost.adapters.jsonrpc.methods.config import not_read_again
from threadhost.adapters.jsonrpc.methods.paging import page
from threadhost.adapters.jsonrpc.models.mcp import (
    ListMcpServerStatusParams,
    ListMcpServerStatusResponse,
    McpAuthStatus,
    McpResourceReadParams,
    McpResourceReadResponse,
    McpServerInfo,
    McpServerRefreshResponse,
    McpServerStatus,
    McpServerToolCallParams,
    McpServerToolCallResponse,
    Resource,
    ResourceTemplate,
    Tool,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.mcp.failures import CallFailed
from threadhost.adapters.mcp.server import Server
from threadhost.adapters.mcp.server_config import Address

if TYPE_CHECKING:
    from threadhost.adapters.mcp.servers import McpServers

NOT_CONFIGURED = (
    "this host has no MCP servers; add a table `[mcp_servers.NAME]` to its configuration file"
)


@method("mcpServerStatus/list", ListMcpServerStatusParams, reads=True, large=SMALLER_PAGES)
async def list_servers(
    params: ListMcpServerStatusParams, call: Call
) -> ListMcpServerStatusResponse:
    """List the configured MCP servers, whether they are connected, and what they offer."""
    servers = call.app.servers.own
    listed = servers.servers if servers is not None else []
    if params.server_name is not None:
        listed = [server for server in listed if server.config.name == params.server_name]
    of_page, cursor = page(listed, params.cursor, params.limit)
    is_full = params.detail != "toolsAndAuthOnly"
    shown = await asyncio.gather(*(_status(server, is_full=is_full) for server in of_page))
    return ListMcpServerStatusResponse(data=shown, next_cursor=cursor)


@method("mcpServer/tool/call", McpServerToolCallParams, large="ask the tool for less")
async def call_tool(params: McpServerToolCallParams, call: Call) -> McpServerToolCallResponse:
    """Call a tool for the client, without an approval; the thread's history omits the call."""
    thread_id = canonical(params.thread_id)
    await call.app.reading.known(thread_id)
    server = _server(params.server, call)
    await server.settled.wait()
    arguments = {} if params.arguments is None else params.arguments
    tool_call = ToolCall(thread_id, "", "", call.origin, params.tool, arguments=arguments)
    try:
        result = await server.call(tool_call, _cancel_question, lambda _: None)
    except CallFailed as failed:
        _refuse(failed)
    if result.whole is None:
        _refuse(CallFailed("\n".join(part.get("text", "") for part in result.content)))
    return McpServerToolCallResponse.from_wire({**result.whole, "isError": not result.success})


@method(
    "mcpServer/resource/read", McpResourceReadParams, reads=True, large="read a smaller resource"
)
async def read_resource(params: McpResourceReadParams, call: Call) -> McpResourceReadResponse:
    """Return the contents of a resource of an MCP server."""
    server = _server(params.server, call)
    await server.settled.wait()
    try:
        resource = await server.read(params.uri)
    except CallFailed as failed:
        _refuse(failed)
    contents = resource.get("contents")
    if not isinstance(contents, list) or not all(isinstance(content, dict) for content in contents):
        _refuse(CallFailed("the MCP server's answer cannot be used: it has no `contents`"))
    return McpResourceReadResponse(contents=contents)


@method("config/mcpServer/reload")
async def reload_servers(_params: None, call: Call) -> McpServerRefreshResponse:
    """Read the MCP servers in the configuration file again; unchanged ones stay connected."""
    from threadhost.adapters.reloading import reload_servers

    try:
        await reload_servers(call.app)
    except ValueError as error:
        raise not_read_again(error) from None
    return McpServerRefreshResponse()


def _server(name: str, call: Call) -> Server:
    servers: McpServers | None = call.app.servers.own
    if servers is None:
        raise refusal("mcpServerNotFound", NOT_CONFIGURED)
    try:
        return servers.get(name)
    except CallFailed as failed:
        raise refusal("mcpServerNotFound", str(failed)) from None


def _refuse(failed: CallFailed) -> NoReturn:
    raise refusal("mcpCallFailed", str(failed), code=INTERNAL) from None


async def _cancel_question(_request: dict[str, Any]) -> ElicitationAnswer:
    """Cancel a server's question: it would need a turn, and a client's call has none."""
    return ElicitationAnswer("cancel")


async def _status(server: Server, *, is_full: bool) -> McpServerStatus:
    status, launch = server.known, server.config.launch
    resources: list[dict[str, Any]] = []
    templates: list[dict[str, Any]] = []
    if is_full and status.state == "connected":
        with suppress(CallFailed):  # a server that was just lost is shown without them
            resources, templates = await server.resources()
    auth: McpAuthStatus = "unsupported"
    if status.state == "authenticationRequired":
        auth = "notLoggedIn"
    elif isinstance(launch, Address):
        auth = "bearerToken" if launch.has_token else "unknown"
    return McpServerStatus(
        name=server.config.name,
        runtime_status=status.state,
        server_info=_readable(McpServerInfo, status.info),
        server_capabilities=dict(status.capabilities) if status.capabilities else None,
        tools={name: Tool.from_wire(tool) for name, tool in status.offered.listed.items()},
        tools_error=status.error or status.offered.left_out or None,
        resources=[shown for resource in resources if (shown := _readable(Resource, resource))],
        resource_templates=[
            shown for template in templates if (shown := _readable(ResourceTemplate, template))
        ],
        auth_status=auth,
        http_origin=origin_of(launch.url) if isinstance(launch, Address) else None,
    )


def _readable(model: Any, value: Any) -> Any:  # noqa: ANN401
    """A server's value as this model; None if there is none, or clients could not read it."""
    try:
        return model.from_wire(dict(value)) if value is not None else None
    except (ValidationError, TypeError, ValueError):
        return None
