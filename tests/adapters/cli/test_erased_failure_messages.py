"""The log keeps no words of a model about its failure after the thread is deleted."""

import asyncio
import json
from pathlib import Path

import threadhost
from tests.support.program import run_here

STORY = "CANARY the whole story"


async def fail_and_delete(home: Path) -> str:
    """Let a turn fail with revealing words for a code, then delete its thread."""
    fault = {"message": STORY, "code": STORY}
    async with threadhost.open(home) as host, host.connect("teller") as client:
        thread = await client.start_thread()
        end = await client.run_turn(
            thread.id, f"go\n@echo {json.dumps({'steps': [{'fail': fault}]})}"
        )
        await client.delete_thread(thread.id)
    return str(end.turn.status)


def test_no_event_of_a_deleted_thread_holds_the_reason_that_the_model_gave_for_its_failure(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    assert asyncio.run(fail_and_delete(home)) == "failed"
    shown = run_here("log", "show", "--json", "--limit", "1000", "--home", str(home))
    assert shown.returncode == 0
    ends = [event for event in map(json.loads, shown.stdout.splitlines()) if not event["erased"]]
    assert "CANARY" not in shown.stdout
    [ended] = [event["event"] for event in ends if event["type"] == "turn.completed.v1"]
    assert ended["reason"] == "other"
