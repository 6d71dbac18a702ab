"""Scripts for models that start agents."""

import json
from collections.abc import Mapping
from typing import Any

V1 = "multi_agent_v1"


def call(name: str, **args: Any) -> dict[str, Any]:
    """A call of a tool of the first family."""
    return {"namespace": V1, "name": name, "args": args}


def calls(*made: Mapping[str, Any]) -> dict[str, object]:
    """A step that makes these calls."""
    return {"calls": list(made)}


def task(*steps: Mapping[str, object], say: str = "a task") -> str:
    """What an agent is to do: a script of its own."""
    return f"{say}\n@@mock {json.dumps({'steps': steps})}"


def spawn(*steps: Mapping[str, object], say: str = "a task", **args: Any) -> dict[str, Any]:
    """A call that starts an agent with a script."""
    return call("spawn_agent", message=task(*steps, say=say), **args)
