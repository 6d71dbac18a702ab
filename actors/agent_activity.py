"""What clients see of the agents of a team: items of the thread whose model leads them."""

from typing import Any, Literal

from threadhost.events.tool import ACTIVITY_ITEM

Activity = Literal["started", "interacted", "interrupted", "completed"]


def activity(
    item_id: str, kind: Activity, agent_id: str, path: str, at_ms: int, model: str | None = None
) -> dict[str, Any]:
    """The item of one action on an agent, or of its completion; `model` is the agent's model."""
    return {
        "type": ACTIVITY_ITEM,
        "model": model,
        "reasoningEffort": None,
        "id": item_id,
        "kind": kind,
        "agentThreadId": agent_id,
        "agentPath": path,
        "startedAtMs": at_ms,
        "completedAtMs": at_ms,
    }
