"""Which tool calls need an approval, and how the host asks the user for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from threadhost.actors.arguments import arguments_of
from threadhost.actors.errors import ApprovalNeeded
from threadhost.actors.ports import ToolCall
from threadhost.actors.server_tools import Owner, ServerTool
from threadhost.events.elicitation import APPROVALS
from threadhost.events.settings import ThreadSettings
from threadhost.events.thread import Thread

Verdict = Literal["run", "ask", "refuse"]
NEVER = "never"
REFUSED = "{} requires approval, but approval policy is never"
DECLINED = "user rejected {}"
NOT_APPROVED: Mapping[str, str] = MappingProxyType(
    {
        "decline": DECLINED,
        "cancel": "user cancelled {}",
        "timedOut": "{} was not approved in time",
        "unreached": "{} requires approval, and no client gave it",
    }
)
"""What the model reads in place of a result, by the outcome of the question."""
_CALLS: Mapping[Owner, str] = MappingProxyType(
    {"server": "MCP tool call", "client": "tool call", "host": "one more agent"}
)
"""What the user approves, by the owner of the tool."""
CLIENT = "client"
"""The server name of a client's tool that has no namespace."""


def verdict(tool: ServerTool, thread: Thread) -> Verdict:
    """Whether a call may be made, by the settings that its turn began with."""
    if tool.is_harmless or tool.key in APPROVALS.of(thread).tools:
        return "run"
    settings = thread.turn.settings if thread.turn else thread.settings
    if may_ask(settings):
        return "ask"
    return "run" if _may_all(settings) else "refuse"


def may_ask(settings: ThreadSettings | None) -> bool:
    """Whether the host may ask the user anything on behalf of a call."""
    policy: object = settings.approval_policy if settings else NEVER
    if isinstance(policy, dict):
        rules = policy.get("granular")
        return isinstance(rules, dict) and rules.get("mcp_elicitations") is True
    return policy != NEVER


def _may_all(settings: ThreadSettings | None) -> bool:
    """Whether the settings forbid questions and allow every call without one."""
    is_never = settings is not None and settings.approval_policy == NEVER
    return is_never and settings is not None and settings.sandbox.get("type") == "dangerFullAccess"


def refusal(tool: ServerTool, outcome: str | None = None) -> str:
    """What the model reads when a call is not made: refused by policy, or by the user's answer."""
    words = REFUSED if outcome is None else NOT_APPROVED.get(outcome, DECLINED)
    text = words.format(_CALLS[tool.owner])
    return f"{text} ({tool.description}; close one first)" if tool.owner == "host" else text


def approval_request(tool: ServerTool, arguments: object) -> dict[str, Any]:
    """The question to clients before a tool is called, in the protocol's form."""
    return {
        "serverName": tool.server or CLIENT,
        "mode": "form",
        "_meta": {
            "codex_approval_kind": "mcp_tool_call",
            "persist": ["session"],
            "tool_name": tool.name,
            "tool_annotations": dict(tool.annotations) or None,
            "tool_description": tool.description,
            "tool_params": arguments_of(arguments) if isinstance(arguments, str) else arguments,
            "tool_params_display": [],
        },
        "message": _question(tool),
        "requestedSchema": {"type": "object", "properties": {}},
    }


def _question(tool: ServerTool) -> str:
    if tool.owner == "host":
        return f"Allow {_CALLS['host']} ({tool.description})?"
    owner = f"the {tool.server} MCP server"
    if tool.owner == "client":
        owner = f"the client's {tool.server}" if tool.server else "the client"
    return f'Allow {owner} to run tool "{tool.name}"?'


def tool_of_host(call: ToolCall, needed: ApprovalNeeded) -> ServerTool:
    """A tool of the host whose call needs an approval, with the reason."""
    server, hints = call.namespace or "", {"readOnlyHint": False}
    return ServerTool(server, call.tool, str(needed), hints, owner="host")
