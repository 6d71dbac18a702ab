"""Threads that are taken in: their rules, and the tree that they join while it is at work."""

from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, SETTINGS, open_rig
from threadhost.actors.errors import SpawnRefused, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.imported import ImportThread, JoinTree, joined
from threadhost.actors.thread import decide
from threadhost.actors.tree import decide as decide_tree
from threadhost.events.fold import fold_tree
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.imported import ForeignLinesKept, ThreadImported
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.thread import (
    Thread,
    ThreadArchived,
    ThreadConfigured,
    ThreadRenamed,
    ThreadStarted,
)
from threadhost.events.tree import EdgeClosed, ThreadSpawned, Tree, no_tree
from threadhost.events.tree import evolve as evolve_tree
from threadhost.events.turn import TurnCompleted, TurnStarted

CAME = ThreadImported(
    program="codex",
    provider="p",
    created_at_ms=1,
    updated_at_ms=2,
    digest="",
    size_bytes=0,
    lines=0,
)
PAST = (
    TurnStarted(turn_id="t", started_at_ms=1),
    TurnCompleted(turn_id="t", outcome="completed", started_at_ms=1, completed_at_ms=2),
)


def command(thread_id: str, parent_id: str | None = None, session_id: str = "") -> ImportThread:
    """What takes a thread in, alone or below another one."""
    return ImportThread(
        thread_id=thread_id,
        settings=SETTINGS,
        imported=CAME,
        past=PAST,
        parent_id=parent_id,
        session_id=session_id,
        noted_in=session_id,
    )


def spawned(tree: Tree, parent_id: str, child_id: str) -> Tree:
    """The tree with one more edge."""
    join = JoinTree(parent_id, child_id, "root")
    for event in decide_tree(join, tree):
        tree = evolve_tree(event, tree)
    return tree


def test_an_imported_thread_begins_with_its_start_and_ends_with_its_name_and_archive_state() -> (
    None
):
    kept = (ForeignLinesKept(lines=[]),)
    events = decide(command("a").but(name="Owls", archived=True, kept=kept), Thread())
    assert [type(one) for one in events] == [
        ThreadStarted,
        ThreadConfigured,
        ThreadImported,
        TurnStarted,
        TurnCompleted,
        ForeignLinesKept,
        ThreadRenamed,
        ThreadArchived,
    ]


def test_the_edge_of_an_imported_thread_is_closed_unless_given_as_open() -> None:
    closed = decide_tree(JoinTree("root", "a", "root"), no_tree("root"))
    assert [type(one) for one in closed] == [ThreadSpawned, EdgeClosed]
    opened = decide_tree(JoinTree("root", "a", "root", is_open=True), no_tree("root"))
    assert [type(one) for one in opened] == [ThreadSpawned]


def test_a_known_edge_is_recorded_once_and_a_cycle_is_refused() -> None:
    tree = spawned(spawned(no_tree("root"), "root", "a"), "a", "b")
    assert decide_tree(JoinTree("root", "b", "root"), tree) == ()
    for parent_id, child_id in (("b", "a"), ("b", "root"), ("a", "a")):
        with pytest.raises(SpawnRefused, match="a tree has no cycles"):
            decide_tree(JoinTree(parent_id, child_id, "root"), tree)


def test_an_imported_thread_is_one_deeper_than_its_parent() -> None:
    tree = spawned(no_tree("root"), "root", "a")
    edge, start = joined(command("b", "a", "root"), tree)
    assert start.depth == 2
    assert [one.depth for one in edge if isinstance(one, ThreadSpawned)] == [2]


def test_no_thread_is_imported_below_a_thread_that_is_being_deleted() -> None:
    tree = no_tree("root")._replace(fenced=frozenset({"a"}))
    with pytest.raises(ThreadBeingDeleted):
        decide_tree(JoinTree("a", "b", "root"), tree)


async def test_an_imported_thread_is_in_the_tree_and_not_live(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root, child = await rig.start(), rig.ids.new()
        await rig.host.threads.import_thread(command(child, root, root), ORIGIN)
        assert rig.host.threads.loaded(child) is None
        assert (await rig.host.trees.preview(root)).order == [child, root]
        facts = await rig.logs.durable.read_stream(tree_stream(root))
        assert set(fold_tree(facts).nodes) == {child}
        with pytest.raises(WrongExpectedVersion):
            await rig.host.threads.import_thread(command(child), ORIGIN)


async def test_no_thread_is_imported_below_a_deleted_thread(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root, child = await rig.start(), rig.ids.new()
        await rig.host.trees.delete(root, ORIGIN)
        with pytest.raises(ThreadNotFound):
            await rig.host.threads.import_thread(command(child, root, root), ORIGIN)
        assert await rig.logs.durable.stream_head(thread_stream(child)) is None
