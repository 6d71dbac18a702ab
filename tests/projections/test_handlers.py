"""Handlers are pure: what each event type writes, said as a list, without a database."""

from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.job_writes import JOB_WRITES, Named
from tests.support.store import META
from threadhost.events.base import KINDS, Erased, Event, Gap, Meta, Recorded
from threadhost.events.fork import ThreadCopied
from threadhost.events.memory import JobClaimed, MemoriesForgotten
from threadhost.events.store.codec import decode
from threadhost.events.tree import TreeDeletionHalted
from threadhost.projections import VIEWS, all_views
from threadhost.projections.statement import Statement
from threadhost.projections.threads import CHOSEN

PLACE = {"position": 7, "version": 3, "thread_id": "A", "turn_id": "…aa"}
TOUCHED: Named = ("threads.TOUCH", {"id": "A", "updated_at_ms": META.recorded_at_ms})
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
    return {"thread_id": thread_id, "state": state, "retry_at_ms": 0, "at_ms": META.recorded_at_ms}


def changed(at_ms: int) -> dict[str, object]:
    return {"updated_at_ms": at_ms, "recency_at_ms": at_ms}


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
                "memory_mode": None,
                "copying": None,
            },
        ),
        ("threads.INSERT_TEXT", {"thread_id": "…0a", **dict.fromkeys(CHOSEN)}),
    ],
    "thread.copy_begun.v1": [("threads.BEGIN_COPYING", {"id": "A", "copying": True})],
    "thread.copied.v1": [
        (
            "threads.COPIED",
            {"id": "A", "copying": None, "listed": True, **changed(META.recorded_at_ms)},
        )
    ],
    "thread.archived.v1": [("threads.ARCHIVE", {"id": "A", "archived": True})],
    "thread.unarchived.v1": [("threads.ARCHIVE", {"id": "A", "archived": False})],
    "thread.configured.v1": [
        (
            "threads.CONFIGURE",
            {
                "thread_id": "A",
                "model": "echo-1",
                "model_provider": "echo",
                "cwd": "/home/ada/project",
                "originator": "codex_sdk",
                "thread_source": "user",
                "agent_nickname": None,
                "agent_role": None,
                "effort": "low",
            },
        ),
        TOUCHED,
    ],
    "thread.renamed.v1": [
        (
            "threads.RENAME",
            {
                "thread_id": "A",
                "name": "Überarbeitung der Suche 🔎",
                "name_folded": "uberarbeitung der suche 🔎",
            },
        )
    ],
    "thread.metadata_updated.v1": [
        ("metadata.SET_SHA", {"thread_id": "A", "git_sha": "0a1b2c"}),
        ("metadata.SET_BRANCH", {"thread_id": "A", "git_branch": None}),
        ("metadata.SET_ORIGIN", {"thread_id": "A", "git_origin_url": "https://example.org/a.git"}),
        ("metadata.SET_DAYBREAK", {"thread_id": "A", "daybreak": True}),
    ],
    "thread.imported.v1": [
        (
            "imported.DATE",
            {"id": "A", "created_at_ms": 1790000000000, **changed(1790000009000)},
        )
    ],
    "thread.memory_mode_set.v1": [("memory.SET_MODE", {"id": "A", "memory_mode": "disabled"})],
    "agent.message_sent.v1": [("agent_mail.INSERT", mail("sent"))],
    "agent.message_received.v1": [("agent_mail.INSERT", mail("due"))],
    "agent.ended.v1": [("agent_mail.INSERT", mail("ended"))],
    "agent.message_settled.v1": [("agent_mail.SETTLE", {"stream": "thread-A", "version": 12})],
    "agent.message_taken.v1": [("agent_mail.SETTLE", {"stream": "thread-A", "version": 4})],
    "agent.end_told.v1": [("agent_mail.SETTLE", {"stream": "thread-A", "version": 11})],
    "tree.agent_lost.v1": [("agent_mail.INSERT", mail("lost", "…0a"))],
    "tree.agent_loss_told.v1": [
        ("agent_mail.SETTLE_LOSS", {"stream": "thread-A", "child_id": "…0a"})
    ],
    "thread.deleted.v1": [(f"{name}.drop", {"of": "…0a"}) for name in OF_A_THREAD],
    "tree.targets_released.v1": [(f"{name}.drop", {"of": "…0b"}) for name in OF_A_THREAD],
    "turn.started.v1": [
        ("threads.BEGIN_TURN", {"id": "A", "listed": True, **changed(1763798400000)}),
        (
            "turns.INSERT",
            {
                **PLACE,
                "status": "inProgress",
                "started_at_ms": 1763798400000,
                "root_turn_id": "…ab",
                **dict.fromkeys(("completed_at_ms", "end_position", "error_position")),
            },
        ),
    ],
    "turn.item_recorded.v2": [
        (
            "threads.PREVIEW",
            {
                "thread_id": "A",
                "preview": "Grüß Gott",
                "preview_folded": "gruss gott",
                "preview_version": PLACE["version"],
            },
        ),
        ("turns.INSERT_ITEM", {**PLACE, "item_id": "item-1", "type": "userMessage"}),
    ],
    "turn.error_recorded.v1": [
        ("turns.FAIL", {"turn_id": "…aa", "thread_id": "A", "error_position": 7})
    ],
    "turn.completed.v1": [
        ("threads.TOUCH", {"id": "A", "updated_at_ms": 1763798402500}),
        (
            "turns.COMPLETE",
            {
                "turn_id": "…aa",
                "thread_id": "A",
                "status": "interrupted",
                "completed_at_ms": 1763798402500,
                "end_position": 7,
            },
        ),
    ],
    "thread.reverted.v2": [
        (
            "threads.UNSAY",
            {"thread_id": "A", "preview": None, "preview_folded": None, "preview_version": 5},
        ),
        TOUCHED,
        ("turns.REVERT", {"thread_id": "A", "version": 5}),
        ("turns.REVERT_ITEMS", {"thread_id": "A", "version": 5}),
    ],
    "queue.submission_added.v1": [
        (
            "queue.INSERT",
            {"submission_id": "…0b", "thread_id": "A", "rank": 2, "position": 7},
        )
    ],
    "queue.submission_changed.v1": [("queue.MOVE", {"submission_id": "…0b", "position": 7})],
    "queue.submission_removed.v1": [("queue.REMOVE", {"submission_id": "…0b"})],
    "queue.submission_taken.v1": [("queue.REMOVE", {"submission_id": "…0b"})],
    "queue.reordered.v1": [
        ("queue.RANK", {"submission_id": "…0c", "rank": 0}),
        ("queue.RANK", {"submission_id": "…0b", "rank": 1}),
    ],
    "thread.items_injected.v1": [TOUCHED],
    "goal.set.v1": [
        TOUCHED,
        ("goal.DELETE", {"thread_id": "A"}),
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
                "thread_id": "A",
                "status": "budgetLimited",
                "tokens_used": 5050,
                "tree_tokens": 47,
                "time_used_ms": 1500,
                "updated_at_ms": 1763798402600,
            },
        ),
        ("goal_cover.SETTLE", {"thread_id": "…0a", "version": 14}),
    ],
    "goal.spendings_passed.v1": [("goal_cover.SETTLE", {"thread_id": "…02", "version": 14})],
    "goal.spent.v1": [
        ("goal_cover.DELETE", {"thread_id": "A"}),
        ("goal_cover.INSERT", {"thread_id": "A", "root_id": "…01", "version": 3}),
    ],
    "goal.charged.v1": [
        (
            "goal.UPDATE",
            {
                "thread_id": "A",
                "status": "budgetLimited",
                "tokens_used": 5003,
                "tree_tokens": 0,
                "time_used_ms": 1500,
                "updated_at_ms": 1763798402500,
            },
        )
    ],
    "goal.scheduled.v1": [
        (
            "goal.UPDATE",
            {
                "thread_id": "A",
                "status": "active",
                "tokens_used": 47,
                "tree_tokens": 0,
                "time_used_ms": 1500,
                "updated_at_ms": 1763798402500,
            },
        )
    ],
    "goal.cleared.v1": [
        ("goal.DELETE", {"thread_id": "A"}),
        ("goal_spendings.drop", {"of": "A"}),
    ],
    "tree.thread_spawned.v1": [
        ("tree.DROP_EDGE", {"child_id": "…0a"}),
        (
            "tree.INSERT",
            {"child_id": "…0a", "parent_id": "…01", "depth": 1, "is_open": True},
        ),
    ],
    "tree.edge_closed.v1": [("tree.SET_OPEN", {"child_id": "…0a", "is_open": False})],
    "tree.edge_reopened.v1": [("tree.SET_OPEN", {"child_id": "…0a", "is_open": True})],
    "tree.deletion_planned.v2": [
        ("tree.PLAN", {"deletion_id": "…0d", "stream": "thread-A", "root_id": "…01"})
    ],
    "tree.deletion_completed.v1": [
        ("tree.END", {"deletion_id": "…0d"}),
        ("tree.AWAIT", {"deletion_id": "…0d"}),
    ],
    "tree.deletion_halted.v1": [
        ("tree.END", {"deletion_id": "…0d"}),
        ("tree.AWAIT", {"deletion_id": "…0d"}),
    ],
    "memory.job_failed.v1": [
        (
            "memory.END",
            {
                "thread_id": "…0a",
                "state": "retrying",
                "retry_at_ms": 1763798460000,
                "at_ms": META.recorded_at_ms,
            },
        )
    ],
    "memory.job_skipped.v1": [("memory.END", note_ended("…0c", "skipped"))],
    "memory.note_taken.v1": [("memory.END", note_ended("…0a", "noted"))],
    "memory.forgotten.v1": [("memory.FORGET", {"thread_id": "…0c"})],
    "memory.text_dropped.v1": [("memory.DROP", {"text_id": "…f3"})],
    "memory.keys_destroyed.v1": [("memory.ERASED", {"text_id": "…f3"})],
    "host.erasure_confirmed.v2": [("tree.CONFIRM", {"deletion_id": "…0d"})],
}


def name_of(statement: Statement) -> str:
    for table in all_views().described:
        if table.drop is statement:
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


def written(event: Event | Gap, stream: str = "thread-A", meta: Meta = META) -> list[Named]:
    of_job = isinstance(event, Event) and event.kind.startswith("job.") and event.stream == "job"
    fact = Recorded(7, "job-A.3" if of_job else stream, 3, event, meta)
    return [
        (name_of(statement), {name: shown(value) for name, value in values.items()})
        for statement, values in all_views().writes(fact)
    ]


@each("event", list(golden_events().values()), ids=lambda e: e.kind)
def test_each_event_type_writes_exactly_its_expected_rows(event: Event) -> None:
    assert written(event) == EXPECTED.get(event.kind, [])


def test_the_note_of_a_thread_is_begun_once_and_all_are_forgotten_together() -> None:
    claimed = JobClaimed(thread_id="A", token="t", attempt=2, claimed_at_ms=1, lease_ms=9)
    begun = {"thread_id": "A", "state": "claimed", "source_at_ms": 0, "attempt": 2}
    row = {**begun, "retry_at_ms": 0, "at_ms": META.recorded_at_ms}
    assert written(claimed) == [("memory.FORGET", {"thread_id": "A"}), ("memory.CLAIM", row)]
    reset = MemoriesForgotten(why="reset", at_ms=1)
    assert written(reset) == [("memory.FORGET_ALL", {"at_ms": META.recorded_at_ms})]
    assert written(MemoriesForgotten(why="crowdedOut", at_ms=1, thread_ids=["A"])) == []


def test_a_fork_without_turns_is_not_listed() -> None:
    ((_, values),) = written(ThreadCopied(thread_id="A", source_id="b", turns=0))
    assert not values["listed"]


def test_of_a_deletion_that_halted_ahead_of_its_first_thread_no_erasure_is_awaited() -> None:
    halted = TreeDeletionHalted(
        deletion_id="d", root_id="A", deleted=[], remaining=["A"], reason="legal hold"
    )
    assert written(halted) == [("tree.END", {"deletion_id": "d"})]


def test_a_first_version_revert_removes_the_named_turn() -> None:
    old = decode(1, "thread.reverted.v1", b'{"turn_id":"t","from_position":5,"turns_left":2}')
    ended, *gone = written(old)
    assert ended[0] == "threads.TOUCH"
    assert gone == [
        ("turns.REVERT_ONE", {"thread_id": "A", "turn_id": "t"}),
        ("turns.REVERT_ITEMS_OF_ONE", {"thread_id": "A", "turn_id": "t"}),
    ]


@each("kind", sorted(KINDS))
def test_an_erased_event_writes_nothing(kind: str) -> None:
    assert written(Erased(kind)) == []
