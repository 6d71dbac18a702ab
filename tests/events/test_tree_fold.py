"""What a tree's state is after its events: edges, fences and deletions."""

from hypothesis import given
from hypothesis import strategies as st
from rpds import HashTrieMap

from tests.support.golden import golden_events
from tests.support.store import META
from threadhost.events.base import KINDS, Erased, Event, Recorded
from threadhost.events.fold import fold_tree
from threadhost.events.tree import (
    DeletionReceipt,
    DeletionTarget,
    EdgeClosed,
    EdgeReopened,
    Node,
    ThreadSpawned,
    Tree,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)


def folded(*events: Event | Erased) -> Tree:
    return fold_tree(Recorded(n, "tree-a", n, event, META) for n, event in enumerate(events, 1))


def edges(tree: Tree) -> dict[str, list[str]]:
    """The children of each parent, by id."""
    return {parent_id: sorted(below) for parent_id, below in tree.children.items()}


def spawned(child_id: str, parent_id: str = "a", depth: int = 1) -> ThreadSpawned:
    return ThreadSpawned(parent_id=parent_id, child_id=child_id, depth=depth)


def plan(*thread_ids: str, deletion_id: str = "d") -> TreeDeletionPlanned:
    targets = [DeletionTarget(thread_id=t, parent_id=None, depth=0) for t in thread_ids]
    return TreeDeletionPlanned(deletion_id=deletion_id, root_id=thread_ids[0], targets=targets)


def done(deletion_id: str = "d") -> TreeDeletionCompleted:
    receipt = DeletionReceipt(threads=1)
    return TreeDeletionCompleted(deletion_id=deletion_id, root_id="b", receipt=receipt)


def halted(deleted: list[str], remaining: list[str]) -> TreeDeletionHalted:
    return TreeDeletionHalted(
        deletion_id="d", root_id="b", reason="r", deleted=deleted, remaining=remaining
    )


def test_a_spawned_thread_is_its_parents_child() -> None:
    tree = folded(spawned("b"), spawned("c", "b", 2), spawned("d"))
    assert dict(tree.nodes.items()) == {"b": Node("a", 1), "c": Node("b", 2), "d": Node("a", 1)}
    assert edges(tree) == {"a": ["b", "d"], "b": ["c"]}
    assert tree.version == 3


def test_a_thread_spawned_again_leaves_its_old_parent() -> None:
    tree = folded(spawned("b"), spawned("c"), spawned("c", "b", 2))
    assert edges(tree) == {"a": ["b"], "b": ["c"]}
    assert tree.nodes["c"] == Node("b", 2)


def test_an_edge_is_closed_and_opened_again() -> None:
    assert not folded(spawned("b"), EdgeClosed(child_id="b")).nodes["b"].is_open
    reopened = folded(spawned("b"), EdgeClosed(child_id="b"), EdgeReopened(child_id="b"))
    assert reopened.nodes["b"].is_open
    assert folded(EdgeClosed(child_id="unknown")).nodes == HashTrieMap()


def test_a_planned_subtree_is_fenced_until_its_deletion_ends() -> None:
    before = [spawned("b"), spawned("c", "b", 2)]
    planned = folded(*before, plan("b", "c"))
    assert planned.fenced == {"b", "c"}
    assert list(planned.deletions) == ["d"]
    ended = folded(*before, plan("b", "c"), done())
    assert ended.fenced == frozenset()
    assert ended.deletions == HashTrieMap()


def test_a_completed_deletion_takes_its_threads_out_of_the_tree() -> None:
    tree = folded(spawned("b"), spawned("c", "b", 2), spawned("d"), plan("b", "c"), done())
    assert dict(tree.nodes.items()) == {"d": Node("a", 1)}
    assert edges(tree) == {"a": ["d"]}


def test_a_halted_deletion_removes_the_deleted_threads_and_unfences_the_rest() -> None:
    tree = folded(spawned("b"), spawned("c", "b", 2), plan("b", "c"), halted(["c"], ["b"]))
    assert dict(tree.nodes.items()) == {"b": Node("a", 1)}
    assert edges(tree) == {"a": ["b"]}
    assert tree.fenced == frozenset()
    assert tree.deletions == HashTrieMap()


def test_the_end_of_an_unplanned_deletion_changes_nothing() -> None:
    assert folded(spawned("b"), done("unknown")).nodes == HashTrieMap({"b": Node("a", 1)})


def test_a_thread_whose_parent_was_deleted_alone_may_be_spawned_again() -> None:
    """A plan always takes whole subtrees; damaged data may say otherwise."""
    tree = folded(spawned("b"), spawned("c", "b", 2), plan("b"), done(), spawned("c"))
    assert edges(tree) == {"a": ["c"]}


def test_two_deletions_of_a_tree_are_kept_apart() -> None:
    tree = folded(spawned("b"), spawned("c"), plan("b"), plan("c", deletion_id="e"), done())
    assert tree.fenced == {"c"}
    assert list(tree.deletions) == ["e"]


names = st.sampled_from("bcdef")
spawns = st.builds(
    ThreadSpawned,
    child_id=names,
    parent_id=st.sampled_from("abcdef"),
    depth=st.integers(1, 5),
    is_agent=st.booleans(),
)
edge_changes = st.builds(EdgeClosed, child_id=names) | st.builds(EdgeReopened, child_id=names)
plans = st.lists(names, min_size=1, unique=True).map(lambda found: plan(*found))
halts = st.builds(halted, st.lists(names), st.lists(names))
anything = st.lists(
    spawns
    | edge_changes
    | plans
    | halts
    | st.just(done())
    | st.sampled_from(list(golden_events().values()))
    | st.sampled_from(sorted(KINDS)).map(Erased),
    max_size=40,
)


@given(anything)
def test_nodes_and_children_of_a_tree_always_agree(history: list[Event | Erased]) -> None:
    tree = folded(*history)
    said = sorted((parent, c) for parent, children in tree.children.items() for c in children)
    kept = sorted((node.parent_id, child) for child, node in tree.nodes.items())
    assert [edge for edge in said if edge in kept] == said
    reachable = [(parent, child) for parent, child in kept if parent in tree.children]
    assert said == reachable
    assert tree.version == len(history)


def agents_among_nodes(tree: Tree) -> set[str]:
    """The agents among the nodes that are open."""
    return {child for child, node in tree.nodes.items() if node.is_agent and node.is_open}


@given(anything)
def test_the_open_agents_of_a_tree_are_always_those_among_its_nodes(
    history: list[Event | Erased],
) -> None:
    tree = folded(*history)
    assert {*tree.open_agents} == agents_among_nodes(tree)


def agent(child_id: str, parent_id: str = "a", depth: int = 1) -> ThreadSpawned:
    return ThreadSpawned(parent_id=parent_id, child_id=child_id, depth=depth, is_agent=True)


def test_an_agent_that_is_closed_deleted_or_orphaned_is_not_open() -> None:
    tree = folded(*map(agent, "bcde"), agent("f", "c", 2), EdgeClosed(child_id="b"), spawned("e"))
    assert {*tree.open_agents} == {"c", "d", "f"}
    assert {*tree.without(["c"]).open_agents} == {"d"}
    reopened = folded(agent("b"), EdgeClosed(child_id="b"), EdgeReopened(child_id="b"))
    assert {*tree.merged(reopened).open_agents} == {"b", "c", "d", "f"}
