"""The agent tools of the first family: what a model is offered, and what clients see."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from threadhost.actors.agent_arguments import SendInput, SpawnAgent, WaitAgent, asked_by
from threadhost.actors.agent_limits import BUILT_IN, AgentPolicy, Role
from threadhost.actors.function_tool import function_tool, namespace
from threadhost.actors.tools import HostTool, HostTools
from threadhost.events.agent_words import words_in
from threadhost.events.host_call import AGENTS, HostCall
from threadhost.events.thread import Thread

NAMESPACE = "multi_agent_v1"
ITEM = "collabAgentToolCall"
TOOLS: Mapping[str, str] = {
    "spawn_agent": "spawnAgent",
    "send_input": "sendInput",
    "wait_agent": "wait",
    "close_agent": "closeAgent",
    "resume_agent": "resumeAgent",
}
"""The tools, and their names for clients."""
_TEXT = {"type": "string"}
_MESSAGE = {
    "message": {**_TEXT, "description": "What to say; or give items."},
    "items": {
        "type": "array",
        "description": "What to say as parts; or give message.",
        "items": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": ["text", "image", "local_image"]},
                "text": _TEXT,
                "image_url": _TEXT,
                "path": _TEXT,
            },
            "required": ["type"],
        },
    },
}


def agent_tools(thread: Thread, agents: AgentPolicy) -> HostTools:
    """The tools by which a thread's model starts agents."""
    effort = thread.settings.effort if thread.settings else None
    item = partial(item_of, thread.id, effort)
    calls = tuple((NAMESPACE, name) for name in TOOLS)
    return {NAMESPACE: HostTool(AGENTS, _definition(roles_of(agents)), calls, item)}


def item_of(
    thread_id: str, effort: str | None, host: HostCall, call_id: str, at_ms: int
) -> dict[str, Any] | None:
    """The item that clients see of an open call; None for a call that makes no sense."""
    try:
        request = asked_by(host.name, host.arguments)
    except ValueError:
        return None
    item = open_item(thread_id, call_id, TOOLS[host.name], at_ms)
    if isinstance(request, SpawnAgent):
        item |= {"model": request.model or "", "reasoningEffort": request.effort or effort}
    else:
        to = list(request.targets) if isinstance(request, WaitAgent) else [request.target]
        item["receiverThreadIds"] = to
    if isinstance(request, (SpawnAgent, SendInput)):
        item["prompt"] = words_in(request.content)
    return item


def open_item(thread_id: str, call_id: str, tool: str, at_ms: int) -> dict[str, Any]:
    """The item that clients see of an open call, before its arguments are filled in."""
    return {
        "type": ITEM,
        "id": call_id,
        "tool": tool,
        "status": "inProgress",
        "senderThreadId": thread_id,
        "receiverThreadIds": [],
        "prompt": None,
        "model": None,
        "reasoningEffort": None,
        "agentsStates": {},
        "startedAtMs": at_ms,
        "completedAtMs": None,
    }


def roles_of(agents: AgentPolicy) -> tuple[tuple[str, str], ...]:
    """The roles that a model may choose; none if the configuration has none."""
    roles: Mapping[str, Role] = {**BUILT_IN, **agents.roles} if agents.roles else {}
    return tuple((name, role.description) for name, role in roles.items())


@cache
def _definition(roles: tuple[tuple[str, str], ...]) -> bytes:
    tools = [
        function_tool(
            "spawn_agent",
            "Start an agent that works on a task by itself, beside you. You are told when it is "
            "done; wait_agent waits for that. Close it when you need it no more: only some may be "
            "open at once." + _roles_described(roles),
            {
                **_MESSAGE,
                "model": {**_TEXT, "description": "Another model than yours."},
                "reasoning_effort": {**_TEXT, "description": "Another effort than yours."},
                "fork_context": {
                    "type": "boolean",
                    "description": "Whether it knows what was said here.",
                },
                **role_of(roles),
            },
        ),
        function_tool(
            "send_input",
            "Tell an agent more: it joins what the agent does, or sets it to work again. With "
            "interrupt what it does is ended first.",
            {"target": _TEXT, **_MESSAGE, "interrupt": {"type": "boolean"}},
            "target",
        ),
        function_tool(
            "wait_agent",
            "Wait until one of these agents is done, was interrupted or failed. Waits 30 s unless "
            "timeout_ms says else, 10 s at least and an hour at most.",
            {"targets": {"type": "array", "items": _TEXT}, "timeout_ms": {"type": "integer"}},
            "targets",
        ),
        function_tool(
            "close_agent",
            "End an agent and all open agents below it; resume_agent opens it again.",
            {"target": _TEXT},
            "target",
        ),
        function_tool("resume_agent", "Open an agent again that was closed.", {"id": _TEXT}, "id"),
    ]
    return namespace(NAMESPACE, "Agents that you start.", tools)


def role_of(roles: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    """The argument that names a role, if models may choose one."""
    return {"agent_type": {**_TEXT, "enum": [name for name, _ in roles]}} if roles else {}


def _roles_described(roles: tuple[tuple[str, str], ...]) -> str:
    if not roles:
        return ""
    return " Roles (agent_type): " + " ".join(
        f"{name}: {description}" for name, description in roles
    )
