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


def of_team(name: str, **args: Any) -> dict[str, Any]:
    """A call of a tool of the second family."""
    return {"namespace": "collaboration", "name": name, "args": args}


def member(name: str, *steps: Mapping[str, object], turns: str = "none") -> dict[str, Any]:
    """A call that starts an agent of this name with a script."""
    return of_team("spawn_agent", task_name=name, message=task(*steps), fork_turns=turns)
