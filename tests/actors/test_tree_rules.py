"""The rules of spawn trees: who may join, what a deletion takes along, and in which order."""

from collections.abc import Sequence

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from tests.given import given_tree, recorded
from tests.support.searching import tries
from threadhost.actors.command import Command
from threadhost.actors.errors import SpawnRefused, ThreadBeingDeleted
from threadhost.actors.tree import (
    CompleteDeletion,
    HaltDeletion,
    PlanDeletion,
    SpawnThread,
    TreeLimits,
    ancestry,
    decide,
    leaf_first,
    subtree,
)
from threadhost.events.fold import Tree, fold_tree, no_tree
from threadhost.events.tree import (
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    Node,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
    no_map,
    no_set,
)

NARROW = TreeLimits(depth_max=2, children_max=2, threads_max=4)


def edge(parent_id: str, child_id: str, depth: int = 1) -> ThreadSpawned:
    return ThreadSpawned(parent_id=parent_id, child_id=child_id, depth=depth)


def planned(root_id: str, *thread_ids: str, deletion_id: str = "d") -> TreeDeletionPlanned:
    targets = [DeletionTarget(thread_id=t, parent_id=None, depth=0) for t in thread_ids]
    return TreeDeletionPlanned(deletion_id=deletion_id, root_id=root_id, targets=targets)


def spawning(parent_id: str, child_id: str, limits: TreeLimits = NARROW) -> SpawnThread:
    return SpawnThread(parent_id, child_id, "root", limits)


def order(root_id: str, durable: Tree, ephemeral: Tree | None = None) -> list[str]:
    return [t.thread_id for t in leaf_first(subtree(root_id, durable, ephemeral or no_tree()))]


def test_a_child_joins_one_deeper_than_its_parent() -> None:
    given_tree().when(spawning("root", "a")).then(edge("root", "a", 1))
    given_tree(edge("root", "a", 1)).when(spawning("a", "b")).then(edge("a", "b", 2))


def test_a_tree_grows_no_deeper_than_its_limit() -> None:
    given_tree(edge("root", "a", 1), edge("a", "b", 2)).when(spawning("b", "c")).refused(
        SpawnRefused, "tree limit reached: depth 3 is over 2"
    )


def test_a_thread_has_no_more_children_than_its_limit() -> None:
    given_tree(edge("root", "a"), edge("root", "b")).when(spawning("root", "c")).refused(
        SpawnRefused, "tree limit reached: number of children 3 is over 2"
    )


def test_a_tree_has_no_more_threads_than_its_limit() -> None:
    full = given_tree(edge("root", "a"), edge("root", "b"), edge("a", "c", 2))
    full.when(spawning("b", "d")).refused(
        SpawnRefused, "tree limit reached: number of threads 5 is over 4"
    )


def test_closed_edges_count_towards_the_limits() -> None:
    closed = given_tree(edge("root", "a"), edge("root", "b"), EdgeClosed(child_id="b"))
    closed.when(spawning("root", "c")).refused(
        SpawnRefused, "tree limit reached: number of children 3 is over 2"
    )


@pytest.mark.parametrize("child_id", ["root", "a", "b"])
def test_a_thread_cannot_spawn_an_ancestor_or_itself(child_id: str) -> None:
    given_tree(edge("root", "a", 1), edge("a", "b", 2)).when(
        spawning("b", child_id, TreeLimits())
    ).refused(SpawnRefused, f"thread {child_id} is an ancestor of b: a tree has no cycles")


def test_a_thread_joins_a_tree_once() -> None:
    given_tree(edge("root", "a"), edge("root", "b")).when(spawning("b", "a", TreeLimits())).refused(
        SpawnRefused, "thread a is in the tree already"
    )


def test_nothing_is_spawned_below_a_fenced_thread() -> None:
    fenced = given_tree(edge("root", "a"), planned("a", "a"))
    fenced.when(spawning("a", "b")).refused(ThreadBeingDeleted, "thread is being deleted: a")
    fenced.when(spawning("root", "b")).then(edge("root", "b", 1))


def test_a_halted_deletion_leaves_the_rest_open_for_children() -> None:
    halted = TreeDeletionHalted(
        deletion_id="d", root_id="root", reason="x", deleted=["a"], remaining=["root"]
    )
    past = (edge("root", "a"), planned("root", "root", "a"), halted)
    given_tree(*past).when(spawning("root", "b")).then(edge("root", "b", 1))


def test_a_plan_names_all_targets() -> None:
    plan = planned("a", "a", "b")
    given_tree(edge("root", "a")).when(PlanDeletion("d", "a", plan.targets)).then(plan)


@pytest.mark.parametrize("targets", [("a",), ("root", "a"), ("b", "a")])
def test_a_thread_under_deletion_is_in_no_second_plan(targets: Sequence[str]) -> None:
    second = planned(targets[0], *targets, deletion_id="e")
    given_tree(edge("root", "a"), planned("a", "a")).when(
        PlanDeletion("e", second.root_id, second.targets)
    ).refused(ThreadBeingDeleted, "thread is being deleted: a")


def test_a_completed_deletion_is_gone_from_the_tree() -> None:
    receipt = DeletionReceipt(threads=2)
    done = TreeDeletionCompleted(deletion_id="d", root_id="a", receipt=receipt)
    past = (edge("root", "a"), edge("a", "b", 2), planned("a", "a", "b"))
    given_tree(*past).when(CompleteDeletion("d", receipt)).then(done)
    assert order("root", given_tree(*past, done).state) == ["root"]


def test_a_halt_records_the_deleted_and_the_remaining_threads() -> None:
    past = (edge("root", "a"), planned("root", "root", "a"))
    given_tree(*past).when(HaltDeletion("d", "why", ["a"])).then(
        TreeDeletionHalted(
            deletion_id="d", root_id="root", reason="why", deleted=["a"], remaining=["root"]
        )
    )


@pytest.mark.parametrize(
    "command", [HaltDeletion("d", "why", []), CompleteDeletion("d", DeletionReceipt(threads=0))]
)
def test_a_deletion_ends_once(command: Command) -> None:
    given_tree(edge("root", "a")).when(command).then()


def test_a_command_without_a_rule_for_trees_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="no rule for Command on tree s"):
        decide(Command(), no_tree("s"))


def test_the_plan_is_breadth_first_by_depth_then_id() -> None:
    tree = given_tree(
        edge("root", "b"), edge("root", "a"), edge("b", "d", 2), edge("a", "z", 2)
    ).state
    assert [(t.thread_id, t.parent_id, t.depth) for t in subtree("root", tree, no_tree())] == [
        ("root", None, 0),
        ("a", "root", 1),
        ("b", "root", 1),
        ("d", "b", 2),
        ("z", "a", 2),
    ]
    assert order("root", tree) == ["z", "d", "b", "a", "root"]


def test_a_grandchild_is_deleted_before_its_parent_and_the_root_last() -> None:
    tree = given_tree(edge("root", "child"), edge("child", "grandchild", 2)).state
    assert order("root", tree) == ["grandchild", "child", "root"]


def test_a_plan_has_only_the_subtree_and_its_root_keeps_its_parent() -> None:
    tree = given_tree(edge("root", "a"), edge("root", "b"), edge("a", "c", 2)).state
    targets = subtree("a", tree, no_tree())
    assert [(t.thread_id, t.parent_id, t.depth) for t in targets] == [
        ("a", "root", 0),
        ("c", "a", 1),
    ]


def test_closed_edges_are_deleted_along() -> None:
    tree = given_tree(edge("root", "a"), EdgeClosed(child_id="a"), edge("a", "b", 2)).state
    assert order("root", tree) == ["b", "a", "root"]


def test_threads_in_memory_are_marked_as_such() -> None:
    durable = given_tree(edge("root", "a")).state
    memory = given_tree(edge("a", "x", 2), edge("x", "y", 3)).state
    targets = subtree("root", durable, memory)
    assert [(t.thread_id, t.ephemeral) for t in targets] == [
        ("root", False),
        ("a", False),
        ("x", True),
        ("y", True),
    ]


def test_a_child_that_changed_its_parent_is_deleted_with_the_new_parent() -> None:
    tree = given_tree(edge("root", "a"), edge("root", "b"), edge("b", "a", 2)).state
    assert order("b", tree) == ["a", "b"]
    assert list(tree.children["root"]) == ["b"]


nodes = st.sampled_from([f"t{n}" for n in range(8)])
graphs = st.lists(st.tuples(nodes, nodes), max_size=24)


def damaged(edges: list[tuple[str, str]]) -> Tree:
    """A tree whose edges obey no rule: threads that spawned themselves, two parents, cycles."""
    nodes, children = no_map(), no_map()
    for parent, child in edges:
        nodes = nodes.insert(child, Node(parent, 1))
        children = children.insert(parent, children.get(parent, no_set()).insert(child))
    return no_tree("t0")._replace(nodes=nodes, children=children)


def reachable(root: str, edges: list[tuple[str, str]]) -> dict[str, int]:
    """How far below the root each thread is, by the shortest way."""
    depths, level = {root: 0}, {root}
    while level:
        level = {child for parent, child in edges if parent in level} - set(depths)
        depths.update(dict.fromkeys(level, max(depths.values()) + 1))
    return depths


@examples(graphs, graphs, nodes)
@tries(60)
def test_any_graph_even_with_cycles_has_a_leaf_first_order_with_each_thread_once(
    stored: list[tuple[str, str]], memory: list[tuple[str, str]], root: str
) -> None:
    targets = leaf_first(subtree(root, damaged(stored), damaged(memory)))
    depths = reachable(root, stored + memory)
    assert sorted(t.thread_id for t in targets) == sorted(depths)
    assert [t.depth for t in targets] == [depths[t.thread_id] for t in targets]
    keys = [(t.depth, t.thread_id) for t in targets]
    assert keys == sorted(keys, reverse=True)
    place = {t.thread_id: n for n, t in enumerate(targets)}
    assert all(place[t.thread_id] < place[t.parent_id or ""] for t in targets[:-1])
    assert targets[-1].thread_id == root


@examples(graphs, nodes)
@tries(60)
def test_the_way_up_ends_even_on_a_cycle(edges: list[tuple[str, str]], start: str) -> None:
    path = ancestry(damaged(edges), start)
    assert path[0] == start
    assert len(path) == len(set(path))


grown = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=30)


def test_workers_of_jobs_are_not_counted_among_the_children_of_a_thread() -> None:
    worker = SpawnThread("root", "w3", "root", NARROW, is_worker=True)
    children = [edge("root", "a"), edge("root", "b")]
    workers = [edge("root", w).model_copy(update={"is_worker": True}) for w in ("w1", "w2")]
    tree = fold_tree(recorded([*children, *workers]), no_tree("root"))
    assert [event.kind for event in decide(worker, tree)] == ["tree.thread_spawned.v1"]
    fewer = fold_tree(recorded([children[0], *workers]), no_tree("root"))
    spawned = decide(SpawnThread("root", "b", "root", NARROW), fewer)
    assert [event.kind for event in spawned] == ["tree.thread_spawned.v1"]
    with pytest.raises(SpawnRefused, match="number of children 3 is over 2"):
        decide(SpawnThread("root", "c", "root", NARROW), tree)


@examples(grown)
@tries(60)
def test_a_tree_that_grew_by_the_rules_is_a_forest_within_its_limits(
    wishes: list[tuple[int, int]],
) -> None:
    limits = TreeLimits(depth_max=4, children_max=3, threads_max=12)
    tree = no_tree("root")
    for parent, child in wishes:
        parent_id = "root" if parent == 0 or f"t{parent}" not in tree.nodes else f"t{parent}"
        child_id = "root" if child == 0 else f"t{child}"
        try:
            events = decide(SpawnThread(parent_id, child_id, "root", limits), tree)
        except SpawnRefused:
            continue
        tree = fold_tree(recorded(events), tree)
    assert "root" not in tree.nodes
    assert len(tree.nodes) + 1 <= limits.threads_max
    assert all(len(c) <= limits.children_max for c in tree.children.values())
    for thread_id, node in tree.nodes.items():
        assert ancestry(tree, thread_id)[-1] == "root"
        assert len(ancestry(tree, thread_id)) - 1 == node.depth <= limits.depth_max
