"""The goal of the demo: turns that begin without a client, until the model is done."""

import asyncio
from collections.abc import Callable
from json import dumps
from typing import Any

from threadhost.adapters.cli.output import Failure
from threadhost.adapters.client.client import Client

BUDGET = 2_000
COMPLETE = {"calls": [{"name": "update_goal", "args": {"status": "complete"}}]}
STEPS = {"steps": [{"text": "A tent, and two maps."}, COMPLETE, {"text": "A lamp; that is all."}]}
OBJECTIVE = f"List what has to be packed.\n@echo {dumps(STEPS)}"
END_TIMEOUT_S = 30


async def pursue(client: Client, thread_id: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Set a goal and follow it to its end; returns its state, tokens and turns. Raises Failure."""
    notes = client.notifications("thread/goal/updated", "item/completed", "turn/completed")
    goal = {"threadId": thread_id, "objective": OBJECTIVE, "tokenBudget": BUDGET}
    await client.call("thread/goal/set", goal)
    status, turns = "", 0
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            async for note in notes:
                if note.params["threadId"] != thread_id:
                    continue
                item = note.params.get("item", {})
                if item.get("type") == "agentMessage":
                    say(f"  turn {turns + 1}: {item['text']}")
                elif note.method == "turn/completed":
                    turns += 1
                    if status == "complete":
                        break
                elif note.method == "thread/goal/updated":
                    status = note.params["goal"]["status"]
    except TimeoutError:
        raise Failure(f"the goal of {thread_id} has not ended") from None
    shown = (await client.call("thread/goal/get", {"threadId": thread_id}))["goal"]
    say(f"  the goal is {shown['status']}: {shown['tokensUsed']} tokens of {shown['tokenBudget']}")
    return {"status": shown["status"], "tokensUsed": shown["tokensUsed"], "turns": turns}
