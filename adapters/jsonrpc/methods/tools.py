"""What a new thread's model may call: the tools of the client, and questions to the user."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import plain
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams
from threadhost.events.bounds import is_large

USER_INPUT_FEATURE = "default_mode_request_user_input"
"""The key below `features` in a thread's `config` by which a client allows questions."""


async def dynamic_tools(params: ThreadStartParams, call: Call) -> list[dict[str, Any]]:
    """The client's tools for the thread, checked. Raises RpcError or ToolRefused."""
    offered = params.dynamic_tools
    if offered is None:
        return []
    return (
        await call.app.off_loop.run(partial(_checked, offered))
        if is_large(offered)
        else _checked(offered)
    )


def _checked(offered: Sequence[Wire]) -> list[dict[str, Any]]:
    from threadhost.actors.tool_specs import check_tools

    specs = _grouped(offered)
    check_tools(specs)
    return specs


def _grouped(offered: Sequence[Wire]) -> list[dict[str, Any]]:
    """The tools, where functions that name the same namespace are one namespace."""
    from threadhost.adapters.jsonrpc.models.settings import NamespacedFunction

    specs: list[dict[str, Any]] = []
    groups: dict[str, dict[str, Any]] = {}
    for tool in offered:
        spec = plain(tool)
        if isinstance(tool, NamespacedFunction):
            group = groups.setdefault(spec["name"], spec)
            if group is not spec:
                group["tools"] += spec["tools"]
                continue
        specs.append(spec)
    return specs


def user_input(params: ThreadStartParams, call: Call) -> bool:
    """Whether the thread's model may ask the user: never for a client that takes no requests."""
    config = params.config or {}
    features = config.get("features")
    enabled = features.get(USER_INPUT_FEATURE) if isinstance(features, dict) else None
    enabled = config.get(f"features.{USER_INPUT_FEATURE}", enabled)
    if not isinstance(enabled, bool):
        enabled = call.app.settings.user_input
    return enabled and call.session.is_experimental
