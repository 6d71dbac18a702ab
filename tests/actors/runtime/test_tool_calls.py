"""Calls of clients' tools on a live thread: asked, answered, taken back, and never left open."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from tests.support.hosts import (
    ORIGIN,
    POLICY,
    PuppetModel,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.tools import OFFERING, QUESTION, PuppetTools, unanswered
from tests.support.turns import digest_of, first_turn_end, history, items
from threadhost.actors.answers import text_result
from threadhost.actors.goal_tools import GOAL_TOOLS
from threadhost.actors.host import HostPolicy
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.models import FunctionCall, ModelEvent, OutputDone, OutputStarted
from threadhost.actors.ports import ToolCall
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.actors.runtime.tool_run import Answered, ToolRun
from threadhost.actors.turn import InterruptTurn
from threadhost.events.store.errors import StoreOverloaded
from threadhost.events.thread import OpenCall, ThreadDeleted
from threadhost.events.turn import ModelRequested


@pytest.fixture
def tools() -> PuppetTools:
    return PuppetTools()


@pytest.fixture
async def rig(tools: PuppetTools) -> AsyncIterator[Rig]:
    async with open_rig(tools=tools) as rig:
        yield rig


def call(
    name: str, number: int = 0, arguments: str = '{"q": "x"}', namespace: str | None = None
) -> list[ModelEvent]:
    """A call of a tool with an argument."""
    made = FunctionCall(name, arguments, namespace)
    return [OutputStarted(number, "call"), OutputDone(number, made)]


def question(number: int = 0) -> list[ModelEvent]:
    """A call of the host's own tool."""
    return call("request_user_input", number, json.dumps({"questions": [QUESTION]}))


async def begin(rig: Rig, *said: ModelEvent) -> str:
    """A turn whose model said this and ended its response."""
    thread_id = await rig.start(settings=OFFERING)
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*said).end()
    return thread_id


def tool_items(rig: Rig, thread_id: str) -> list[dict[str, Any]]:
    return items(rig, thread_id, "dynamicToolCall")


async def test_the_model_is_offered_the_client_tools_and_the_digest_covers_them(rig: Rig) -> None:
    thread_id = await rig.start(settings=OFFERING)
    await rig.turn(thread_id)
    request = (await rig.model.asked()).request
    *own, look, box = (from_json(tool) for tool in request.tools)
    assert [tool["name"] for tool in own] == ["request_user_input", *GOAL_TOOLS, "multi_agent_v1"]
    assert look == {
        "type": "function",
        "name": "look",
        "description": "does look",
        "strict": False,
        "parameters": {"type": "object", "properties": {"q": {"type": "string"}}},
    }
    assert (box["type"], box["name"], box["tools"][0]["name"]) == ("namespace", "box", "open")
    (recorded,) = [e for e in rig.events(thread_id) if isinstance(e, ModelRequested)]
    assert recorded.digest == digest_of(request)


async def test_a_call_is_recorded_before_the_client_is_asked(rig: Rig, tools: PuppetTools) -> None:
    thread_id = await begin(rig, *call("look"))
    asked = await tools.asked()
    state = rig.host.threads.loaded(thread_id)
    assert state is not None
    assert state.turn is not None
    (open_call,) = state.turn.calls
    place = thread_id, state.turn.id, open_call.call_id
    assert asked.call == ToolCall(*place, ORIGIN, "look", None, {"q": "x"})
    assert rig.kinds(thread_id)[-4:] == [
        "turn.output_recorded",
        "turn.tool_called",
        "turn.usage_recorded",
        "turn.model_responded",
    ]


async def test_the_answer_of_a_client_tool_is_sent_to_the_model(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *call("open", namespace="box"))
    asked = await tools.asked()
    assert (asked.call.namespace, asked.call.tool) == ("box", "open")
    asked.answer("it is empty")
    again = await rig.model.asked()
    assert from_json(again.request.history[-1]) == {
        "type": "function_call_output",
        "call_id": asked.call.call_id,
        "output": "it is empty",
    }
    (item,) = tool_items(rig, thread_id)
    assert (item["status"], item["success"]) == ("completed", True)
    assert item["durationMs"] == item["completedAtMs"] - item["startedAtMs"]
    again.say(*message("done")).end()
    assert (await first_turn_end(rig, thread_id)).outcome == "completed"


async def test_several_calls_run_together_and_the_model_is_asked_once(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *call("look", 0), *call("look", 1), *call("rm", 2))
    first, second = await tools.asked(), await tools.asked()
    second.answer("two")
    await eventually(lambda: len(tool_items(rig, thread_id)) == 1)
    assert len(rig.model.calls) == 1
    first.answer("one")
    again = await rig.model.asked()
    await settle()
    assert (len(rig.model.calls), len(tools.calls)) == (2, 2)
    assert unanswered(again.request.history) == {}
    kinds = [from_json(line)["type"] for line in again.request.history]
    assert kinds == ["message", *["function_call"] * 3, *["function_call_output"] * 3]


async def test_an_interrupt_cancels_open_calls_and_answers_them(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *call("look"), *question(1))
    asked, other = await tools.asked(), await tools.asked()
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    await within(asked.cancelled.wait())
    await within(other.cancelled.wait())
    assert (await first_turn_end(rig, thread_id)).outcome == "interrupted"
    (item,) = tool_items(rig, thread_id)
    assert (item["status"], item["success"]) == ("failed", False)
    assert unanswered(history(rig, thread_id)) == {}
    assert rig.host.threads.status(thread_id) == "idle"


async def test_an_answer_that_arrives_in_the_next_turn_is_ignored(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *call("look"))
    asked = await tools.asked()
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    await rig.turn(thread_id, "next")
    await rig.model.asked()
    before, actor = rig.kinds(thread_id), rig.host.live.get(thread_id)
    assert actor is not None
    late = ToolRun(OpenCall(asked.call.call_id, 1, item={}))
    answer = Answered(late, text_result("late", success=True))
    await within(actor.actor_ref.ask(answer, block=False))
    await settle()
    assert (rig.kinds(thread_id), len(rig.model.calls)) == (before, 2)


async def test_calls_that_were_not_yet_made_when_the_turn_was_interrupted_are_answered(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await rig.start(settings=OFFERING)
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*call("look"))
    await settle()
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    await first_turn_end(rig, thread_id)
    assert tools.calls == []
    assert [item["status"] for item in tool_items(rig, thread_id)] == ["failed"]
    assert unanswered(history(rig, thread_id)) == {}


async def test_calls_of_a_response_that_fails_are_answered(rig: Rig, tools: PuppetTools) -> None:
    thread_id = await rig.start(settings=OFFERING)
    await rig.turn(thread_id)
    (await rig.model.asked()).say(*call("look"), *message("and", 1)).break_off()
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    assert tools.calls == []
    assert unanswered(history(rig, thread_id)) == {}


async def test_input_during_a_call_follows_the_answer_in_the_history(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *call("look"))
    asked = await tools.asked()
    await rig.turn(thread_id, "also")
    assert len(rig.model.calls) == 1
    asked.answer("seen")
    again = await rig.model.asked()
    kinds = [from_json(line)["type"] for line in again.request.history]
    assert kinds == ["message", "function_call", "function_call_output", "message"]
    assert list(again.request.history) == history(rig, thread_id)


async def test_the_thread_waits_for_the_user_while_a_question_is_open(
    rig: Rig, tools: PuppetTools
) -> None:
    thread_id = await begin(rig, *question())
    asked = await tools.asked()
    assert asked.call.questions == [
        {**QUESTION, "isOther": True, "isSecret": False, "options": None}
    ]
    assert rig.host.threads.status(thread_id) == "waitingOnUserInput"
    asked.answer('{"answers":{}}')
    again = await rig.model.asked()
    assert rig.host.threads.status(thread_id) == "active"
    assert from_json(again.request.history[-1])["output"] == '{"answers":{}}'
    assert tool_items(rig, thread_id) == []


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("said", "output"),
    [
        (call("look", arguments="{"), "the arguments of the call are not JSON"),
        (call("look", namespace="box"), "unsupported call: boxlook"),
        (call("open"), "unsupported call: open"),
        (
            call("request_user_input", arguments="{}"),
            "`questions` must be a list of 1 to 8 questions",
        ),
        (
            call("request_user_input", arguments='{"questions": [{"id": "a"}]}'),
            "each question must have `id`, `header` and `question`, and options a `label`",
        ),
        (
            call("request_user_input", arguments=json.dumps({"questions": [QUESTION, QUESTION]})),
            "each question must have an `id` of its own",
        ),
    ],
)
async def test_an_invalid_call_is_answered_without_asking_a_client(
    rig: Rig, tools: PuppetTools, said: list[ModelEvent], output: str
) -> None:
    await begin(rig, *said)
    again = await rig.model.asked()
    assert from_json(again.request.history[-1])["output"] == output
    assert tools.calls == []


async def test_a_tool_that_does_not_answer_in_time_failed(tools: PuppetTools) -> None:
    behaviour = HostPolicy(threads=ThreadPolicy(tool_timeout_ms=20))
    async with open_rig(behaviour=behaviour, tools=tools) as rig:
        thread_id = await begin(rig, *call("look"))
        again = await rig.model.asked()
        output = from_json(again.request.history[-1])["output"]
        assert output == "the call was not answered within 0.02 s"
        assert tools.calls[0].cancelled.is_set()
        assert [item["success"] for item in tool_items(rig, thread_id)] == [False]


async def test_without_a_limit_a_tool_call_never_times_out(tools: PuppetTools) -> None:
    behaviour = HostPolicy(threads=ThreadPolicy(tool_timeout_ms=0))
    async with open_rig(behaviour=behaviour, tools=tools) as rig:
        await begin(rig, *call("look"))
        asked = await tools.asked()
        await settle(50)
        asked.answer("seen")
        again = await rig.model.asked()
        assert from_json(again.request.history[-1])["output"] == "seen"


@pytest.mark.parametrize("error", [RuntimeError("secret"), SystemExit(3)])
async def test_a_tool_that_raises_fails_its_call_and_the_turn_goes_on(
    rig: Rig, tools: PuppetTools, error: BaseException
) -> None:
    await begin(rig, *call("look"))
    (await tools.asked()).result.set_exception(error)
    again = await rig.model.asked()
    output = from_json(again.request.history[-1])["output"]
    assert output == f"the tool call failed: {type(error).__name__}"


async def test_a_host_without_clients_ends_a_turn_that_only_calls_tools() -> None:
    async with open_rig() as rig:
        thread_id = await rig.start(settings=OFFERING)
        await rig.turn(thread_id)
        for _ in range(65):
            (await rig.model.asked()).say(*call("look")).end()
        assert (await first_turn_end(rig, thread_id)).outcome == "failed"
        assert unanswered(history(rig, thread_id)) == {}


@pytest.mark.slices
async def test_tools_that_answer_may_be_called_for_ever(rig: Rig, tools: PuppetTools) -> None:
    await begin(rig, *call("look"))
    for _ in range(70):
        (await tools.asked()).answer("no", success=False)
        (await rig.model.asked()).say(*call("look")).end()


async def test_an_answer_waits_for_an_overloaded_store(
    rig: Rig, tools: PuppetTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id = await begin(rig, *call("look"))
    asked = await tools.asked()
    log, append, errors = rig.logs.durable, rig.logs.durable.append, [StoreOverloaded()] * 3

    async def refusing(*args: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return await append(*args, **named)

    monkeypatch.setattr(log, "append", refusing)
    asked.answer("at last")
    again = await rig.model.asked()
    assert from_json(again.request.history[-1])["output"] == "at last"
    assert (len(tool_items(rig, thread_id)), errors) == (1, [])


async def test_calls_of_a_thread_that_fails_are_cancelled_and_answered(
    rig: Rig, tools: PuppetTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await begin(rig, *call("look", 0), *call("look", 1))
    first, second = await tools.asked(), await tools.asked()

    async def bug(_message: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(rig.host.live.get(thread_id), "_receive_from_child", bug)
    first.answer("seen")
    assert (await first_turn_end(rig, thread_id)).outcome == "failed"
    await within(second.cancelled.wait())
    assert unanswered(history(rig, thread_id)) == {}
    assert [item["status"] for item in tool_items(rig, thread_id)] == ["failed", "failed"]


async def test_a_deletion_cancels_open_calls(rig: Rig, tools: PuppetTools) -> None:
    thread_id = await begin(rig, *call("look"))
    asked = await tools.asked()
    await within(rig.host.trees.delete(thread_id, ORIGIN))
    assert asked.cancelled.is_set()
    assert rig.published_events(ThreadDeleted.kind) != []


async def test_a_crash_in_the_middle_of_a_call_leaves_it_answered(tmp_path: Path) -> None:
    tools = PuppetTools()
    crashed = Rig(tmp_path, PuppetModel(), POLICY, tools)
    thread_id = await begin(crashed, *call("look"), *question(1))
    await tools.asked()
    await crashed.close_logs()
    for asked in tools.calls:
        asked.result.cancel()
    await settle()
    async with open_rig(tmp_path) as rig:
        await rig.host.life.resume(Unfinished(turns=[thread_id]), "test")
        (item,) = tool_items(rig, thread_id)
        assert (item["status"], item["success"]) == ("failed", False)
        assert unanswered(history(rig, thread_id)) == {}
        await rig.turn(thread_id, "again")
        request = (await rig.model.asked()).request
        assert unanswered(request.history) == {}
        assert len(request.tools) == 4 + len(GOAL_TOOLS)
