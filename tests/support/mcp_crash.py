"""A host whose model calls tools that have to be approved, and which dies at a given point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
writes how often each point was reached, and ends well; with "look" it only starts and ends.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import threadhost
from tests.protocol.talk import script
from tests.support.dying import Doomed
from tests.support.mcp import ELICITATION, SERVER, Notes, calls, table
from tests.support.store import database_of, now
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

POINTS = ("store.before_commit", "store.committed")


async def work(home: Path, point: str, times: int) -> None:
    """Have tools called, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    (home / "config.toml").write_text(table("tiny", SERVER, str(Notes(home).path)))
    async with threadhost.open(home, model="echo") as host, host.connect() as client:
        if point != "look":
            client.answer(ELICITATION, _accept)
            started = await client.call("thread/start", {"approvalPolicy": "untrusted"})
            await client.run_turn(
                started["thread"]["id"], script(calls("change"), calls("ask"), {"text": "done"})
            )
    doomed.survived()


async def _accept(params: dict[str, Any]) -> dict[str, Any]:
    content = {"colour": "blue"} if params["_meta"] is None else {}
    return {"action": "accept", "content": content}


def faults(home: Path) -> list[str]:
    """Everything that is wrong with calls and questions of a home, by its log and its server."""
    called = Counter(line for line in Notes(home).lines if line.startswith("called "))
    found = [f"{line} {times} times" for line, times in called.items() if times > 1]
    with closing(ReadOnlyLog.open(home)) as log:
        threads = database_of(log).rows("SELECT id FROM threads")
        for (thread_id,) in threads:
            facts: list[Any] = list(now(log.read_stream(f"thread-{thread_id}")))
            found += _faults(facts, called)
    return found


def _faults(facts: list[Any], called: Counter[str]) -> Iterator[str]:
    def ids(kind: str, key: str) -> Counter[str]:
        return Counter(getattr(event, key) for event in events if event.kind == kind)

    events = [fact.event for fact in facts]
    begun = ids("turn.tool_called.v1", "call_id")
    items = [e for e in events if e.kind == "turn.item_recorded.v2" and e.type == "mcpToolCall"]
    asked = ids("turn.elicitation_asked.v1", "elicitation_id")
    answered = ids("turn.elicitation_answered.v1", "elicitation_id")
    if begun != Counter(event.item_id for event in items):
        yield f"calls {begun} ended otherwise: {items}"
    if asked != answered:
        yield f"questions {asked} were answered {answered}"
    tools = {e.call_id: e.item["tool"] for e in events if e.kind == "turn.tool_called.v1"}
    answers = [e for e in events if e.kind == "turn.elicitation_answered.v1"]
    accepted = {tools[event.call_id] for event in answers if event.outcome == "accept"}
    if called["called change"] and "change" not in accepted:
        yield "a tool was called that nobody had approved"
    for tool in ("change", "ask"):
        if called[f"called {tool}"] and tool not in tools.values():
            yield f"{tool} was called before that was recorded"


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
