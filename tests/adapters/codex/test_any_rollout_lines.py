"""Any lines of a rollout become events that a log can hold."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.codex.test_rollout_history import facts, past_of
from tests.support.codex_home import Record, event, item, older_turn, shown, turn
from tests.support.each import each
from tests.support.searching import tries
from threadhost.adapters.codex.lines import parsed
from threadhost.events.base import Event
from threadhost.events.fold import fold_thread
from threadhost.events.history import History
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.codec import encode

SEEDS: list[Record] = [
    *turn(1),
    *older_turn(2),
    event("thread_rolled_back", num_turns=1),
    event("turn_aborted", turn_id="turn-1", reason="interrupted"),
    event(
        "mcp_tool_call_end", call_id="m", invocation={"server": "s", "tool": "t"}, result={"Ok": {}}
    ),
    event("sub_agent_activity", kind="started", agent_thread_id="a", agent_path="/root/a"),
    event("thread_goal_updated", goal={}),
    item("turn-1", type="CommandExecution", id="c", command=["a"], status="completed"),
    item(
        "turn-1",
        type="CollabAgentToolCall",
        id="c",
        tool="spawn_agent",
        agents_states={"a": {"b": 1}},
    ),
    shown(type="function_call", name="f", call_id="m", arguments="{}"),
    shown(type="function_call_output", call_id="m", output=[{"type": "input_text", "text": "x"}]),
    {"timestamp": "", "type": "compacted", "payload": {"message": "s", "replacement_history": []}},
]
ODD: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1e300,
    "",
    "x",
    "\ud800",
    [],
    [[]],
    {},
    {"type": 5},
    [None],
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a value."""
    if not isinstance(value, dict | list):
        return [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


@st.composite
def odd_records(draw: st.DrawFn) -> bytes:
    """A record in which one member has another value, or is missing."""
    record = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    for _ in range(draw(st.integers(0, 2))):
        found = [place for place in places(record) if place]
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        parent = record
        for step in way:
            parent = parent[step]
        if draw(st.booleans()) and isinstance(parent, dict):
            del parent[last]
        else:
            parent[last] = deepcopy(draw(st.sampled_from(ODD)))
    return json.dumps(record).encode()


@pytest.mark.slices
@tries(400)
@given(records=st.lists(odd_records() | st.binary(max_size=20), max_size=12))
def test_any_lines_of_a_rollout_make_events_that_the_log_can_hold(records: list[bytes]) -> None:
    past = past_of(*(one.replace(b"\n", b" ") for one in records))
    events = past.events(4)
    encode(events)
    found = facts(events)
    state = fold_thread(found)
    assert state.turn is None
    History(found).request("openai")
    assert_in_place(events)


def assert_in_place(events: list[Event]) -> None:
    """Assert that versions named in events are those of the right events."""
    for one in events:
        if isinstance(one, ThreadReverted):
            assert getattr(events[one.from_version - 4], "turn_id", None) == one.turn_id


@each(
    ("line", "fault"),
    [
        (b'{"type":"a","payload":1e999}', "it holds a number that JSON does not have"),
        (b'{"type":"a","payload":NaN}', "it is not JSON"),
        (
            b'{"type":"a","payload":' + b"9" * 4_100 + b"}",
            "it holds a number of more than 4000 dig",
        ),
        (b'{"type":"a","payload":' + b"[" * 120 + b"]" * 120 + b"}", "it is nested more than 100 "),
        (b'{"type":"a","payload":"\\ud83d cut"}', ""),
        (b"\xff\xfe", "it is not JSON"),
        (b'{"type":7}', "it has no type"),
    ],
)
def test_a_line_that_no_event_can_hold_is_reported_as_a_fault(line: bytes, fault: str) -> None:
    assert parsed(1, line).fault[: len(fault) or None] == fault
