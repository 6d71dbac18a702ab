"""Calls of the host's tools by family: what is done outside of the thread, what clients see."""

from tests.support.goals import after, begun
from threadhost.actors.answers import ABANDONED
from threadhost.actors.models import FunctionCall
from threadhost.actors.ports import ToolResult
from threadhost.actors.runtime.tool_run import asked_now
from threadhost.actors.thread import RecoverThread, decide
from threadhost.actors.tool_call import AnswerHostCall
from threadhost.actors.tools import HostTool, Toolbox, toolbox_of
from threadhost.events.causes import by_event, causes_of
from threadhost.events.fold import foresee, steps
from threadhost.events.host_call import HostCall
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.ids import thread_stream
from threadhost.events.thread import OpenCall, Thread, ThreadSettings
from threadhost.events.turn import ItemRecorded, TurnCompleted

ITEM = {"type": "exampleCall", "id": "c", "status": "inProgress", "completedAtMs": None}
TOOL = HostTool("example", b'{"name":"box"}', (("box", "look"),), lambda *_: dict(ITEM))
SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")


def called() -> Thread:
    call = HostToolCalled(
        turn_id="t",
        call_id="c",
        called_at_ms=5,
        name="look",
        arguments="{}",
        namespace="box",
        family="example",
        item=dict(ITEM),
    )
    return foresee(after(begun()), [call])


def test_a_call_in_a_namespace_of_the_host_opens_with_its_item() -> None:
    tools = toolbox_of(SETTINGS, {"box": TOOL})
    assert tools.definitions == (TOOL.definition,)
    taken = tools.take(FunctionCall("look", "{}", "box"), "c", 5)
    assert taken == OpenCall("c", 5, ITEM, host=HostCall("look", "{}", "box", "example"))
    assert tools.take(FunctionCall("look", "{}"), "c", 5) == "unsupported call: look"
    assert tools.take(FunctionCall("see", "{}", "box"), "c", 5) == "unsupported call: boxsee"


def test_a_namespace_of_a_client_replaces_that_of_the_host_with_the_same_name() -> None:
    spec = {"type": "namespace", "name": "box", "description": "", "tools": []}
    tools = toolbox_of(SETTINGS.model_copy(update={"dynamic_tools": [spec]}), {"box": TOOL})
    assert isinstance(tools, Toolbox)
    assert not tools.of_the_host
    assert TOOL.definition not in tools.definitions


def test_the_result_of_an_outside_call_completes_its_item_and_is_given_to_the_model() -> None:
    thread = called()
    assert thread.turn is not None
    result = ToolResult([{"type": "inputText", "text": "seen"}], success=True, item={"more": 1})
    events = decide(AnswerHostCall(thread.turn.calls[0], "new", 9, result), thread)
    item = {**ITEM, "status": "completed", "more": 1, "completedAtMs": 9}
    assert list(events) == [
        ItemRecorded(turn_id="t", item_id="c", type="exampleCall", item=item),
        HostToolAnswered(turn_id="t", call_id="c", output="seen"),
    ]
    then = foresee(thread, events).turn
    assert then is not None
    assert not then.calls
    by_the_call = by_event(thread_stream(thread.id), thread.version)
    assert causes_of(events, steps(thread, events)) == [by_the_call, by_the_call]


def test_a_turn_that_ends_completes_the_item_of_an_open_call_as_failed() -> None:
    events = decide(RecoverThread("host restarted", 9), called())
    items = [event.item for event in events if isinstance(event, ItemRecorded)]
    assert items == [{**ITEM, "status": "failed", "completedAtMs": 9}]


def test_calls_of_one_family_run_one_after_another_and_not_behind_other_families() -> None:
    calls = [
        OpenCall(family + str(n), 1, host=HostCall("x", "{}", family=family))
        for n in range(2)
        for family in ("a", "b")
    ]
    assert [call.call_id for call in asked_now(calls)] == ["a0", "b0"]


def test_a_result_that_ends_the_turn_closes_all_open_calls() -> None:
    """With all other calls that are open; who spends for a goal pays for the response."""
    other = HostToolCalled(turn_id="t", call_id="d", called_at_ms=5, name="x", arguments="{}")
    thread = foresee(called(), [other])
    assert thread.turn is not None
    result = ToolResult([{"type": "inputText", "text": "seen"}], success=True, ends_turn=True)
    events = decide(AnswerHostCall(thread.turn.calls[0], "new", 9, result), thread)
    assert [event.kind for event in events] == [
        ItemRecorded.kind,
        HostToolAnswered.kind,
        HostToolAnswered.kind,
        TurnCompleted.kind,
    ]
    assert [event.output for event in events if isinstance(event, HostToolAnswered)] == [
        "seen",
        ABANDONED,
    ]
    assert isinstance(events[-1], TurnCompleted)
    assert events[-1].outcome == "completed"
    assert foresee(thread, events).turn is None
