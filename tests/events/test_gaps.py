"""Folding over what is damaged: it counts as a gap of its version, and nothing goes on wrongly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_fork import turn
from tests.support import any_events
from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.searching import tries
from tests.support.store import META, started
from threadhost.events import thread
from threadhost.events.agent import AGENT, AgentEnded, AgentMessageReceived, AgentMessageSent
from threadhost.events.base import KINDS, Damaged, Event, Gap, Recorded
from threadhost.events.damage import DamageReport
from threadhost.events.fold import fold_thread, fold_tree
from threadhost.events.fork import inherited
from threadhost.events.gap_repair import (
    edge_positions,
    edge_repair_positions,
    repair_edge,
    repair_tombstone,
    thread_from_edge,
)
from threadhost.events.history import History
from threadhost.events.queue import SubmissionAdded, SubmissionTaken
from threadhost.events.thread import ThreadDeleted, ThreadRenamed, ThreadStarted
from threadhost.events.tool import ToolCalled
from threadhost.events.tree import ThreadForked, ThreadSpawned
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted

GAP = Damaged("thread.unheard_of.v9", "its type is unknown")
BEGUN = TurnStarted(turn_id="t1", started_at_ms=1)


def facts(*events: Event | Gap, stream: str = "thread-a", first: int = 1) -> list[Recorded]:
    return [Recorded(n, stream, n, event, META) for n, event in enumerate(events, first)]


def added(submission_id: str, rank: int = 0) -> SubmissionAdded:
    return SubmissionAdded(
        submission_id=submission_id,
        turn_id=f"turn of {submission_id}",
        item_id="i",
        client_id="c",
        content=[],
        rank=rank,
    )


def test_a_damaged_event_is_a_gap_of_its_version() -> None:
    state = fold_thread(facts(started(), GAP, ThreadRenamed(name="a name"), GAP))
    assert (state.name, state.version, state.gaps) == ("a name", 4, 2)
    assert fold_tree(facts(GAP)).version == 1


def test_a_turn_whose_end_is_damaged_has_ended() -> None:
    assert fold_thread(facts(started(), BEGUN, GAP)).turn is not None
    lost = Damaged(TurnCompleted.kind, "its seal is broken")
    assert fold_thread(facts(started(), BEGUN, lost)).turn is None


def test_a_damaged_queue_event_starts_no_submission_twice_and_holds_the_queue() -> None:
    queue = [added("one"), added("two", 1)]
    taken = fold_thread(facts(started(), *queue, Damaged(SubmissionTaken.kind, "it is damaged")))
    assert [one.id for one in taken.queue] == ["two"]
    for kind in ("queue.submission_removed.v1", "queue.submission_changed.v1"):
        state = fold_thread(facts(started(), *queue, Damaged(kind, "it is damaged")))
        assert [one.id for one in state.queue] == ["one", "two"]
        assert state.queue_held
        assert not state.takes_next


@each("kind", [AgentMessageSent.kind, AgentMessageReceived.kind, AgentEnded.kind])
def test_a_damaged_agent_event_leaves_one_delivery_open(kind: str) -> None:
    agent = AGENT.of(fold_thread(facts(started(), Damaged(kind, "its seal is broken"))))
    assert (*agent.outbox, *agent.due, *agent.untold) == (2,)


def test_a_call_that_was_recorded_too_deep_can_still_be_answered() -> None:
    deep: Any = []
    for _ in range(150):
        deep = [deep]
    for arguments, kept in ((deep, None), ({"a": [1]}, {"a": [1]})):
        item = {**any_events.ITEMS[3], "arguments": arguments}
        called = ToolCalled(turn_id="t1", call_id="c", called_at_ms=1, item=item)
        state = fold_thread(facts(started(), BEGUN, called))
        assert state.turn is not None
        assert state.turn.calls[0].item == {**item, "arguments": kept}


def test_an_event_that_fits_into_no_state_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    evolve = thread.evolve

    def tripping(fact: Event | Gap, state: Any) -> Any:
        if isinstance(fact, ItemRecorded):
            raise KeyError("content")
        return evolve(fact, state)

    monkeypatch.setattr(thread, "evolve", tripping)
    state = fold_thread(facts(started(), any_item(), ThreadRenamed(name="after it")))
    assert (state.name, state.version, state.gaps) == ("after it", 3, 1)


def any_item() -> ItemRecorded:
    return ItemRecorded(turn_id="t1", item_id="m", type="agentMessage", item={})


LOST = [Damaged(kind, "it is damaged") for kind in sorted(KINDS)]


@pytest.mark.slices
@tries(200)
@given(st.lists(any_events.events() | st.sampled_from([GAP, *LOST]), max_size=8))
def test_no_fold_refuses_anything(events: list[Event | Gap]) -> None:
    recorded = facts(*events)
    assert fold_thread(recorded).version == len(events)
    assert fold_tree(recorded).version == len(events)
    assert all(
        isinstance(copied.event, Event)
        for copied in inherited(recorded, None, None, DamageReport())
    )
    assert isinstance(History(recorded).lines, list)


def test_a_fork_ends_a_turn_whose_end_is_lost_where_the_next_begins() -> None:
    first, second = turn("a"), turn("b")
    lost = Damaged(TurnCompleted.kind, "its seal is broken")
    copied = inherited(facts(first[0], lost, *second), None, None, DamageReport())
    assert [type(one.event) for one in copied] == [TurnStarted, TurnCompleted] * 2
    cut_off = copied[1].event
    assert isinstance(cut_off, TurnCompleted)
    assert (cut_off.turn_id, cut_off.outcome) == ("a", "interrupted")
    assert inherited(facts(first[0], lost, *second), None, "b", DamageReport()) == copied[:2]


SPAWNED = ThreadSpawned(parent_id="r", child_id="a", depth=1)
FORKED = ThreadForked(source_id="r", fork_id="a")
CHILD = started("a", "r").model_copy(update={"depth": 1, "session_id": "r"})
FORK = started("a").model_copy(update={"forked_from_id": "r"})


@pytest.mark.parametrize(("edge", "start"), [(SPAWNED, CHILD), (FORKED, FORK)])
def test_a_lost_edge_is_repaired_from_the_start_of_its_thread(
    edge: Event, start: ThreadStarted
) -> None:
    log = facts(Damaged(edge.kind, "it is damaged"), stream="tree-r")
    beside = facts(start, first=2)
    assert edge_repair_positions(log[0]) == (2,)
    assert repair_edge(log[0], beside).event == edge


def test_no_edge_is_made_from_a_gap_of_another_type() -> None:
    [gap] = facts(GAP, stream="tree-r")
    assert repair_edge(gap, facts(started("b"), first=2)).event == GAP
    [whole] = facts(SPAWNED, stream="tree-r")
    assert edge_repair_positions(whole) == ()


def test_a_lost_start_is_repaired_from_the_edge_of_its_thread() -> None:
    log = facts(SPAWNED, stream="tree-r")
    assert edge_positions(2) == (0, 1)
    child = thread_from_edge("a", log)
    assert (child.id, child.session_id, child.parent_id, child.depth) == ("a", "r", "r", 1)
    other = thread_from_edge("b", log)
    assert (other.id, other.session_id, other.parent_id) == ("b", "b", None)


def test_a_lost_tombstone_is_repaired_from_the_name_of_its_stream() -> None:
    [lost] = facts(Damaged(ThreadDeleted.kind, "it is damaged"))
    told = repair_tombstone(lost, lambda _: True).event
    assert isinstance(told, ThreadDeleted)
    assert told.thread_id == "a"
    [elsewhere] = facts(Damaged(ThreadDeleted.kind, "it is damaged"), stream="tree-a")
    assert repair_tombstone(elsewhere, lambda _: True) is elsewhere
    assert repair_tombstone(lost, lambda _: False) is lost
    for event in golden_events().values():
        [fact] = facts(event)
        assert repair_tombstone(fact, lambda _: True) is fact
