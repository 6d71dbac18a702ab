"""The lines of a rollout file that events become."""

import json
from typing import Any

from tests.support.rollouts import AT_MS, THREAD_ID, born, facts, turn
from threadhost.adapters.rollouts.lines import Context, render_lines
from threadhost.events.base import Damaged, Erased, Event, Gap
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.goal import GoalObjectiveSet, GoalSet
from threadhost.events.revert import ThreadReverted
from threadhost.events.thread import ThreadStarted
from threadhost.events.turn import OutputRecorded, TurnCompleted


def lines(*events: Event) -> list[dict[str, Any]]:
    """The lines of a new file about a thread with these events."""
    told = render_lines(Context(), facts([*born(), *events]), is_new=True)[1]
    return [json.loads(line) for line in told.splitlines()]


def kinds(*events: Event) -> list[tuple[str, str | None]]:
    """The types of the lines of a new file about a thread with these events."""
    return [(line["type"], line["payload"].get("type")) for line in lines(*events)]


def test_a_turn_becomes_the_lines_that_codex_writes() -> None:
    assert kinds(*turn(1)) == [
        ("session_meta", None),
        ("event_msg", "task_started"),
        ("turn_context", None),
        ("event_msg", "user_message"),
        ("response_item", "message"),
        ("event_msg", "agent_message"),
        ("response_item", "message"),
        ("event_msg", "token_count"),
        ("event_msg", "task_complete"),
    ]


def test_a_rollout_file_begins_with_the_facts_of_its_thread() -> None:
    first = lines(*turn(1))[0]["payload"]
    assert (first["id"], first["session_id"], first["cwd"]) == (THREAD_ID, THREAD_ID, "/work")
    assert (first["source"], first["history_mode"]) == ("vscode", "legacy")
    assert first["timestamp"] == "2026-09-21T14:13:20.001Z"


def test_a_thread_without_a_turn_has_no_lines() -> None:
    assert lines() == []


def test_a_child_names_the_thread_that_spawned_it() -> None:
    started = ThreadStarted(
        thread_id=THREAD_ID, session_id="root", parent_id="above", depth=2, source="vscode"
    )
    told = render_lines(Context(), facts([started, born()[1], *turn(1)]), is_new=True)[1]
    meta = json.loads(told.splitlines()[0])["payload"]
    assert (meta["session_id"], meta["parent_thread_id"]) == ("root", "above")
    spawned = meta["source"]["subagent"]["thread_spawn"]
    assert (spawned["parent_thread_id"], spawned["depth"]) == ("above", 2)


def test_the_last_line_of_a_turn_has_its_outcome_and_its_last_message() -> None:
    done = lines(*turn(1, answered="well"))[-1]["payload"]
    assert (done["last_agent_message"], done["duration_ms"]) == ("well", 5)
    ended = TurnCompleted(
        turn_id="t", outcome="interrupted", started_at_ms=AT_MS, completed_at_ms=AT_MS
    )
    assert kinds(*turn(1)[:2], ended)[-1] == ("event_msg", "turn_aborted")


def test_the_output_of_a_model_is_written_unchanged() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}
    told = lines(*turn(1)[:2], OutputRecorded(turn_id="t", output=call))[-1]
    assert told["type"] == "response_item"
    assert told["payload"].items() >= call.items()


def test_reverted_turns_become_a_rollback_with_their_number() -> None:
    back = ThreadReverted(turn_id="turn-2", from_version=0, turns_left=1)
    told = lines(*turn(1), *turn(2), *turn(3), back)[-1]["payload"]
    assert told == {"type": "thread_rolled_back", "num_turns": 2}


def test_a_summary_replaces_the_history_in_the_rollout() -> None:
    items = [{"type": "message", "role": "user", "content": []}]
    summed = HistoryCompacted(turn_id="t", items=items, through_version=3)
    told = lines(*turn(1), summed)[-2]
    assert (told["type"], told["payload"]["replacement_history"]) == ("compacted", items)


def test_a_goal_is_written_with_its_objective() -> None:
    objective = GoalObjectiveSet(goal_id="g", objective="be good")
    goal = GoalSet(
        goal_id="g",
        objective_version=1,
        status="active",
        tokens_used=7,
        time_used_ms=2500,
        created_at_ms=AT_MS,
        at_ms=AT_MS,
    )
    told = lines(*turn(1), objective, goal)[-1]["payload"]
    assert told["type"] == "thread_goal_updated"
    assert told["goal"]["objective"] == "be good"
    assert (told["goal"]["tokensUsed"], told["goal"]["timeUsedSeconds"]) == (7, 2)


def test_unreadable_events_are_skipped_in_the_rollout() -> None:
    known = facts([*born(), *turn(1)])
    gaps: list[Gap] = [Damaged("a.v1", "odd"), Erased("b.v1")]
    holes = [
        fact._replace(event=gaps[n % 2]) if n in (3, 4) else fact for n, fact in enumerate(known)
    ]
    told = render_lines(Context(), holes, is_new=True)[1]
    assert [json.loads(line)["type"] for line in told.splitlines()][-1] == "event_msg"


def test_only_the_last_line_of_an_event_carries_its_version() -> None:
    marks = [line.get("threadhost", {}).get("version") for line in lines(*turn(1))]
    assert marks == [0, None, 3, None, 4, None, 5, 6, 7]
