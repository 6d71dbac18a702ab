"""The rules of legal holds: what they cover, and that what is held is not planned to go."""

import pytest

from tests.given import META, given_tree
from tests.support.each import each
from threadhost.actors import hold
from threadhost.actors.errors import ThreadBeingDeleted
from threadhost.actors.hold import (
    HeldOtherwise,
    HoldNotFound,
    HoldsFull,
    ReleaseHold,
    SetHold,
    ThreadHeld,
)
from threadhost.actors.tree import PlanDeletion, decide, holds_against, subtree
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.fold import Tree, fold_tree, no_tree
from threadhost.events.hold import DeletionRefused, HoldReleased, HoldSet, Scope
from threadhost.events.tree import (
    DeletionTarget,
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)

EDGES = (
    ThreadSpawned(parent_id="root", child_id="a", depth=1),
    ThreadSpawned(parent_id="root", child_id="b", depth=1),
    ThreadSpawned(parent_id="a", child_id="deep", depth=2),
)


def held(thread_id: str, scope: Scope = "thread", matter: str = "m") -> HoldSet:
    return HoldSet(thread_id=thread_id, matter=matter, scope=scope)


def of(*events: Event | Damaged) -> Tree:
    """The tree after its edges and these."""
    facts = [Recorded(n, "t", n, event, META) for n, event in enumerate((*EDGES, *events), 1)]
    return fold_tree(facts, no_tree("root"))


def planning(root_id: str, tree: Tree) -> PlanDeletion:
    return PlanDeletion("d", root_id, subtree(root_id, tree, no_tree()))


@each(
    ("hold_set", "refused"),
    [
        (held("a"), {"root", "a"}),
        (held("deep"), {"root", "a", "deep"}),
        (held("a", "tree"), {"root", "a", "deep"}),
        (held("root"), {"root"}),
        (held("root", "tree"), {"root", "a", "b", "deep"}),
    ],
)
def test_a_hold_keeps_its_threads_and_all_their_ancestors_from_deletion(
    hold_set: HoldSet, refused: set[str]
) -> None:
    tree = of(hold_set)
    found = set()
    for root_id in ("root", "a", "b", "deep"):
        if holds_against(root_id, subtree(root_id, tree, no_tree()), tree):
            found.add(root_id)
    assert found == refused


def test_a_thread_that_joins_below_a_held_subtree_later_is_held_too() -> None:
    late = ThreadSpawned(parent_id="deep", child_id="late", depth=3)
    tree = of(held("a", "tree"), late)
    assert holds_against("late", subtree("late", tree, no_tree()), tree) == [("a", "m")]


def test_a_refused_deletion_is_recorded_with_all_holds_against_it() -> None:
    events = (*EDGES, held("deep", matter="two"), held("root", "tree"), held("b"))
    command = planning("a", of())
    expected = DeletionRefused(root_id="a", reason="requested", hold_versions=[4, 5])
    given_tree(*events).when(command).then(expected)


def test_a_released_hold_does_not_prevent_a_deletion() -> None:
    gone = HoldReleased(thread_id="a", matter="m")
    given_tree(*EDGES, held("a"), gone).when(planning("a", of())).then_kinds(
        TreeDeletionPlanned.kind
    )


def test_a_hold_of_another_matter_still_prevents_a_deletion() -> None:
    events = (*EDGES, held("a"), held("a", matter="two"), HoldReleased(thread_id="a", matter="m"))
    given_tree(*events).when(planning("a", of())).then_kinds(DeletionRefused.kind)


def test_the_same_hold_again_records_nothing() -> None:
    given_tree(held("a")).when(SetHold("a", "m", "thread")).then()


def test_a_hold_is_not_narrowed_or_widened_unnoticed() -> None:
    given_tree(held("a", "tree")).when(SetHold("a", "m", "thread")).refused(
        HeldOtherwise,
        "thread a is under a hold of matter m with scope `tree`; release that first, or name"
        " another matter",
    )


def test_the_release_of_a_hold_that_does_not_exist_is_refused() -> None:
    given_tree(held("a", matter="other")).when(ReleaseHold("a", "m")).refused(
        HoldNotFound, "thread a is not under a hold of matter m"
    )


PLANNED = TreeDeletionPlanned(
    deletion_id="d",
    root_id="deep",
    targets=[DeletionTarget(thread_id="deep", parent_id="a", depth=0)],
)


def test_a_hold_on_threads_under_deletion_is_refused_and_one_beside_them_is_set() -> None:
    rules = given_tree(*EDGES, PLANNED)
    for late in (SetHold("deep", "m", "thread"), SetHold("root", "m", "tree")):
        rules.when(late).refused(ThreadBeingDeleted, "thread is being deleted: deep")
    rules.when(SetHold("b", "m", "tree")).then(held("b", "tree"))
    rules.when(SetHold("root", "m", "thread")).then(held("root"))


def test_a_hold_can_be_set_on_threads_that_a_halted_deletion_left() -> None:
    halted = TreeDeletionHalted(
        deletion_id="d", root_id="deep", reason="x", deleted=[], remaining=["deep"]
    )
    given_tree(*EDGES, PLANNED, halted).when(SetHold("deep", "m", "thread")).then(held("deep"))


def test_a_hold_whose_event_is_damaged_holds_the_whole_tree_until_it_is_released() -> None:
    lost = Damaged(HoldSet.kind, "torn")
    tree = of(lost)
    for root_id in ("root", "b", "deep"):
        assert holds_against(root_id, subtree(root_id, tree, no_tree()), tree) == [
            ("", "unreadable-4")
        ]
    (released,) = decide(ReleaseHold("b", "unreadable-4"), tree)
    tree = of(lost, released)
    assert not holds_against("root", subtree("root", tree, no_tree()), tree)


def test_damage_of_events_other_than_holds_sets_no_hold() -> None:
    assert not of(Damaged(TreeDeletionCompleted.kind, "torn"), Damaged("x.v1", "?")).holds


def test_a_tree_refuses_more_holds_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "HOLDS_MAX", 1)
    given_tree(held("a")).when(SetHold("b", "m", "thread")).refused(
        HoldsFull, "this tree has 1 holds, which is the limit; release one first"
    )


def test_a_refusal_names_the_principal_and_time_of_the_hold() -> None:
    said = str(ThreadHeld("t", "c-1", META._replace(principal="client:x"), 2))
    assert said == (
        "thread is under legal hold: t (matter c-1, set by client:x at 1970-01-01T00:00:00Z,"
        " and under 2 more); host/hold/release ends a hold"
    )
