"""What threads tell each other as agents: in once, taken up once, heard once."""

from typing import Any

from tests.given import given, given_tree
from threadhost.actors.agent import (
    MESSAGE_LOST,
    DeliverEnd,
    DeliverMessage,
    NoteEnd,
    PassMessage,
    SendMessage,
    SettleEnd,
    SettleMessage,
    StartAgent,
    TakeMessage,
)
from threadhost.actors.agent_limits import AgentLimits
from threadhost.actors.agent_status import is_at_work
from threadhost.actors.errors import AgentNotFound, AgentsFull, ApprovalNeeded
from threadhost.actors.runtime.outbox_drain import TOLD_CHARS_MAX, words_of
from threadhost.actors.thread import FailThread, RecoverThread, StopThread
from threadhost.actors.tree import (
    CloseAgents,
    CompleteDeletion,
    OpenAgent,
    SettleLoss,
    SpawnThread,
)
from threadhost.events.agent import (
    AGENT,
    AgentContextGiven,
    AgentEnded,
    AgentMessageReceived,
    AgentMessageSent,
    AgentMessageTaken,
    AgentStarted,
)
from threadhost.events.agent_words import agent_message
from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.compaction import CompactionRequested
from threadhost.events.thread import (
    COMPACTION,
    ThreadActivated,
    ThreadArchived,
    ThreadConfigured,
    ThreadFailed,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.tree import (
    AgentLossTold,
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    ThreadSpawned,
    TreeDeletionPlanned,
)
from threadhost.events.turn import (
    ErrorRecorded,
    InterruptRequested,
    ItemRecorded,
    TurnCompleted,
    TurnStarted,
)
from threadhost.events.warning import TurnWarned
from threadhost.events.words import AGENT_CLOSED

SAID: dict[str, Any] = {
    "message": "input",
    "content": [{"type": "text", "text": "look", "text_elements": []}],
    "turn_id": "t1",
    "root_turn_id": "r1",
}
SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")
SPAWNED: tuple[Event, ...] = (
    ThreadStarted(thread_id="a", session_id="root", parent_id="root", source="x"),
    ThreadConfigured(settings=SETTINGS),
    AgentStarted(),
)
TASK = AgentMessageReceived(**SAID, sender_id="root", sender_version=7)
BUSY = (*SPAWNED, TASK, AgentMessageTaken(received_version=4))
RUNS = (*BUSY, TurnStarted(turn_id="t1", started_at_ms=1, root_turn_id="r1"))


def completed(outcome: Any = "completed") -> TurnCompleted:
    return TurnCompleted(turn_id="t1", outcome=outcome, started_at_ms=1, completed_at_ms=2)


def delivered(version: int, sender_id: str = "root") -> DeliverMessage:
    return DeliverMessage(sender_id, version, **SAID)


def taking(version: int, **more: Any) -> TakeMessage:
    return TakeMessage("t2", "i2", SAID["content"], 9, received_version=version, **more)


def test_a_message_comes_in_once_from_each_sender() -> None:
    thread = given(*SPAWNED, TASK)
    thread.when(delivered(7)).then()
    thread.when(delivered(6)).then()
    thread.when(delivered(8)).then_kinds("agent.message_received.v1")
    thread.when(delivered(7, "another")).then_kinds("agent.message_received.v1")


def test_a_received_message_is_not_received_again_though_its_receipt_is_lost() -> None:
    taken = AgentMessageTaken(received_version=4, sender_id="root", sender_version=7)
    thread = given(*SPAWNED, taken)
    thread.when(delivered(7)).then()
    thread.when(delivered(8)).then_kinds("agent.message_received.v1")
    second = AgentMessageReceived(**SAID, sender_id="root", sender_version=8)
    given(*SPAWNED, TASK, second, taken).when(delivered(8)).then()


def test_a_message_is_taken_once_and_starts_a_turn_with_the_root_turn_of_its_sender() -> None:
    begun = given(*SPAWNED, TASK).when(taking(4, root_turn_id="r1"))
    begun.then_kinds("agent.message_taken.v1", "turn.started.v1", "turn.item_recorded.v2")
    started = begun.events[1]
    assert isinstance(started, TurnStarted)
    assert started.root_turn_id == "r1"
    given(*BUSY).when(taking(4)).then()
    second = AgentMessageReceived(**SAID, sender_id="root", sender_version=8)
    for again in (taking(4), PassMessage(4, "t9", 9)):
        given(*BUSY, second).when(again).then()


def test_a_message_is_sent_for_the_turn_of_the_root_and_none_after_the_turn() -> None:
    paths: dict[str, Any] = {"author": "/root/a", "recipient": "/root/b"}
    sends = SendMessage("b", "input", SAID["content"], "t1", **paths)
    given(*RUNS).when(sends).then(AgentMessageSent(**SAID, **paths, receiver_id="b"))
    given(*RUNS, completed()).when(sends).then()


def test_an_archived_agent_with_a_waiting_message_is_not_at_work() -> None:
    assert is_at_work(given(*SPAWNED, TASK).state)
    assert is_at_work(given(*RUNS).state)
    assert not is_at_work(given(*SPAWNED, TASK, ThreadArchived(root_id="a")).state)


def test_a_message_waits_while_a_history_is_summed_up() -> None:
    sums_up = TurnStarted(turn_id="c", started_at_ms=1, purpose=COMPACTION)
    for goes_on in (taking(4), PassMessage(4, "t9", 9)):
        given(*SPAWNED, TASK, sums_up).when(goes_on).then()


def test_a_message_that_interrupts_ends_the_running_turn_but_not_the_agent() -> None:
    second = AgentMessageReceived(**SAID, sender_id="root", sender_version=8, interrupts=True)
    ends = TurnCompleted(
        turn_id="t1",
        outcome="interrupted",
        started_at_ms=1,
        completed_at_ms=9,
        reason="interrupted",
        root_turn_id="r1",
    )
    events = given(*RUNS, second).when(taking(7, interrupts=True)).events
    assert events[1:3] == [InterruptRequested(turn_id="t1"), ends]
    begins = ["turn.started.v1", "turn.item_recorded.v2"]
    assert [event.kind for event in events] == [
        *("agent.message_taken.v1", "turn.interrupt_requested.v1", "turn.completed.v1"),
        *begins,
    ]
    idle = given(*BUSY, second).when(taking(6, interrupts=True))
    idle.then_kinds("agent.message_taken.v1", *begins)


def test_an_unreadable_message_fails_an_idle_agent_and_warns_any_other_thread() -> None:
    passes = PassMessage(4, "t9", 9)
    taken = AgentMessageTaken(received_version=4)
    given(*SPAWNED, TASK).when(passes.but(was_taken=True)).then(taken)
    idle = given(*SPAWNED, TASK).when(passes)
    idle.then(
        taken,
        TurnStarted(turn_id="t9", started_at_ms=9),
        ErrorRecorded(turn_id="t9", message=MESSAGE_LOST, code="other"),
        TurnCompleted(
            turn_id="t9", outcome="failed", started_at_ms=9, completed_at_ms=9, reason="other"
        ),
        AgentEnded(turn_id="t9", status="errored", said_version=7),
    )
    warned = TurnWarned(turn_id="t", code="messageLost", message=MESSAGE_LOST)
    turn = TurnStarted(turn_id="t", started_at_ms=1)
    given(*SPAWNED, TASK, turn).when(passes).then(taken, warned)
    outside = (*SPAWNED[:2], ThreadActivated(incarnation=1), TASK)
    given(*outside).when(passes).then(taken, warned.model_copy(update={"turn_id": ""}))


def test_the_end_of_a_turn_is_the_end_of_its_agent_once() -> None:
    given(*RUNS).when(RecoverThread("host restarted", 9)).then(
        TurnCompleted(
            turn_id="t1",
            outcome="interrupted",
            started_at_ms=1,
            completed_at_ms=9,
            reason="host restarted",
            root_turn_id="r1",
        ),
        AgentEnded(turn_id="t1", status="interrupted", said_version=0),
    )
    noted = AgentEnded(turn_id="t1", status="completed", said_version=0)
    given(*RUNS, completed()).when(NoteEnd()).then(noted)
    given(*RUNS, completed(), noted).when(NoteEnd()).then()
    given(*RUNS, completed(), TASK).when(NoteEnd()).then()
    given(*RUNS, completed(), TurnStarted(turn_id="t2", started_at_ms=3)).when(NoteEnd()).then()


def test_the_last_words_of_an_agent_are_its_last_message_in_its_turn() -> None:
    def item(type_: str, turn_id: str = "t1") -> ItemRecorded:
        return ItemRecorded(turn_id=turn_id, item_id="i", type=type_, item={})

    said = item("agentMessage"), item("reasoning"), item("agentMessage", "t0")
    noted = AgentEnded(turn_id="t1", status="completed", said_version=len(RUNS) + 1)
    given(*RUNS, *said, completed()).when(NoteEnd()).then(noted)


def test_an_agent_that_is_closed_was_shut_down() -> None:
    closed = given(*RUNS).when(StopThread(AGENT_CLOSED, 9)).events
    assert [event.status for event in closed if isinstance(event, AgentEnded)] == ["shutdown"]


def test_the_end_of_an_agent_is_delivered_to_its_parent_once_and_settled_once() -> None:
    noted = AgentEnded(turn_id="t1", status="completed", said_version=0)
    child = given(*RUNS, completed(), noted)
    assert AGENT.of(child.state).untold == (8,)
    child.when(SettleEnd(8)).then_kinds("agent.end_told.v1")
    child.when(SettleEnd(7)).then()
    parent = given(SPAWNED[0])
    heard = parent.when(DeliverEnd("c", 8, "completed", "found"))
    heard.then_kinds("agent.end_heard.v1", "agent.context_given.v1")
    given(SPAWNED[0], *heard.events).when(DeliverEnd("c", 8, "completed", "found")).then()


def test_the_end_of_a_team_member_is_shown_in_the_running_turn_of_its_parent() -> None:
    paths = AgentStarted(path="/root/a")
    ends = DeliverEnd("c", 8, "completed", "found", "/root/a/c", "t5", 9)
    turn = TurnStarted(turn_id="t", started_at_ms=1)
    running = given(*SPAWNED[:2], paths, turn)
    _, answer, seen = running.when(ends).events
    words = agent_message("/root/a/c", "/root/a", "FINAL_ANSWER", "found")
    assert answer == AgentContextGiven(item=words)
    assert isinstance(seen, ItemRecorded)
    assert (seen.turn_id, seen.item_id) == ("t", "subagent-completed-t5")
    assert (seen.item["agentThreadId"], seen.item["agentPath"]) == ("c", "/root/a/c")
    heard = "agent.end_heard.v1", "agent.context_given.v1"
    running.when(ends.but(status="errored")).then_kinds(*heard)
    sums_up = CompactionRequested(turn_id="t", item_id="i", prompt=words)
    given(*SPAWNED[:2], paths, turn, sums_up).when(ends).then_kinds(*heard)
    given(*SPAWNED[:2], paths).when(ends).then_kinds(*heard)


def test_a_message_is_settled_once() -> None:
    sent = AgentMessageSent(**SAID, receiver_id="b")
    given(*SPAWNED, sent).when(SettleMessage(4, "delivered")).then_kinds("agent.message_settled.v1")
    given(*SPAWNED, sent).when(SettleMessage(3, "delivered")).then()


def test_an_agent_starts_with_its_task_and_is_activated_last() -> None:
    start = StartAgent(
        "a",
        SETTINGS,
        parent_id="root",
        turn_id="t1",
        root_turn_id="r1",
        content=SAID["content"],
        sender_version=7,
        path="/root/a",
        author="/root",
    )
    [*_, task, last] = given().when(start).events
    assert task == TASK.model_copy(update={"author": "/root", "recipient": "/root/a"})
    assert last.kind == "thread.activated.v2"


def test_a_failed_thread_ends_its_agent_only_when_the_supervisor_gives_up() -> None:
    failed = ThreadFailed(error="E", attempt=1, gave_up=False)
    given(*SPAWNED, TASK).when(FailThread("E", 1, False, 9)).then(failed)
    gave_up, gives_up = failed.model_copy(update={"gave_up": True}), FailThread("E", 1, True, 9)
    given(*SPAWNED, TASK).when(gives_up).then(
        gave_up, AgentEnded(turn_id="", status="errored", said_version=0)
    )
    over = given(*RUNS, completed()).when(gives_up)
    over.then(gave_up, AgentEnded(turn_id="t1", status="errored", said_version=0))
    given(*SPAWNED).when(gives_up).then(gave_up)
    given(*SPAWNED[:2], ThreadActivated(incarnation=1), TASK).when(gives_up).then(gave_up)


def spawned(child: str, parent: str = "root", depth: int = 1) -> ThreadSpawned:
    return ThreadSpawned(parent_id=parent, child_id=child, depth=depth, is_agent=True)


def test_a_tree_refuses_agents_beyond_its_limit_and_closed_agents_make_room() -> None:
    joins = SpawnThread("root", "c", "root", agents=AgentLimits(1, 2))
    full = given_tree(spawned("a"), spawned("b"))
    words = "2 agents are open, which is the limit; close one first"
    full.when(joins).refused(AgentsFull, words)
    room = given_tree(spawned("a"), spawned("b"), EdgeClosed(child_id="a"))
    room.when(joins).then(spawned("c"))
    deep = SpawnThread("a", "c", "root", agents=AgentLimits(1, 9))
    given_tree(spawned("a")).when(deep).refused(
        AgentsFull, "agents may be no deeper than 1 below the root"
    )


def test_an_agent_beyond_the_number_without_approval_needs_an_approval() -> None:
    limits = AgentLimits(1, 3, 1)
    joins = SpawnThread("root", "c", "root", agents=limits)
    words = "at most 1 may be open without an approval"
    given_tree().when(joins).then(spawned("c"))
    given_tree(spawned("a")).when(joins).refused(ApprovalNeeded, words)
    given_tree(spawned("a"), EdgeClosed(child_id="a")).when(joins).then(spawned("c"))
    opens = OpenAgent("a", limits)
    closed = given_tree(spawned("a"), spawned("b"), EdgeClosed(child_id="a"))
    closed.when(opens).refused(ApprovalNeeded, words)
    approved = limits._replace(unapproved_max=None)
    closed.when(opens.but(limits=approved)).then(EdgeReopened(child_id="a"))
    full = given_tree(spawned("a"), spawned("b"), spawned("d"))
    full.when(joins).refused(AgentsFull, "3 agents are open, which is the limit; close one first")


def test_an_agent_is_reopened_once_and_an_unknown_id_is_refused() -> None:
    opens = OpenAgent("a", AgentLimits(1, 3, 1))
    given_tree(spawned("a")).when(opens).then()
    given_tree(spawned("a"), EdgeClosed(child_id="a")).when(opens).then(EdgeReopened(child_id="a"))
    given_tree().when(opens).refused(AgentNotFound, "agent with id a not found")


def test_closing_an_agent_closes_all_open_ones_below_it() -> None:
    tree = given_tree(spawned("a"), spawned("b", "a", 2), spawned("c", "b", 3), spawned("d"))
    closed = tree.when(CloseAgents("a"))
    closed.then(*(EdgeClosed(child_id=one) for one in "abc"))
    plain = ThreadSpawned(parent_id="a", child_id="p", depth=2)
    shut = EdgeClosed(child_id="c")
    tree = given_tree(spawned("a"), spawned("b", "a", 2), spawned("c", "a", 2), plain, shut)
    tree.when(CloseAgents("a")).then(*(EdgeClosed(child_id=one) for one in "ab"))
    for other in "xpc":
        words = f"agent with id {other} not found"
        tree.when(CloseAgents(other)).refused(AgentNotFound, words)


def test_only_a_deleted_agent_whose_parent_lives_on_is_reported_lost() -> None:
    targets = [
        DeletionTarget(thread_id="a", parent_id="root", depth=0),
        DeletionTarget(thread_id="b", parent_id="a", depth=1),
    ]
    plan = TreeDeletionPlanned(deletion_id="d", root_id="a", targets=targets)
    tree = given_tree(spawned("a"), spawned("b", "a", 2), plan)
    ended = tree.when(CompleteDeletion("d", DeletionReceipt(threads=2))).events
    lost = [event for event in ended if event.kind == "tree.agent_lost.v1"]
    assert [(one.child_id, one.parent_id) for one in lost] == [("a", "root")]  # type: ignore[attr-defined]
    left = given_tree(spawned("a"), spawned("b", "a", 2), plan, *ended)
    left.when(SettleLoss("a")).then(AgentLossTold(child_id="a"))
    left.when(SettleLoss("b")).then()


def test_the_answer_reported_to_a_parent_is_cut_at_a_limit() -> None:
    long = ErrorRecorded(turn_id="t", message="x" * (TOLD_CHARS_MAX + 5), code="other")
    told = words_of(Recorded(1, "thread-a", 1, long, Meta("p", "c", "c", 1)))
    assert told is not None
    assert (len(told), told[-1]) == (TOLD_CHARS_MAX, "…")
