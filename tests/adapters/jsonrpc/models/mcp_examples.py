"""Examples of the models of MCP servers, bare and filled in."""

from threadhost.adapters.jsonrpc.models import mcp
from threadhost.adapters.jsonrpc.models.base import Notification, Result

THREAD, TURN = "0199a3b4-5c6d-7e8f-9012-3456789abcde", "0199a3b4-5c6d-7e8f-9012-3456789abcdf"
FULL = mcp.McpServerStatus(
    name="tiny",
    runtime_status="connected",
    server_info=mcp.McpServerInfo(name="tiny", version="1"),
    server_capabilities={"tools": {}},
    tools={
        "hit": mcp.Tool(
            name="hit",
            title="Hit",
            input_schema={"type": "object"},
            annotations={"readOnlyHint": True},
        )
    },
    tools_error="not offered to models: `miss` (it has no name)",
    resources=[mcp.Resource(name="poem", uri="tiny://poem", size=3)],
    resource_templates=[mcp.ResourceTemplate(name="any", uri_template="tiny://{name}")],
    auth_status="bearerToken",
    http_origin="https://example.com",
)
BARE = mcp.McpServerStatus(
    name="tiny", tools={}, resources=[], resource_templates=[], auth_status="unsupported"
)
RESULTS: list[tuple[str, Result]] = [
    ("mcpServerStatus/list", mcp.ListMcpServerStatusResponse(data=[FULL, BARE], next_cursor="1")),
    ("mcpServer/tool/call", mcp.McpServerToolCallResponse(content=[{"type": "text", "text": "x"}])),
    ("mcpServer/resource/read", mcp.McpResourceReadResponse(contents=[{"uri": "a", "text": "b"}])),
    ("config/mcpServer/reload", mcp.McpServerRefreshResponse()),
]
NOTIFICATIONS: list[Notification] = [
    mcp.McpServerStatusUpdatedNotification(name="tiny", status="ready"),
    mcp.McpServerStatusUpdatedNotification(
        thread_id=THREAD, name="tiny", status="failed", error="it ended with exit code 3"
    ),
    mcp.McpToolCallProgressNotification(
        thread_id=THREAD, turn_id=TURN, item_id="c", message="half of it"
    ),
]
