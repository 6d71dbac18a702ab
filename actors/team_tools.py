"""The agent tools of the second family: what a model is offered, and what clients see."""

from functools import cache, partial
from typing import Any

from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.agent_tools import open_item, role_of, roles_of
from threadhost.actors.function_tool import function_tool, namespace
from threadhost.actors.team_arguments import WaitForTeam, asked_by
from threadhost.actors.tools import HostTool, HostTools
from threadhost.events.host_call import TEAM, HostCall
from threadhost.events.thread import Thread

TOOLS = (
    "spawn_agent",
    "send_message",
    "followup_task",
    "wait_agent",
    "interrupt_agent",
    "list_agents",
)
_TEXT = {"type": "string"}


def team_tools(thread: Thread, agents: AgentPolicy) -> HostTools:
    """The tools by which a thread's model leads its team."""
    calls = tuple((agents.namespace, name) for name in TOOLS)
    definition = _definition(agents.namespace, roles_of(agents))
    return {agents.namespace: HostTool(TEAM, definition, calls, partial(item_of, thread.id))}


def item_of(thread_id: str, host: HostCall, call_id: str, at_ms: int) -> dict[str, Any] | None:
    """The item that clients see of an open wait; other calls show an item when they are done."""
    try:
        request = asked_by(host.name, host.arguments)
    except ValueError:
        return None
    is_wait = isinstance(request, WaitForTeam)
    return open_item(thread_id, call_id, "wait", at_ms) if is_wait else None


@cache
def _definition(name: str, roles: tuple[tuple[str, str], ...]) -> bytes:
    target: dict[str, Any] = {"target": _TEXT, "message": _TEXT}
    tools = [
        function_tool(
            "spawn_agent",
            "Start an agent under a name, with a task. It works beside you; its final answer "
            "comes to you as a message. It knows what was said here unless fork_turns is none.",
            {
                "task_name": {**_TEXT, "description": "Lowercase letters, digits, underscores."},
                "message": _TEXT,
                "fork_turns": {**_TEXT, "enum": ["all", "none"]},
                "model": _TEXT,
                "reasoning_effort": _TEXT,
                **role_of(roles),
            },
            "task_name",
            "message",
        ),
        function_tool(
            "send_message", "Tell an agent something; it begins nothing.", target, *target
        ),
        function_tool("followup_task", "Give an agent a further task.", target, *target),
        function_tool(
            "wait_agent",
            "Wait until any agent says anything: 30 s unless timeout_ms says else.",
            {"timeout_ms": {"type": "integer"}},
        ),
        function_tool("interrupt_agent", "End what an agent does.", {"target": _TEXT}, "target"),
        function_tool("list_agents", "Who there is, and how they stand.", {"path_prefix": _TEXT}),
    ]
    return namespace(name, "Your team of agents.", tools)
