"""Items are sent to clients as they are recorded: the same keys, the same values."""

import json
from typing import Any

from tests.given import given
from tests.support.each import each
from threadhost.actors.agent_tools import item_of
from threadhost.actors.answers import answered, text_result
from threadhost.actors.compaction import compaction_item
from threadhost.actors.items import Begun, client_item, incomplete_item
from threadhost.actors.models import FunctionCall, Message, Reasoning
from threadhost.actors.ports import ToolResult
from threadhost.actors.server_tools import ServerTool
from threadhost.actors.tools import Toolbox
from threadhost.actors.turn import StartTurn
from threadhost.adapters.codex import items
from threadhost.adapters.jsonrpc import item_rendering
from threadhost.events.host_call import AGENTS, HostCall
from threadhost.events.thread import OpenCall, ThreadConfigured, ThreadSettings, ThreadStarted
from threadhost.events.turn import ItemRecorded

IDLE = (
    ThreadStarted(thread_id="a", session_id="a", source="x"),
    ThreadConfigured(settings=ThreadSettings(cwd="/", model="m", model_provider="p")),
)
SAID, THOUGHT = Begun("m1", "message", 1), Begun("r1", "reasoning", 1)


def _asked() -> dict[str, Any]:
    content = ({"type": "text", "text": "hi", "text_elements": []},)
    return _item(given(*IDLE).when(StartTurn("t1", "u1", content, 5)).events)


def _item(events: Any) -> dict[str, Any]:
    return next(event.item for event in events if isinstance(event, ItemRecorded))


def _called() -> OpenCall:
    call = Toolbox(client_tools=frozenset({(None, "f")})).take(
        FunctionCall("f", '{"a":[1]}'), "call-1", 5
    )
    assert isinstance(call, OpenCall)
    return call


def _server_called() -> OpenCall:
    tool = ServerTool("tiny", "hit", annotations={"readOnlyHint": True})
    box = Toolbox(of_servers={("mcp__tiny", "hit"): tool})
    call = box.take(FunctionCall("hit", '{"a":[1]}', "mcp__tiny"), "call-2", 5)
    assert isinstance(call, OpenCall)
    return call


HIT = ToolResult(
    (),
    success=True,
    whole={"content": [{"type": "text"}], "structuredContent": None, "_meta": None},
)


def _imported(**foreign: Any) -> dict[str, Any]:
    """An item that was imported from codex."""
    told = items.item_of(foreign)
    assert told is not None
    return item_rendering.item(told).model_dump(mode="json", by_alias=True)


RECORDED = {
    "an input": _asked(),
    "an answer": client_item(Message("yes"), SAID, 2),
    "a commentary": client_item(Message("", "commentary"), SAID, 2),
    "half an answer": incomplete_item(Message("ye"), SAID, 2),
    "a thought": client_item(Reasoning(("hm",), ("so",)), THOUGHT, 2),
    "half a thought": incomplete_item(Reasoning(("h",)), THOUGHT, 2),
    "a compaction": compaction_item("c1", 1, 2),
    "a call": _called().item,
    "a call of a server's tool": _server_called().item,
    "a call of a server's tool that failed": _item(
        [answered("t1", _server_called(), text_result("no", success=False), 9)]
    ),
    "a call of a server's tool that was answered": _item(
        [answered("t1", _server_called(), HIT, 9)]
    ),
    "a call that starts an agent": item_of(
        "t",
        None,
        HostCall("spawn_agent", '{"message": "look"}', "multi_agent_v1", AGENTS),
        "call-1",
        5,
    ),
    "an activity of an agent": {
        "type": "subAgentActivity",
        "id": "call-1",
        "kind": "started",
        "agentThreadId": "a",
        "agentPath": "/root/a",
        "model": "m",
        "reasoningEffort": None,
        "startedAtMs": 1,
        "completedAtMs": 1,
    },
    "a call that was answered": _item(
        [answered("t1", _called(), text_result("done", success=True), 9)]
    ),
    "a command that ran in another program": _imported(
        type="CommandExecution",
        id="c",
        command=["sh", "-c", "echo hi"],
        cwd="file:///a%20b",
        parsed_cmd=[{"type": "unknown", "cmd": "echo hi"}],
        source="unified_exec_startup",
        status="completed",
        aggregated_output="hi\n",
        exit_code=0,
        duration={"secs": 1, "nanos": 5_000_000},
    ),
    "a plan of another program": _imported(type="Plan", id="p", text="First, look."),
}


def test_there_is_an_example_of_every_type_of_item() -> None:
    assert {item["type"] for item in RECORDED.values() if item} == set(item_rendering.item_models())


@each("item", RECORDED.values(), ids=list(RECORDED))
def test_an_item_is_sent_to_clients_as_it_is_recorded(item: dict[str, Any]) -> None:
    assert item_rendering.item(item).model_dump(mode="json", by_alias=True) == item


@each("key, odd", [("success", 0), ("success", "yes"), ("durationMs", "5"), ("durationMs", True)])
def test_a_member_of_an_item_with_an_unexpected_type_is_left_out(key: str, odd: object) -> None:
    item = {**(RECORDED["a call that was answered"] or {}), key: odd}
    assert json.loads(item_rendering.rendered_item(json.dumps(item).encode()))[key] is None
