"""Which calls of servers' tools have to be approved, and what comes of the questions."""

from typing import Any

from tests.given import given
from tests.support.each import each
from threadhost.actors.approval import approval_request, verdict
from threadhost.actors.elicitation import AskUser, EndElicitation
from threadhost.actors.models import FunctionCall
from threadhost.actors.ports import ElicitationAnswer
from threadhost.actors.server_tools import ServerTool
from threadhost.actors.tools import Toolbox
from threadhost.actors.turn import InterruptTurn
from threadhost.events.base import Event
from threadhost.events.elicitation import APPROVALS, ElicitationAnswered, ElicitationAsked
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.tool import ToolCalled
from threadhost.events.turn import TurnStarted

CHANGE = ServerTool("tiny", "change")
LOOK = ServerTool("tiny", "look", annotations={"readOnlyHint": True})
GRANULAR = {"granular": {"sandbox_approval": True, "rules": True, "mcp_elicitations": False}}


def turn(policy: Any = "untrusted", sandbox: str = "readOnly") -> list[Event]:
    """A thread whose turn runs under these settings, with a call under way."""
    settings = ThreadSettings(
        cwd="/", model="m", model_provider="p", approval_policy=policy, sandbox={"type": sandbox}
    )
    box = Toolbox(of_servers={("mcp__tiny", "change"): CHANGE})
    call = box.take(FunctionCall("change", "{}", "mcp__tiny"), "c1", 5)
    assert not isinstance(call, str)
    return [
        ThreadStarted(thread_id="a", session_id="a", source="x"),
        ThreadConfigured(settings=settings),
        TurnStarted(turn_id="t1", started_at_ms=1),
        ToolCalled(turn_id="t1", call_id="c1", called_at_ms=5, item=call.item or {}),
    ]


def asked(elicitation_id: str = "e1") -> ElicitationAsked:
    """The user is asked."""
    return ElicitationAsked(
        turn_id="t1",
        call_id="c1",
        elicitation_id=elicitation_id,
        about="approval",
        asked_at_ms=6,
        request={},
    )


def answer(outcome: Any = "accept", **more: Any) -> ElicitationAnswered:
    """What came of it."""
    return ElicitationAnswered(
        turn_id="t1",
        call_id="c1",
        elicitation_id="e1",
        answered_at_ms=7,
        outcome=outcome,
        **more,
    )


@each(
    ("annotations", "policy", "sandbox", "expected"),
    [
        ({"readOnlyHint": True}, "never", "readOnly", "run"),
        ({"readOnlyHint": True, "destructiveHint": True}, "never", "readOnly", "refuse"),
        ({"readOnlyHint": False}, "on-request", "readOnly", "ask"),
        ({"readOnlyHint": "yes"}, "on-request", "readOnly", "ask"),
        ({}, "untrusted", "readOnly", "ask"),
        ({}, "never", "readOnly", "refuse"),
        ({}, "never", "dangerFullAccess", "run"),
        ({}, "untrusted", "dangerFullAccess", "ask"),
        ({}, GRANULAR, "readOnly", "refuse"),
        ({}, GRANULAR, "dangerFullAccess", "refuse"),
        ({}, {"granular": {"mcp_elicitations": True}}, "readOnly", "ask"),
    ],
)
def test_annotations_approval_policy_and_sandbox_decide_if_a_tool_call_runs_asks_or_is_refused(
    annotations: Any, policy: Any, sandbox: str, expected: str
) -> None:
    tool = ServerTool("tiny", "change", annotations=annotations)
    assert verdict(tool, given(*turn(policy, sandbox)).state) == expected


def test_an_allowed_tool_needs_no_approval_until_the_thread_is_activated_again() -> None:
    allowed = given(*turn(), asked(), answer(allows="tiny/change"))
    assert verdict(CHANGE, allowed.state) == "run"
    assert verdict(ServerTool("tiny", "other"), allowed.state) == "ask"
    events = [*turn(), asked(), answer(allows="tiny/change"), ThreadActivated(incarnation=2)]
    assert APPROVALS.of(given(*events).state).tools == ()


def test_a_turn_waits_for_approval_while_an_approval_request_is_open() -> None:
    waits = [given(*turn(), *more).state.turn for more in ((), (asked(),), (asked(), answer()))]
    assert [one is not None and one.waits_for_approval for one in waits] == [False, True, False]


def test_a_question_is_recorded_for_an_open_call_alone() -> None:
    command = AskUser("c1", "e1", "approval", {"a": 1}, 6)
    [event] = given(*turn()).when(command).events
    assert isinstance(event, ElicitationAsked)
    assert event.request == {"a": 1}
    given(*turn()).when(command.but(call_id="other")).then()


def test_an_answer_is_recorded_once() -> None:
    end = EndElicitation("c1", "e1", ElicitationAnswer("decline"), 7)
    [event] = given(*turn(), asked()).when(end).events
    assert isinstance(event, ElicitationAnswered)
    given(*turn(), asked(), answer()).when(end).then()
    given(*turn()).when(end).then()


def test_an_approval_answered_by_policy_is_recorded_with_its_request() -> None:
    policy = EndElicitation("c1", "e2", ElicitationAnswer("policy"), 7, request={"a": 1})
    [event] = given(*turn()).when(policy).events
    assert isinstance(event, ElicitationAnswered)
    assert (event.outcome, event.request) == ("policy", {"a": 1})


def test_a_turn_that_ends_closes_its_approval_requests_before_its_calls() -> None:
    events = given(*turn(), asked(), asked("e2")).when(InterruptTurn("t1", 9)).events
    kinds = [type(event).__name__ for event in events]
    assert kinds == [
        "InterruptRequested",
        "ElicitationAnswered",
        "ElicitationAnswered",
        "ItemRecorded",
        "TurnCompleted",
    ]


def test_an_approval_request_names_the_tool_and_its_arguments() -> None:
    request = approval_request(LOOK, {"q": 1})
    assert request["message"] == 'Allow the tiny MCP server to run tool "look"?'
    assert request["_meta"]["tool_params"] == {"q": 1}
    assert request["_meta"]["tool_annotations"] == {"readOnlyHint": True}
