"""Rules of retention at work: bit by bit, never what is busy, followed, held or has changed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from tests.support.deletions import assert_gone, assert_usable, family, stored_tree
from tests.support.hosts import ORIGIN, Rig, message, settle, within
from tests.support.operator_lines import logged_line
from tests.support.store import META
from threadhost.actors.errors import DeletionHalted, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.hold import SetHold
from threadhost.actors.retention import DAY_MS, RetentionPolicy, Rule
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.retention import Applied, Retention
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.thread import RenameThread
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.retention import RetentionReads
from threadhost.events.agent import AgentMessageReceived
from threadhost.events.base import Event
from threadhost.events.hold import DeletionRefused
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.retention import RetentionApplied
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.thread import ThreadDeleted, ThreadRenamed
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionPlanned
from threadhost.events.turn import TurnCompleted, TurnStarted

TREES = Rule("old-trees", "trees", idle_ms=30 * DAY_MS)


class LaterClock(SystemClock):
    """Forty days ahead of what is recorded."""

    def now_ms(self) -> int:
        return super().now_ms() + 40 * DAY_MS


class Applies:
    """The rules of a rig, whom they take for followed, and what they recorded."""

    def __init__(self, rig: Rig, *rules: Rule, clock: SystemClock | None = None) -> None:
        self.followed: set[str] = set()
        self.told: list[tuple[Event, str]] = []
        look = RetentionReads(rig.logs, self.followed.__contains__)

        async def record(event: Event, origin: object) -> None:
            self.told.append((event, getattr(origin, "principal", "")))

        policy = RetentionPolicy(rules or (TREES,))
        self.rules = Retention(rig.host, look, policy, (clock or LaterClock(), rig.ids), record)

    async def run(self) -> Sequence[tuple[str, str]]:
        """Apply them; each root that was due, and why it stays."""
        done: list[Applied] = await within(self.rules.run("timer:test"))
        return [(one.weighed.due.root_id, one.stays) for one in done]


async def idle_family(rig: Rig) -> tuple[str, list[str]]:
    """A stored tree that nobody has open."""
    them = await family(rig)
    await rig.host.life.unload(them.everyone, "idle", ORIGIN)
    return them.root, them.everyone


async def test_a_tree_with_a_waiting_message_is_busy_and_stays(rig: Rig) -> None:
    root, everyone = await idle_family(rig)
    came = AgentMessageReceived(
        message="task",
        content=[{"type": "text", "text": "look"}],
        turn_id="t",
        root_turn_id="t",
        sender_id=root,
        sender_version=1,
    )
    await rig.logs.durable.append(StreamAppend(thread_stream(everyone[-1]), [came]), meta=META)
    assert await Applies(rig).run() == [(root, "busy")]


async def test_a_due_tree_is_deleted_with_a_receipt_under_the_principal_of_its_rule(
    rig: Rig,
) -> None:
    root, everyone = await idle_family(rig)
    applies = Applies(rig)
    (weighed,) = await applies.rules.preview()
    assert (weighed.due.root_id, weighed.stays, weighed.bytes > 1000) == (root, "", True)
    assert rig.published_events(TreeDeletionPlanned.kind) == []
    assert await applies.run() == [(root, "")]
    assert_gone(rig, everyone)
    deletions = [
        fact for fact in rig.seen if fact.kind in (ThreadDeleted.kind, TreeDeletionCompleted.kind)
    ]
    assert {fact.meta.principal for fact in deletions} == {"retention:old-trees"}
    assert {fact.meta.causation_id.partition("@")[0] for fact in deletions} == {
        f"event:{tree_stream(root)}"
    }
    (plan,) = rig.published_events(TreeDeletionPlanned.kind)
    assert plan.reason == "retention"
    applied = RetentionApplied(rule="old-trees", of="trees", acts=1, threads=5, bytes=weighed.bytes)
    assert applies.told == [(applied, "retention:old-trees")]


async def test_an_idle_loaded_tree_is_unloaded_and_deleted(rig: Rig) -> None:
    root = await rig.start()
    assert await Applies(rig, Rule("r", "trees", keep_newest=0)).run() == [(root, "")]
    assert_gone(rig, [root])


async def test_a_tree_with_a_running_turn_stays_and_the_turn_goes_on(rig: Rig) -> None:
    them = await family(rig)
    await rig.turn(them.grandchildren[0])
    rules = Rule("a", "trees", keep_newest=0), Rule("b", "threads", keep_newest=0)
    assert await Applies(rig, *rules).run() == [(them.root, "busy")]
    assert rig.host.threads.status(them.grandchildren[0]) == "active"
    assert_usable(rig, them.everyone)


async def test_an_idle_thread_in_a_tree_with_a_running_turn_stays(rig: Rig) -> None:
    them = await family(rig)
    working = them.grandchildren[0]
    await rig.turn(working)
    applies = Applies(rig, Rule("r", "threads", keep_newest=1))
    due = sorted((them.second, working))
    assert sorted(await applies.run()) == [(thread_id, "busy") for thread_id in due]
    assert_usable(rig, them.everyone)


async def test_a_turn_that_starts_after_the_fence_of_a_due_tree_is_refused(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, everyone = await idle_family(rig)
    late: list[asyncio.Task[object]] = []

    async def meanwhile(_self: object, _one: object) -> bool:
        late.append(asyncio.ensure_future(rig.turn(everyone[1])))
        await settle()
        return False

    monkeypatch.setattr(Retention, "_has_changed", meanwhile)
    assert await Applies(rig).run() == [(root, "")]
    (outcome,) = await within(asyncio.gather(*late, return_exceptions=True))
    assert isinstance(outcome, ThreadBeingDeleted | ThreadNotFound)
    assert rig.published_events(TurnStarted.kind) == []


async def test_a_tree_that_a_client_follows_stays_unless_the_rule_says_otherwise(rig: Rig) -> None:
    root, everyone = await idle_family(rig)
    applies = Applies(rig)
    applies.followed.add(everyone[-1])
    assert await applies.run() == [(root, "followed by a client")]
    applies = Applies(rig, TREES._replace(followed=True))
    applies.followed.add(everyone[-1])
    assert await applies.run() == [(root, "")]


async def test_a_held_tree_stays_and_is_counted_as_refused_once(rig: Rig) -> None:
    root, everyone = await idle_family(rig)
    free, others = await idle_family(rig)
    await rig.host.holds.set(everyone[2], "m", "thread", "case", ORIGIN)
    applies = Applies(rig, Rule("r", "trees", keep_newest=0))
    assert sorted(await applies.run()) == sorted([(root, "under legal hold"), (free, "")])
    assert_gone(rig, others)
    for _ in range(2):
        assert [weighed.stays for weighed in await applies.rules.preview()] == ["under legal hold"]
        assert await applies.run() == [(root, "under legal hold")]
    assert rig.published_events(DeletionRefused.kind) == []  # nobody tried
    assert [(e.acts, e.refused) for e, _ in applies.told if isinstance(e, RetentionApplied)] == [
        (1, 1),
        (0, 1),
    ]


async def test_a_hold_set_after_the_check_refuses_the_deletion_of_the_rule(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, everyone = await idle_family(rig)
    applies = Applies(rig)

    async def late(_self: object, _one: object) -> bool:
        await rig.host.trees.actors.tell(
            root, TreeCommandEnvelope(SetHold(root, "m", "tree"), ORIGIN, root)
        )
        return False

    monkeypatch.setattr(Retention, "_has_changed", late)
    assert await applies.run() == [(root, "under legal hold")]
    (refused,) = [fact for fact in rig.seen if fact.kind == DeletionRefused.kind]
    assert refused.meta.principal == "retention:old-trees"
    assert isinstance(refused.event, DeletionRefused)
    assert refused.event.reason == "retention"
    assert_usable(rig, everyone)


async def test_a_rename_counts_as_activity_for_a_retention_rule(
    rig: Rig,
) -> None:
    root, child, *_ = await stored_tree(rig, 3)
    applies = Applies(rig, Rule("r", "trees", idle_ms=60_000), clock=SystemClock())
    await rig.host.threads.amend(child, RenameThread("again"), ORIGIN)
    assert await applies.run() == [(root, "active since")]


async def test_a_thread_that_joined_after_the_check_keeps_its_tree(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, everyone = await idle_family(rig)
    joined: list[str] = []

    async def late(_self: object, _one: object) -> bool:
        joined.append(await rig.start(root))
        return False

    monkeypatch.setattr(Retention, "_has_changed", late)
    ((found, stays),) = await Applies(rig).run()
    assert (found, stays) == (
        root,
        (
            f"threads joined the tree below {root} after the decision to delete"
            " it; read the tree again"
        ),
    )
    assert_usable(rig, [*everyone, *joined])


async def test_a_tree_unarchived_while_its_files_are_listed_stays(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes a thread out again whose rule lets archived ones go."""
    root = await rig.start()
    await rig.host.trees.archive(root, ORIGIN)

    async def late(_self: object, _session_id: str, _root_id: str) -> None:
        await rig.host.trees.unarchive(root, ORIGIN)

    monkeypatch.setattr(Deletions, "_look_at_files", late)
    applies = Applies(rig, Rule("r", "threads", archived=True))
    why = (
        f"thread {root}, or one below it, changed after the decision to delete"
        " it; read the tree again"
    )
    assert await applies.run() == [(root, why)]
    assert_usable(rig, [root])


async def test_a_rename_that_is_written_just_ahead_of_the_plan_keeps_its_tree(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, everyone = await idle_family(rig)
    append = rig.logs.durable.append
    renaming: list[asyncio.Future[object]] = []

    async def behind_it(*appends: StreamAppend, **about: Any) -> Appended:
        if any(isinstance(event, TreeDeletionPlanned) for some in appends for event in some.events):
            renamed = StreamAppend(thread_stream(everyone[-1]), [ThreadRenamed(name="mine")])
            renaming.append(asyncio.ensure_future(append(renamed, meta=META)))
            await asyncio.sleep(0)
        return await append(*appends, **about)

    monkeypatch.setattr(rig.logs.durable, "append", behind_it)
    why = (
        f"thread {root}, or one below it, changed after the decision to delete"
        " it; read the tree again"
    )
    assert await Applies(rig).run() == [(root, why)]
    await within(asyncio.gather(*renaming))
    assert rig.published_events(TreeDeletionPlanned.kind) == []
    assert_usable(rig, everyone)
    monkeypatch.undo()
    await rig.host.trees.delete(root, ORIGIN)
    assert_gone(rig, everyone)


async def test_a_turn_that_races_a_rule_is_answered_and_keeps_its_tree_or_is_refused(
    rig: Rig,
) -> None:
    for turns in range(8):
        root, everyone = await idle_family(rig)
        rig.seen.clear()
        run = asyncio.ensure_future(Applies(rig).run())
        for _ in range(turns * 2):
            await asyncio.sleep(0)
        turn = asyncio.ensure_future(rig.turn(root))
        await within(run)
        with suppress(Exception):
            await within(turn)
        if turn.exception() is None:
            (await rig.model.asked()).say(*message("ok")).end()
            await rig.published(TurnCompleted.kind, thread_stream(root))
            assert_usable(rig, everyone)
            await rig.host.trees.delete(root, ORIGIN)
        else:
            assert_gone(rig, everyone)


async def test_threads_in_memory_without_a_follower_are_dropped_and_stored_ones_stay(
    rig: Rig,
) -> None:
    stored = await rig.start()
    leftover, kept = await rig.start(ephemeral=True), await rig.start(ephemeral=True)
    applies = Applies(rig, Rule("mem", "ephemeral", idle_ms=DAY_MS))
    applies.followed.add(kept)
    assert sorted(await applies.run()) == sorted([(leftover, ""), (kept, "followed by a client")])
    assert list(rig.host.live.ids()) == [stored, kept]
    assert not rig.logs.is_ephemeral(leftover)
    assert [(e.threads, p) for e, p in applies.told if isinstance(e, RetentionApplied)] == [
        (1, "retention:mem")
    ]


async def test_a_rule_with_a_size_limit_decides_by_sizes(rig: Rig) -> None:
    large, small = await rig.start(), await rig.start()
    await rig.turn(large, "x" * 5_000)
    (await rig.model.asked()).say(*message("ok")).end()
    await rig.published(TurnCompleted.kind, thread_stream(large))
    found = await RetentionReads(rig.logs, lambda _: False).sizes()
    assert found[large] > found[small] + 5_000
    rule = Rule("r", "trees", keep_bytes=found[large] + 100)
    assert await Applies(rig, rule).run() == [(small, "")]


async def test_rules_are_applied_periodically_until_they_are_closed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    applies = Applies(rig)
    applies.rules.policy = applies.rules.policy._replace(every_ms=1)
    ran = asyncio.Event()
    runs = 0

    async def run(_self: object) -> list[Applied]:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("the first fails")
        ran.set()
        return []

    monkeypatch.setattr(Retention, "run", run)
    task = asyncio.ensure_future(applies.rules.run_now_and_then(0.001))
    await within(ran.wait())
    applies.rules.close()
    await within(task)
    assert runs == 2


async def test_an_operator_gets_a_line_when_the_acts_of_a_rule_could_not_be_recorded(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await idle_family(rig)
    applies = Applies(rig)

    async def full(_event: Event, _origin: object) -> None:
        raise StoreUnavailable("no space is left")

    monkeypatch.setattr(applies.rules, "_record", full)
    assert await applies.run() == [(root, "")]
    line = logged_line(caplog, "retention.not_recorded")
    assert (line["rule"], line["fault"]) == ("old-trees", "no space is left")


async def test_an_operator_gets_a_line_when_a_deletion_of_a_rule_halted(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await idle_family(rig)
    reason = "failed to delete thread: it is stuck"

    async def halted(*_: object) -> None:
        raise DeletionHalted(reason)

    monkeypatch.setattr(rig.host.trees, "delete_on_terms", halted)
    assert await Applies(rig).run() == [(root, reason)]
    line = logged_line(caplog, "retention.halted")
    assert (line["rule"], line["what"]) == ("old-trees", reason)


async def test_an_operator_gets_a_line_when_rules_fail_and_the_next_run_comes(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    applies = Applies(rig)
    applies.rules.policy = RetentionPolicy((TREES,), 1)
    runs: list[str] = []

    async def broken(self: Retention) -> list[Applied]:
        runs.append("begun")
        if len(runs) == 3:
            self.close()
        raise RuntimeError("what somebody said")

    monkeypatch.setattr(Retention, "run", broken)
    await within(applies.rules.run_now_and_then(0))
    assert len(runs) == 3
    line = logged_line(caplog, "retention.failed")
    assert line["kind"] == "RuntimeError"
    assert "somebody" not in str(line)
