"""Handlers are pure: what each event type writes, said as a list, without a database."""

from collections.abc import Sequence

import pytest

from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.job_writes import JOB_WRITES, Named
from tests.support.store import META, message
from threadhost.events.base import KINDS, Erased, Event, Recorded
from threadhost.events.memory import JobClaimed, MemoriesForgotten
from threadhost.events.store.codec import decode
from threadhost.events.turn import ItemRecorded
from threadhost.projections import VIEWS, all_views
from threadhost.projections.threads import CHOSEN
from threadhost.projections.turns import NOT_ENDED

PLACE = {"position": 7, "version": 3, "thread_id": "A", "turn_id": "…aa"}
OF_A_THREAD = (
    "threads",
    "thread_texts",
    "turns",
    "items",
    "spawn_edges",
    "thread_holds",
    "thread_queue",
    "thread_goals",
    "goal_spendings",
    "agent_mail",
    "memory_notes",
    "thread_log",
)


def mail(kind: str, child_id: str | None = None) -> dict[str, object]:
    """A row of what agents have yet to hear."""
    place = {"stream": "thread-A", "version": 3, "thread_id": "A"}
    return {**place, "kind": kind, "child_id": child_id}


def note_ended(thread_id: str, state: str) -> dict[str, object]:
    """How far the note of a thread is then."""
    return {"of": thread_id, "new_state": state, "new_retry": 0, "new_at": META.recorded_at_ms}


DROP_HOLD: Named = ("holds.DROP", {"matter": "case-2026-17", "thread_id": "…01"})
EXPECTED: dict[str, list[Named]] = {
    **JOB_WRITES,
    "tree.hold_set.v1": [
        DROP_HOLD,
        (
            "holds.INSERT",
            {
                "matter": "case-2026-17",
                "thread_id": "…01",
                "session_id": "thread-A",
                "covers_below": True,
                "set_by": META.principal,
                "set_at_ms": META.recorded_at_ms,
                "reason_version": 12,
            },
        ),
    ],
    "tree.hold_released.v1": [DROP_HOLD],
    "thread.started.v1": [
        (
            "threads.INSERT",
            {
                "id": "…0a",
                "session_id": "…01",
                "parent_id": "…01",
                "forked_from_id": None,
                "depth": 1,
                "ephemeral": False,
                "source": "vscode",
                "history_mode": "paginated",
                "created_at_ms": META.recorded_at_ms,
                "updated_at_ms": META.recorded_at_ms,
                "recency_at_ms": META.recorded_at_ms,
                "archived": False,
                "listed": False,
            },
        ),
        ("threads.INSERT_TEXT", {"thread_id": "…0a", **dict.fromkeys(CHOSEN)}),
    ],
    "thread.copy_begun.v1": [("threads.BEGIN_COPYING", {"of": "A"})],
    "thread.copied.v1": [
        ("threads.COPIED", {"of": "A", "is_listed": True, "at_ms": META.recorded_at_ms})
    ],
    "thread.archived.v1": [("threads.ARCHIVE", {"of": "A", "is_archived": True})],
    "thread.unarchived.v1": [("threads.ARCHIVE", {"of": "A", "is_archived": False})],
    "thread.configured.v1": [
        (
            "threads.CONFIGURE",
            {
                "of": "A",
                "new_model": "echo-1",
                "new_model_provider": "echo",
                "new_cwd": "/home/ada/project",
                "new_originator": "codex_sdk",
                "new_thread_source": "user",
                "new_agent_nickname": None,
                "new_agent_role": None,
            },
        )
    ],
    "thread.renamed.v1": [
        (
            "threads.RENAME",
            {
                "of": "A",
                "new_name": "Überarbeitung der Suche 🔎",
                "folded_name": "uberarbeitung der suche 🔎",
            },
        )
    ],
    "thread.metadata_updated.v1": [
        ("metadata.SET_SHA", {"of": "A", "value": "0a1b2c"}),
        ("metadata.SET_BRANCH", {"of": "A", "value": None}),
        ("metadata.SET_ORIGIN", {"of": "A", "value": "https://example.org/a.git"}),
        ("metadata.SET_DAYBREAK", {"of": "A", "value": True}),
    ],
    "thread.imported.v1": [
        ("imported.DATE", {"of": "A", "began": 1790000000000, "changed": 1790000009000})
    ],
    "thread.memory_mode_set.v1": [("memory.SET_MODE", {"of": "A", "mode": "disabled"})],
    "agent.message_sent.v1": [("agent_mail.INSERT", mail("sent"))],
    "agent.message_received.v1": [("agent_mail.INSERT", mail("due"))],
    "agent.ended.v1": [("agent_mail.INSERT", mail("ended"))],
    "agent.message_settled.v1": [("agent_mail.SETTLE", {"of": "thread-A", "at": 12})],
    "agent.message_taken.v1": [("agent_mail.SETTLE", {"of": "thread-A", "at": 4})],
    "agent.end_told.v1": [("agent_mail.SETTLE", {"of": "thread-A", "at": 11})],
    "tree.agent_lost.v1": [("agent_mail.INSERT", mail("lost", "…0a"))],
    "tree.agent_loss_told.v1": [("agent_mail.SETTLE_LOSS", {"of": "thread-A", "child": "…0a"})],
    "thread.deleted.v1": [(f"{name}.drop", {"of": "…0a"}) for name in OF_A_THREAD],
    "tree.targets_released.v1": [(f"{name}.drop", {"of": "…0b"}) for name in OF_A_THREAD],
    "turn.started.v1": [
        ("threads.BEGIN_TURN", {"of": "A", "at_ms": 1763798400000}),
        (
            "turns.INSERT",
            {
                **PLACE,
                "status": "inProgress",
                "started_at_ms": 1763798400000,
                "root_turn_id": "…ab",
                **NOT_ENDED,
            },
        ),
    ],
    "turn.item_recorded.v2": [
        (
            "threads.PREVIEW",
            {"of": "A", "text": "Grüß Gott", "folded_text": "gruss gott"},
        ),
        ("turns.INSERT_ITEM", {**PLACE, "item_id": "item-1", "type": "userMessage"}),
    ],
    "turn.error_recorded.v1": [("turns.FAIL", {"of": "…aa", "in_thread": "A", "at": 7})],
    "turn.completed.v1": [
        ("threads.END_TURN", {"of": "A", "at_ms": 1763798402500}),
        (
            "turns.COMPLETE",
            {
                "of": "…aa",
                "in_thread": "A",
                "outcome": "interrupted",
                "at_ms": 1763798402500,
                "at": 7,
            },
        ),
    ],
    "thread.reverted.v2": [
        ("threads.END_TURN", {"of": "A", "at_ms": META.recorded_at_ms}),
        ("turns.REVERT", {"of": "A", "at": 5}),
        ("turns.REVERT_ITEMS", {"of": "A", "at": 5}),
    ],
    "queue.submission_added.v1": [
        (
            "queue.INSERT",
            {"submission_id": "…0b", "thread_id": "A", "rank": 2, "position": 7},
        )
    ],
    "queue.submission_changed.v1": [("queue.MOVE", {"of": "…0b", "at": 7})],
    "queue.submission_removed.v1": [("queue.REMOVE", {"of": "…0b"})],
    "queue.submission_taken.v1": [("queue.REMOVE", {"of": "…0b"})],
    "queue.reordered.v1": [
        ("queue.RANK", {"of": "…0c", "new_rank": 0}),
        ("queue.RANK", {"of": "…0b", "new_rank": 1}),
    ],
    "goal.set.v1": [
        ("thread_goals.drop", {"of": "A"}),
        (
            "goal.INSERT",
            {
                "thread_id": "A",
                "goal_id": "…f0",
                "objective_version": 7,
                "status": "active",
                "token_budget": 5000,
                "tokens_used": 47,
                "time_used_ms": 1500,
                "created_at_ms": 1763798400000,
                "updated_at_ms": 1763798402500,
                "covers_tree": False,
                "tree_tokens": 0,
            },
        ),
    ],
    "goal.tree_charged.v1": [
        (
            "goal.UPDATE",
            {
                "of": "A",
                "new_status": "budgetLimited",
                "new_tokens_used": 5050,
                "new_tree_tokens": 47,
                "new_time_used_ms": 1500,
                "at_ms": 1763798402600,
            },
        ),
        ("goal_cover.SETTLE", {"of": "…0a", "up_to": 14}),
    ],
    "goal.spendings_passed.v1": [("goal_cover.SETTLE", {"of": "…02", "up_to": 14})],
    "goal.spent.v1": [
        ("goal_cover.DELETE", {"of": "A"}),
        ("goal_cover.INSERT", {"thread_id": "A", "root_id": "…01", "version": 3}),
    ],
    "goal.charged.v1": [
        (
            "goal.UPDATE",
            {
                "of": "A",
                "new_status": "budgetLimited",
                "new_tokens_used": 5003,
                "new_tree_tokens": 0,
                "new_time_used_ms": 1500,
                "at_ms": 1763798402500,
            },
        )
    ],
    "goal.scheduled.v1": [
        (
            "goal.UPDATE",
            {
                "of": "A",
                "new_status": "active",
                "new_tokens_used": 47,
                "new_tree_tokens": 0,
                "new_time_used_ms": 1500,
                "at_ms": 1763798402500,
            },
        )
    ],
    "goal.cleared.v1": [
        ("thread_goals.drop", {"of": "A"}),
        ("goal_spendings.drop", {"of": "A"}),
    ],
    "tree.thread_spawned.v1": [
        ("tree.DROP_EDGE", {"of": "…0a"}),
        (
            "tree.INSERT",
            {"child_id": "…0a", "parent_id": "…01", "depth": 1, "is_open": True},
        ),
    ],
    "tree.edge_closed.v1": [("tree.SET_OPEN", {"of": "…0a", "now_open": False})],
    "tree.edge_reopened.v1": [("tree.SET_OPEN", {"of": "…0a", "now_open": True})],
    "tree.deletion_planned.v2": [
        ("tree.PLAN", {"deletion_id": "…0d", "stream": "thread-A", "root_id": "…01"})
    ],
    "tree.deletion_completed.v1": [
        ("tree.END", {"of": "…0d"}),
        ("tree.AWAIT", {"deletion_id": "…0d"}),
    ],
    "tree.deletion_halted.v1": [
        ("tree.END", {"of": "…0d"}),
        ("tree.AWAIT", {"deletion_id": "…0d"}),
    ],
    "memory.job_failed.v1": [
        (
            "memory.END",
            {
                "of": "…0a",
                "new_state": "retrying",
                "new_retry": 1763798460000,
                "new_at": META.recorded_at_ms,
            },
        )
    ],
    "memory.job_skipped.v1": [("memory.END", note_ended("…0c", "skipped"))],
    "memory.note_taken.v1": [("memory.END", note_ended("…0a", "noted"))],
    "memory.forgotten.v1": [("memory_notes.drop", {"of": "…0c"})],
    "memory.text_dropped.v1": [("memory.DROP", {"text_id": "…f3"})],
    "memory.keys_destroyed.v1": [("memory.ERASED", {"of": "…f3"})],
    "host.erasure_confirmed.v2": [("tree.CONFIRM", {"of": "…0d"})],
}


def name_of(statement: str) -> str:
    for table in all_views().described:
        if table.drop == statement:
            return f"{table.name}.drop"
    for module in VIEWS:
        for name, value in vars(module).items():
            if value is statement:
                return f"{module.__name__.rpartition('.')[2]}.{name}"
    raise LookupError(statement)


def shown(value: object) -> object:
    """Golden ids by their ends."""
    golden = isinstance(value, str) and value.startswith("0193a1b2-")
    return f"…{str(value)[-2:]}" if golden else value


def written(event: Event | Erased) -> list[Named]:
    of_job = isinstance(event, Event) and event.kind.startswith("job.") and event.stream == "job"
    fact = Recorded(7, "job-A.3" if of_job else "thread-A", 3, event, META)
    return [
        (name_of(statement), {name: shown(value) for name, value in values.items()})
        for statement, values in all_views().writes(fact)
    ]


@each("event", list(golden_events().values()), ids=lambda e: e.kind)
def test_each_event_writes_what_the_table_says_and_no_more(event: Event) -> None:
    assert written(event) == EXPECTED.get(event.kind, [])


def test_the_note_of_a_thread_is_begun_once_and_all_are_forgotten_together() -> None:
    claimed = JobClaimed(thread_id="A", token="t", attempt=2, claimed_at_ms=1, lease_ms=9)
    begun = {"thread_id": "A", "state": "claimed", "source_at_ms": 0, "attempt": 2}
    row = {**begun, "retry_at_ms": 0, "at_ms": META.recorded_at_ms}
    assert written(claimed) == [("memory_notes.drop", {"of": "A"}), ("memory.CLAIM", row)]
    reset = MemoriesForgotten(why="reset", at_ms=1)
    assert written(reset) == [("memory.FORGET_ALL", {"at": META.recorded_at_ms})]
    assert written(MemoriesForgotten(why="crowdedOut", at_ms=1, thread_ids=["A"])) == []


def test_of_a_first_version_of_a_revert_the_turn_itself_goes() -> None:
    old = decode(1, "thread.reverted.v1", b'{"turn_id":"t","from_position":5,"turns_left":2}')
    ended, *gone = written(old)
    assert ended[0] == "threads.END_TURN"
    assert gone == [
        ("turns.REVERT_ONE", {"of": "A", "turn": "t"}),
        ("turns.REVERT_ITEMS_OF_ONE", {"of": "A", "turn": "t"}),
    ]


@each("kind", sorted(KINDS))
def test_an_erased_event_writes_nothing(kind: str) -> None:
    assert written(Erased(kind)) == []


def a_message(content: Sequence[object], type_: str = "userMessage") -> ItemRecorded:
    item = {"type": type_, "content": content}
    return ItemRecorded(turn_id="t", item_id="i", type=type_, item=item)


PREVIEWS: list[tuple[Sequence[object], str]] = [
    ([], ""),
    ([{"type": "text", "text": "a"}, {"type": "image", "url": "x"}], "a"),
    ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
    ([{"type": "text", "text": "x" * 3000}], "x" * 2000),
]


@pytest.mark.parametrize(("content", "preview"), PREVIEWS)
def test_a_preview_is_the_text_of_a_users_message_up_to_a_limit(
    content: Sequence[object], preview: str
) -> None:
    texts = {"of": "A", "text": preview, "folded_text": preview}
    assert written(a_message(content))[0] == ("threads.PREVIEW", texts)


def test_an_agents_message_is_no_preview() -> None:
    assert [name for name, _ in written(message())] == ["turns.INSERT_ITEM"]
