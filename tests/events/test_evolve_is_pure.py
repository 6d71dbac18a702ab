"""Folding changes no state that was there before: two positions of a stream are two states."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.golden import golden_events
from threadhost.events import thread, tree
from threadhost.events.base import Erased, Event
from threadhost.events.fold import Thread
from threadhost.events.tree import ThreadSpawned, TreeDeletionCompleted, TreeDeletionPlanned

GOLDEN = list(golden_events().values())
IDS = [f"t{number}" for number in range(4)]
Evolve = Callable[[Event | Erased, Any], Any]


def spawned() -> st.SearchStrategy[Event]:
    """An edge between two of a few threads, so that edges meet."""
    return st.builds(
        ThreadSpawned,
        parent_id=st.sampled_from(IDS),
        child_id=st.sampled_from(IDS),
        depth=st.integers(1, 3),
    )


@pytest.mark.parametrize(
    ("evolve", "start"), [(thread.evolve, Thread()), (tree.evolve, tree.no_tree())]
)
@given(facts=st.lists(st.one_of(st.sampled_from(GOLDEN), spawned()), max_size=12))
def test_folding_an_event_does_not_change_the_state_before_it(
    evolve: Evolve, start: Any, facts: Sequence[Event]
) -> None:
    states, copies = [start], [deepcopy(start)]
    for fact in facts:
        states.append(evolve(fact, states[-1]))
        copies.append(deepcopy(states[-1]))
    assert states == copies


def test_a_tree_state_before_a_deletion_still_shows_the_deletion() -> None:
    planned = next(fact for fact in GOLDEN if isinstance(fact, TreeDeletionPlanned))
    ended = next(fact for fact in GOLDEN if isinstance(fact, TreeDeletionCompleted))
    root, child = (target.thread_id for target in planned.targets)
    state = tree.no_tree()
    for fact in (ThreadSpawned(parent_id=root, child_id=child, depth=1), planned):
        state = tree.evolve(fact, state)
    after = tree.evolve(ended, state)
    assert (child in state.nodes, child in after.nodes) == (True, False)
    assert (len(state.deletions), len(after.deletions)) == (1, 0)
