"""A goal that covers a tree, as given, when, then: at its root and in threads below."""

from typing import Any

import pytest

from tests.given import recorded
from tests.support.each import each
from tests.support.goals import (
    CALLS,
    COST,
    STATUSES,
    after,
    asked,
    begun,
    carry_out,
    ended,
    goal_events,
    goal_of,
    response,
    set_goal,
    used,
)
from tests.support.hosts import SETTINGS
from tests.support.store import started
from threadhost.actors.command import Command
from threadhost.actors.compaction import StartCompaction
from threadhost.actors.errors import BudgetUsedUp, NotTheRoot, ThreadArchived
from threadhost.actors.fork import ForkThread
from threadhost.actors.goal import ExtendGoal
from threadhost.actors.goal_tree import (
    ChargeTree,
    NoteCover,
    Spending,
    cover_noted,
)
from threadhost.actors.thread import RecoverThread, StopThread, decide
from threadhost.actors.tree import SpawnThread
from threadhost.actors.tree import decide as decide_tree
from threadhost.actors.turn import InterruptTurn
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionFailed, CompactionRequested
from threadhost.events.fold import Thread, fold_thread, foresee, no_tree
from threadhost.events.goal import (
    GoalCleared,
    GoalContextGiven,
    GoalSet,
    GoalTreeCharged,
    cover_after,
    is_goal_turn_next,
)
from threadhost.events.goal_cover import COVER, GoalCoverSet, GoalSpent
from threadhost.events.goal_state import GoalStatus, TreeCover
from threadhost.events.snapshot import decode, encode
from threadhost.events.thread import ThreadArchived as Archived
from threadhost.events.usage import COUNT_MAX, Usage

OPEN = TreeCover("g", 10, 100)
USED_UP = TreeCover("g", 100, 100)


def root(status: Any = "active", **more: Any) -> list[Event]:
    """The goal of a root, which covers its tree."""
    return goal_events(status, covers_tree=True, **more)


def below(*events: Event) -> Thread:
    """A thread below the root after these."""
    first = started().model_copy(update={"parent_id": "root", "session_id": "root", "depth": 1})
    return fold_thread(recorded([first, *events]))


def own() -> list[Event]:
    """A goal that is another one."""
    return [event.model_copy(update={"goal_id": "own"}) for event in goal_events()]


def covered(cover: TreeCover | None = OPEN, *events: Event) -> Thread:
    """A thread below whose turn asked a model under this cover."""
    thread = foresee(below(), [begun()])
    thread = foresee(thread, cover_noted(thread, cover))
    return foresee(thread, [asked(), *events])


def charge(*spendings: Spending, goal_id: str = "g") -> ChargeTree:
    """These threads spent so much."""
    return ChargeTree(goal_id, spendings, 30)


def goal_texts(events: Any) -> list[str]:
    """The texts about goals that models get by these events."""
    return [event.text for event in events if isinstance(event, GoalContextGiven)]


# -- in a thread below --


def test_the_cost_of_a_response_is_recorded_once_for_the_tree_goal_and_names_its_request() -> None:
    thread = covered()
    events = list(decide(response(COST), thread))
    [spent] = [event for event in events if isinstance(event, GoalSpent)]
    assert (spent.goal_id, spent.root_id, spent.tokens) == ("g", "root", 47)
    assert spent.request_version == 4
    kinds = [event.kind for event in events]
    assert kinds.index("turn.usage_recorded.v1") < kinds.index(spent.kind)
    assert kinds.index(spent.kind) < kinds.index("turn.completed.v1")
    spent_by_then = COVER.of(foresee(thread, events))
    assert spent_by_then.due == ()
    assert spent_by_then.spent_version == thread.version + events.index(spent) + 1


def test_each_response_with_a_cost_is_recorded_as_spent_for_the_tree_goal() -> None:
    thread = covered(OPEN, used(Usage(input=3)), asked(request=2), used(Usage()), asked(request=3))
    spent = [e for e in decide(response(Usage(input=5)), thread) if isinstance(e, GoalSpent)]
    assert [(one.tokens, one.request_version) for one in spent] == [(3, 4), (5, 8)]


def test_a_thread_without_a_tree_goal_records_no_spending() -> None:
    thread = foresee(below(), [begun(), asked()])
    assert cover_noted(thread, None) == []
    assert "goal.spent.v1" not in [event.kind for event in decide(response(COST), thread)]


def test_a_thread_with_a_goal_of_its_own_below_a_tree_goal_charges_both() -> None:
    thread = foresee(below(), [*own(), begun()])
    thread = foresee(thread, [*cover_noted(thread, OPEN), asked()])
    kinds = [event.kind for event in decide(response(COST), thread)]
    assert kinds.count("goal.spent.v1") == kinds.count("goal.charged.v1") == 1


def test_the_charge_of_a_tree_is_recorded_within_a_running_turn() -> None:
    events = decide(response(COST), covered(OPEN, CALLS))
    assert events[-1].kind == "goal.spent.v1"


@pytest.mark.parametrize(
    "command",
    [InterruptTurn("t", 20), RecoverThread("host restarted", 20), StopThread("host shutdown", 20)],
)
def test_usage_of_a_turn_is_recorded_for_the_tree_goal_however_the_turn_ends(
    command: Command,
) -> None:
    thread = covered()
    events = decide(response(COST), thread)
    used = [event for event in events if event.kind == "turn.usage_recorded.v1"]
    ends = decide(command, foresee(thread, used))
    assert [event.tokens for event in ends if isinstance(event, GoalSpent)] == [47]


def test_a_response_in_flight_when_the_tree_goal_changes_is_charged_to_its_old_goal() -> None:
    thread = covered()
    events = decide(response(COST), thread)
    thread = foresee(thread, [e for e in events if e.kind == "turn.usage_recorded.v1"])
    spent, noted = cover_noted(thread, TreeCover("other", 0))
    assert isinstance(spent, GoalSpent)
    assert isinstance(noted, GoalCoverSet)
    assert (spent.goal_id, noted.goal_id) == ("g", "other")
    assert COVER.of(foresee(thread, [spent, noted])).due == ()


def test_a_tree_goal_is_recorded_in_a_thread_only_when_it_changed() -> None:
    thread = covered()
    assert cover_noted(thread, OPEN._replace(used=50)) == []
    assert [event.kind for event in cover_noted(thread, None)] == ["goal.cover_set.v1"]


def test_a_turn_that_runs_looks_at_the_budget_by_itself() -> None:
    assert not decide(NoteCover(USED_UP), foresee(below(), [*own(), begun()]))


def test_a_turn_is_warned_once_that_the_tree_budget_is_used_up_and_so_is_each_later_turn() -> None:
    thread = covered()
    first = cover_noted(thread, USED_UP)
    [words] = goal_texts(first)
    assert "100 tokens of 100" in words
    thread = foresee(thread, first)
    assert cover_noted(thread, USED_UP) == []
    thread = foresee(thread, [ended(), begun("u")])
    assert len(goal_texts(cover_noted(thread, USED_UP))) == 1


def test_a_turn_that_was_warned_gets_a_message_when_the_tree_budget_is_extended() -> None:
    thread = foresee(thread := covered(), cover_noted(thread, USED_UP))
    events = cover_noted(thread, OPEN)
    assert "does not stop you any more" in goal_texts(events)[0]
    assert cover_noted(foresee(thread, events), OPEN) == []


def test_a_budget_warning_waits_until_a_compaction_has_ended() -> None:
    summing_up = CompactionRequested(turn_id="t", item_id="s", prompt={})
    for before, now, words in ((OPEN, USED_UP, "is used up"), (USED_UP, OPEN, "does not stop")):
        thread = foresee(covered(before), [summing_up])
        first = cover_noted(thread, now)
        assert (goal_texts(first), [event.kind for event in first]) == ([], ["goal.cover_set.v1"])
        done = CompactionFailed(turn_id="t", message="no", code="other")
        thread = foresee(thread, [*first, done])
        assert words in goal_texts(cover_noted(thread, now))[0]


def test_the_own_goal_of_a_thread_waits_while_the_tree_budget_is_used_up() -> None:
    thread = below(*own())
    assert is_goal_turn_next(thread)
    thread = foresee(thread, decide(NoteCover(USED_UP), thread))
    assert not is_goal_turn_next(thread)
    thread = foresee(thread, decide(NoteCover(OPEN), thread))
    assert is_goal_turn_next(thread)
    assert not decide(NoteCover(OPEN), thread)


# -- at the root --


def test_spending_of_a_thread_is_charged_once_however_often_it_is_reported() -> None:
    thread = after(*root())
    first = charge(Spending("a", 0, 7, 30), Spending("b", 0, 9, 12))
    thread = foresee(thread, decide(first, thread))
    assert (goal_of(thread).tokens_used, goal_of(thread).tree_tokens) == (42, 42)
    assert not decide(first, thread)
    more = charge(Spending("a", 0, 9, 35), Spending("b", 9, 11, 5))
    [event] = decide(more, thread)
    assert isinstance(event, GoalTreeCharged)
    assert [(one.thread_id, one.tokens) for one in event.charges] == [("b", 5)]
    assert event.tokens_used == 47


def test_the_sums_of_a_tree_goal_never_exceed_the_largest_json_integer() -> None:
    thread = carry_out(
        after(*root(tokens_used=COUNT_MAX - 9)), charge(Spending("a", 0, 7, COUNT_MAX - 1))
    )
    assert (goal_of(thread).tokens_used, goal_of(thread).tree_tokens) == (COUNT_MAX, COUNT_MAX - 1)
    thread = carry_out(thread, charge(Spending("a", 7, 9, 30)))
    assert goal_of(thread).tree_tokens == COUNT_MAX


def test_what_was_spent_for_another_goal_is_not_charged() -> None:
    assert not decide(charge(Spending("a", 0, 7, 30), goal_id="other"), after(*root()))
    assert not decide(charge(Spending("a", 0, 7, 30)), after())


def test_a_charge_that_reaches_the_tree_budget_stops_the_goal_and_warns_the_running_turn() -> None:
    thread = after(*root(token_budget=30), begun())
    events = decide(charge(Spending("a", 0, 7, 30)), thread)
    assert len(goal_texts(events)) == 1
    again = decide(charge(Spending("a", 7, 9, 1)), foresee(thread, events))
    assert [event.kind for event in again] == ["goal.tree_charged.v1"]
    thread = foresee(thread, [*events, ended()])
    assert goal_of(thread).status == "budgetLimited"
    assert not is_goal_turn_next(thread)
    extended = foresee(thread, decide(ExtendGoal(5, 40), thread))
    assert (goal_of(extended).status, goal_of(extended).token_budget) == ("active", 35)
    assert goal_of(extended).tree_tokens == 30
    assert is_goal_turn_next(extended)


def test_a_running_compaction_gets_no_warning_that_the_tree_budget_is_used_up() -> None:
    thread = carry_out(after(*root(token_budget=30)), StartCompaction("c", "i", 20))
    events = decide(charge(Spending("a", 0, 7, 30)), thread)
    assert [event.kind for event in events] == ["goal.tree_charged.v1"]


@pytest.mark.parametrize("status", ["paused", "blocked", "usageLimited"])
def test_a_stopped_goal_of_a_tree_still_counts_usage_including_its_own_turns(status: Any) -> None:
    thread = after(*root(status), begun(), asked())
    assert goal_of(thread).cover == TreeCover("g", 0)
    events = decide(response(COST), thread)
    assert "goal.charged.v1" in [event.kind for event in events]
    thread = foresee(thread, [*events, *decide(charge(Spending("a", 0, 7, 30)), thread)])
    assert goal_of(thread).status == status


def test_a_complete_goal_and_a_goal_of_one_thread_cover_no_tree() -> None:
    assert goal_of(after(*root("complete"))).cover is None
    assert goal_of(after(*goal_events())).cover is None


@each("status", STATUSES)
def test_the_cover_after_a_goal_event_is_the_cover_of_the_folded_goal(status: GoalStatus) -> None:
    objective, stands = root(status, token_budget=9, tokens_used=4)
    assert isinstance(stands, GoalSet)
    assert cover_after(stands) == goal_of(after(objective, stands)).cover
    assert cover_after(GoalCleared(goal_id="g")) is None


def test_a_new_goal_of_the_root_starts_with_no_charges_from_its_tree() -> None:
    thread = after(*root())
    thread = foresee(thread, decide(charge(Spending("a", 0, 7, 30)), thread))
    thread = foresee(thread, own())
    assert (goal_of(thread).marks, goal_of(thread).tree_tokens) == ({}, 0)


def test_charges_from_the_tree_are_kept_in_the_snapshot_of_the_root() -> None:
    thread = after(*root())
    thread = foresee(thread, decide(charge(Spending("a", 0, 7, 30)), thread))
    assert decode(encode(thread)) == thread
    assert decode(encode(covered(USED_UP))) == covered(USED_UP)


def test_a_goal_of_a_tree_stays_one_whatever_is_changed_of_it() -> None:
    thread = after(*root())
    for command in (set_goal(objective="two owls"), set_goal(status="paused"), ExtendGoal(5, 40)):
        if isinstance(command, ExtendGoal):
            thread = foresee(thread, decide(set_goal(token_budget=10), thread))
        thread = foresee(thread, decide(command, thread))
        assert goal_of(thread).covers_tree


def test_a_goal_of_a_tree_is_set_at_a_root_that_is_not_archived() -> None:
    command = set_goal(objective="count owls", covers_tree=True)
    assert goal_of(carry_out(after(), command)).covers_tree
    assert goal_of(carry_out(after(*goal_events()), command)).covers_tree
    with pytest.raises(NotTheRoot, match="a goal that covers a tree is set at root"):
        decide(command, below())
    with pytest.raises(ThreadArchived):
        decide(command, after(Archived(root_id="t")))


def test_a_fork_with_the_goal_of_its_source_covers_its_own_tree() -> None:
    source = after(*root(tokens_used=40, tree_tokens=40))
    command = ForkThread("f", SETTINGS, goal=goal_of(source), goal_id="anew", source_id="a")
    fork = foresee(Thread(), decide(command, Thread()))
    assert goal_of(fork).cover == TreeCover("anew", 0)
    assert goal_of(fork).tree_tokens == 0


def test_no_thread_is_spawned_when_the_tree_budget_is_used_up() -> None:
    spawn = SpawnThread("root", "child", "root", cover=OPEN)
    assert decide_tree(spawn, no_tree("root"))
    with pytest.raises(BudgetUsedUp, match=r"used up \(100 of 100\); start no more agents"):
        decide_tree(spawn.but(cover=USED_UP), no_tree("root"))
